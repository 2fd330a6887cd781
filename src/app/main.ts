/** The composition root: puts the real parts together and shows the interface. */
import "./buffer";
import "../ui/theme.css";
import { mount } from "svelte";
import { breath } from "../base/breath";
import { DrydockError, messageOf } from "../base/errors";
import { createHttpBundle } from "../internet/http-bundle";
import { browserStorage, memoryStorage, type HubStorage } from "../internet/hub/storage";
import { createInternet } from "../internet/router";
import { picturePath, type CourseStart, type MachineNeeds } from "../lesson/lesson-address";
import { KeptValues } from "../storage/kept-values";
import { openStorage } from "../storage/open";
import { openPreview } from "../preview/open";
import App from "../ui/App.svelte";
import { Notices } from "../ui/common/notices.svelte";
import { Settings } from "../ui/common/settings.svelte";
import NotHere from "../ui/status/NotHere.svelte";
import { Workbench } from "../ui/workbench.svelte";
import type { Machine } from "../vm/machine";
import { addressOf } from "./address";
import { readConfig } from "./config";
import { createCourseMenu } from "./course-menu";
import { handOver } from "./hand-over";
import { LessonChanges } from "./lesson-changes";
import { LessonTabs, startAnew } from "./lesson-tabs";
import { Lessons, type FetchFile, type LoadedLesson } from "./lessons";
import { createNetwork } from "./network";
import { mark } from "./marks";
import { openLesson } from "./open-lesson";
import { Session } from "./session";
import { StandInChoice } from "./stand-ins";
import { startMachine, type Starting } from "./starting";
import { studentSeed } from "./student";
import { tabName } from "./tab";
import { followTheme } from "./theme";

/**
 * Storage for the images that students push; it survives a reload if the browser allows. `onRefusal` is called if it
 * does not, `tell` about damaged data.
 */
async function hubStorage(onRefusal: () => void, tell: (error: DrydockError) => void): Promise<HubStorage> {
    try {
        return await browserStorage(tell);
    } catch (thrown) {
        console.warn("The browser gives no storage for pushed images.", thrown);
        if (thrown instanceof DrydockError && thrown.code === "hub.storage-newer") tell(thrown);
        else onRefusal();
        return memoryStorage();
    }
}

/** What the first script has started, before anything here was loaded. */
export interface Opening {
    /** Address of the image's folder, ending in "/". */
    base: string;
    createMachine(needs: MachineNeeds): Machine;
    /** undefined: another tab may hold the lesson. */
    first: Promise<Starting | undefined>;
    /** The needs that this machine was made for. */
    needs: MachineNeeds;
    start: CourseStart;
    fetchFile: FetchFile;
    /** The lesson that the address names, else the first; undefined in an empty course. */
    lesson: string | undefined;
    /** The lesson's file, already requested. */
    content: Promise<Response> | undefined;
    step: string | undefined;
}

const notHere = (target: HTMLElement, title: string, advice: string): void =>
    void mount(NotHere, { target, props: { title, advice } });

export function open(opening: Opening): void {
    const target = document.getElementById("app")!;
    compose(opening, target).catch((thrown: unknown) => {
        console.error(thrown);
        const advice = thrown instanceof DrydockError ? ` ${thrown.advice}` : "";
        notHere(target, "Drydock could not start", messageOf(thrown) + advice);
    });
}

async function compose(opening: Opening, target: HTMLElement): Promise<void> {
    // first of all: anything created below may report a problem at once
    const notices = new Notices();
    const tell = ({ message, advice }: DrydockError): void => notices.problem(message, advice);
    const kept = new KeptValues(() => localStorage, tell);
    const settings = new Settings(kept);
    followTheme(settings);
    if (typeof WebAssembly === "undefined")
        return notHere(
            target,
            "This browser cannot run Drydock",
            "Use a current Chrome, Edge, Firefox or Safari, and check that WebAssembly is not turned off: Drydock needs it to run a whole computer in the page.",
        );
    await breath(); // lets the evaluation of this script finish
    const { base, createMachine, start, fetchFile } = opening;
    if (start.first === undefined || opening.lesson === undefined)
        return notHere(
            target,
            "There is no lesson here",
            "The folder lessons/ holds no lesson that can be read. Run `npm run drydock -- lint` to see why.",
        );
    const lessons = new Lessons(studentSeed(kept), fetchFile);
    const tab = tabName(() => sessionStorage);
    const [config, storage, loaded] = await Promise.all([
        readConfig(),
        openStorage(undefined, tab),
        firstLesson(lessons, opening, start.first, tell),
    ]);
    if (storage.notice) tell(storage.notice);
    let { first } = opening;
    let changes = undefined as LessonChanges | undefined;
    const tabs = new LessonTabs({
        tab,
        claims: storage.claims,
        save: async id => {
            const lesson = changes?.opened(id);
            if (lesson) await handOver(lesson, lesson === changes?.present ? workbench.editor : undefined);
        },
        onLost: id => {
            if (!changes?.forget(id)) startAnew();
        },
    });
    // what is not stored is not shared with other tabs
    if (!storage.notice)
        await tabs.open(loaded.lesson, {
            target,
            // two tabs opened at the same moment may both start a machine
            onElsewhere: () => {
                first = first.then(starting => void starting?.machine.stop());
            },
        });
    const standIns = new StandInChoice(kept);
    const network = createNetwork(
        createInternet(createHttpBundle(base), {
            hubStorage: () => hubStorage(() => tell(pushesNotKept), tell),
            standIns: standIns.on,
            report: tell,
        }),
        standIns,
    );
    const open = (lesson: LoadedLesson) => openLesson(lesson, storage, network.missedImages, tell);
    const present = await open(loaded);
    const session = new Session({
        createMachine,
        needs: opening.needs,
        lesson: present,
        network,
        openPreview: http => openPreview({ origins: config.previewOrigins, http }),
    });
    const course = createCourseMenu(lessons, storage.progress);
    const workbench = new Workbench({
        notices,
        lesson: present,
        course,
        sandbox: session,
        settings,
        picture: (id, path) => new URL(picturePath(id, path), document.baseURI).pathname,
        navigate: (id, step) => location.assign(addressOf(id, step)),
    });
    await breath();
    mount(App, { target, props: { workbench } });
    mark("shown");
    await breath();
    workbench.start(opening.step);
    changes = new LessonChanges({
        lessons,
        tabs: storage.notice ? undefined : tabs,
        open,
        workbench,
        session,
        address: {
            get hash() {
                return location.hash;
            },
            replace: hash => history.replaceState(null, "", hash),
        },
        present,
        first: start.first,
    });
    addEventListener("hashchange", () => void changes?.follow());
    void first
        .then(starting => session.start(starting ?? startMachine(createMachine(opening.needs))))
        .then(() => course.load().catch((thrown: unknown) => console.warn(thrown)));
    await workbench.code.load();
    mark("editor");
}

/** The lesson that the address names. If it does not exist, the first one opens instead, with a notice. */
async function firstLesson(
    lessons: Lessons,
    { lesson, content }: Opening,
    first: string,
    tell: (error: DrydockError) => void,
): Promise<LoadedLesson> {
    try {
        return await lessons.load(lesson!, content);
    } catch (thrown) {
        if (!(thrown instanceof DrydockError && thrown.code === "lesson.missing") || lesson === first) throw thrown;
        tell(thrown);
        history.replaceState(null, "", addressOf(first));
        return lessons.load(first);
    }
}

const pushesNotKept = new DrydockError(
    "hub.not-kept",
    "Images that you push are lost when you close this page, because the browser does not let it store anything.",
    "Leave private browsing, or allow this site to store data, then reload the page.",
);
