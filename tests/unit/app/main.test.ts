// @vitest-environment happy-dom
/** The page as a whole, on a machine whose thread the test plays, with data that a browser may have kept for it. */
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { screen, waitFor } from "@testing-library/svelte";
import { openDB } from "idb";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { checkKinds } from "../../../src/checks/registry";
import { packCourse } from "../../../src/lesson/pack";
import { openIndexedDb } from "../../../src/storage/indexed-db";
import type { StoredProgress } from "../../../src/storage/stores";
import { remoteMachine } from "../vm/fake-worker";

vi.mock("../../../src/ui/editor/monaco-base", () => ({})); // the editor is tested in Chromium
vi.mock("../../../src/ui/editor/surface", () => ({ Surface: undefined }));
vi.mock("../../../src/ui/terminal/screen", async () => {
    const { makeScreen } = await import("../ui/fakes");
    const made = await makeScreen(undefined as never);
    return { Screen: vi.fn(() => made) };
});
for (const layer of ["platform", "common", "core", "features", "extras"])
    vi.doMock(`../../../src/ui/editor/monaco-${layer}`, () => ({}));

const FIRST_LESSON = "containers/lifecycle";

/** The project's own lessons, as the build packs them. */
const texts = import.meta.glob<string>(["../../../lessons/*/**/*", "../../../lessons/*/**/.*"], {
    query: "?raw",
    import: "default",
    eager: true,
});
const course = packCourse(
    new Map(Object.entries(texts).map(([path, text]) => [path.replace("../../../", ""), text])),
    checkKinds,
);
const ofLessons = {
    needs: {},
    start: course.start,
    fetchFile: async (path: string) => {
        const content = course.files.get(path);
        return new Response(content as BodyInit | undefined, { status: content === undefined ? 404 : 200 });
    },
    lesson: FIRST_LESSON,
    content: undefined,
    step: undefined,
};

async function openPage(): Promise<ReturnType<typeof remoteMachine>> {
    document.body.innerHTML = '<div id="app"></div>';
    const { open } = await import("../../../src/app/main");
    const first = remoteMachine();
    const { startMachine } = await import("../../../src/app/starting");
    open({
        base: "http://image.test/vm/",
        createMachine: () => remoteMachine().machine,
        first: Promise.resolve(startMachine(first.machine)),
        ...ofLessons,
    });
    return first;
}
const lessonIsShown = () => waitFor(() => expect(screen.getByRole("article")).toBeDefined(), { timeout: 20_000 });
const messages = () => document.querySelector('[role="log"]')?.textContent ?? "";
const says = (words: string) => waitFor(() => expect(messages()).toContain(words), { timeout: 20_000 });

beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    localStorage.clear();
    location.hash = "";
    vi.stubGlobal("fetch", async () => new Response(null, { status: 404 }));
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
});

/** All modules are loaded first: on a busy machine that takes longer than any test. */
beforeAll(async () => void (await import("../../../src/app/main")), 300_000);

describe("the page", { timeout: 60_000 }, () => {
    test("shows the lesson and how the machine starts, and says when it fails", async () => {
        const { worker } = await openPage();
        await lessonIsShown();
        worker.say({ kind: "progress", stage: "snapshot", loaded: 5_000_000, total: 10_000_000 });
        await waitFor(() => expect(screen.getByRole("contentinfo").textContent).toContain("5.0 of 10.0 MB"));
        worker.say({ kind: "failed", error: { code: "vm.x", message: "It broke.", advice: "Do this.", causes: [] } });
        await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("It broke."));
    });

    test.each<[string, unknown]>([
        ["a wrong shape", { lesson: FIRST_LESSON, version: "1", passed: [] }],
        ["no fields at all", { lesson: FIRST_LESSON }],
        ["an entry that is none", { lesson: FIRST_LESSON, version: 1, passed: { a: null }, answers: 7 }],
    ])("opens with progress of %s, sets it aside and says so", async (_name, damaged) => {
        await (await openIndexedDb()).progress.save(damaged as StoredProgress);
        await openPage();
        await lessonIsShown();
        await says("Your saved progress of this lesson is damaged.");
        const keys = await (await openDB("drydock")).getAllKeys("progress");
        expect(keys).toContainEqual(expect.stringMatching(`^${FIRST_LESSON}~damaged-`));
    });

    test("opens with damaged progress of another lesson, and a damaged file", async () => {
        const { progress, workspace } = await openIndexedDb();
        await progress.save({ lesson: "images/flask", passed: 7 } as unknown as StoredProgress);
        await workspace.put(FIRST_LESSON, "notes.txt", 7 as unknown as Uint8Array);
        await openPage();
        await lessonIsShown();
        await says('The saved file "notes.txt" is damaged.');
    });

    test("opens where localStorage throws", async () => {
        const asked = vi.spyOn(globalThis, "localStorage", "get").mockImplementation(() => {
            throw new DOMException("blocked", "SecurityError");
        });
        await openPage();
        await lessonIsShown();
        expect(asked).toHaveBeenCalled();
    });

    test("opens with settings and a student's number that are damaged", async () => {
        localStorage.setItem("drydock.settings", "{");
        localStorage.setItem("drydock.student", "");
        await openPage();
        await lessonIsShown();
        await says("The saved settings could not be read.");
        await says("The saved number that chooses your values could not be read.");
    });

    test("opens on a database of a newer version", async () => {
        (await openDB("drydock", 9, { upgrade: created => void created.createObjectStore("else") })).close();
        await openPage();
        await lessonIsShown();
        await says("A newer version of Drydock has saved your work");
    });

    test("opens without any database", async () => {
        vi.spyOn(indexedDB, "open").mockImplementation(() => {
            throw new DOMException("private", "SecurityError");
        });
        await openPage();
        await lessonIsShown();
        await says("The browser does not let this page store anything.");
    });

    test("without WebAssembly it says what is missing", async () => {
        const { machine } = remoteMachine();
        vi.stubGlobal("WebAssembly", undefined);
        document.body.innerHTML = '<div id="app"></div>';
        const { open } = await import("../../../src/app/main");
        open({
            base: "http://image.test/vm/",
            createMachine: () => machine,
            first: Promise.resolve({ machine, started: Promise.resolve() }),
            ...ofLessons,
        });
        await screen.findByText("This browser cannot run Drydock");
    });
});
