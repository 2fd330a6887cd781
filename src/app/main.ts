/** The composition root: the real parts put together, the interface shown. */
import "./buffer";
import "../ui/theme.css";
import { mount } from "svelte";
import { breath } from "../base/breath";
import { messageOf } from "../base/errors";
import { createHttpBundle } from "../internet/http-bundle";
import { browserStorage, memoryStorage, type HubStorage } from "../internet/hub/storage";
import { createInternet } from "../internet/router";
import { openStorage } from "../storage/open";
import { createEngine } from "../engine/lesson-engine";
import { createStepChecker } from "../engine/step-checker";
import { createWorkspace } from "../workspace/create-workspace";
import { openPreview } from "../preview/open";
import App from "../ui/App.svelte";
import { Settings } from "../ui/common/settings.svelte";
import NotHere from "../ui/status/NotHere.svelte";
import { Workbench } from "../ui/workbench.svelte";
import type { Machine } from "../vm/machine";
import { lessonAddress, loadCourse, lessonAt, studentSeed } from "./course";
import { readConfig } from "./config";
import { finishedLessons } from "./finished";
import { createNetwork } from "./network";
import { mark } from "./marks";
import { Session } from "./session";
import type { Starting } from "./starting";
import { followTheme } from "./theme";

/** What students push; it survives a reload where the browser allows. `onRefusal` hears that it does not. */
async function hubStorage(onRefusal: () => void): Promise<HubStorage> {
    try {
        return await browserStorage();
    } catch (thrown) {
        console.warn("The browser gives no storage for pushed images.", thrown);
        onRefusal();
        return memoryStorage();
    }
}

const target = document.getElementById("app")!;
const settings = new Settings(localStorage);
followTheme(settings);

export interface Opening {
    /** Address of the image's folder, ending in "/". */
    base: string;
    createMachine(): Machine;
    /** Started before anything of this was loaded. */
    first: Starting;
}

export function open(opening: Opening): void {
    compose(opening).catch((thrown: unknown) => {
        console.error(thrown);
        mount(NotHere, { target, props: { title: "Drydock could not start", advice: messageOf(thrown) } });
    });
}

async function compose({ base, createMachine, first }: Opening): Promise<void> {
    if (typeof WebAssembly === "undefined") {
        mount(NotHere, {
            target,
            props: {
                title: "This browser cannot run Drydock",
                advice: "Drydock runs a whole computer in the page and needs WebAssembly for it. Use a current Chrome, Edge, Firefox or Safari, and check that WebAssembly is not turned off.",
            },
        });
        return;
    }
    await breath(); // from the evaluation of this script
    const course = await loadCourse(studentSeed(localStorage));
    const lesson = lessonAt(course, location.hash);
    if (!lesson) {
        mount(NotHere, {
            target,
            props: {
                title: "There is no lesson here",
                advice: "The folder lessons/ holds no lesson that can be read. Run `npm run drydock -- lint` to see why.",
            },
        });
        return;
    }
    const [config, storage] = await Promise.all([readConfig(), openStorage()]);
    const checker = createStepChecker();
    const finished = await finishedLessons(course, storage.progress);
    const workspace = await createWorkspace({ lesson: lesson.id, start: lesson.start, store: storage.workspace });
    const engine = await createEngine({
        lesson,
        progress: storage.progress,
        check: checker.check,
        onProblem: error => workbench.notices.problem(error.message, error.advice),
    });
    const pushesNotKept = () =>
        workbench.notices.problem(
            "This browser gives the page no storage: images that you push are gone when it is closed.",
            "Leave private browsing, or allow this site to store data, and reload the page.",
        );
    const session = new Session({
        createMachine,
        network: createNetwork(
            createInternet(createHttpBundle(base), {
                hubStorage: () => hubStorage(pushesNotKept),
                report: error => workbench.notices.problem(error.message, error.advice),
            }),
        ),
        workspace,
        checker,
        openPreview: http => openPreview({ origin: config.previewOrigin, http }),
        onCommand: record => engine.commandEnded(record),
        onChange: () => engine.checkSoon(),
    });
    workspace.changes(() => engine.checkSoon());
    const workbench = new Workbench({
        course,
        engine,
        sandbox: session,
        settings,
        finished,
        navigate: (id, step) => location.assign(lessonAddress(id, step)),
    });
    await breath();
    mount(App, { target, props: { workbench } });
    mark("shown");
    await breath();
    workbench.start();
    if (storage.notice) workbench.notices.problem(storage.notice.message, storage.notice.advice);
    addEventListener("hashchange", () => {
        if (lessonAt(course, location.hash)?.id !== lesson.id) location.reload();
    });
    void session.start(first);
    await workbench.code.load();
    mark("editor");
}
