// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { LessonChanges } from "../../../src/app/lesson-changes";
import { LessonInGuest, type LessonGuest } from "../../../src/app/lesson-in-guest";
import { parseAddress } from "../../../src/app/address";
import { openLesson, type LessonInHand } from "../../../src/app/open-lesson";
import { DrydockError } from "../../../src/base/errors";
import { deferred } from "../../../src/base/deferred";
import { Feed } from "../../../src/base/store";
import type { DockerEvent } from "../../../src/docker/docker";
import { createMemoryStorage } from "../../../src/storage/memory";
import { makeLesson, makeStep } from "../ui/fakes";
import { FakeGuestFiles } from "../workspace/fake-guest-files";

const part = { id: "images", title: "Images" };
const storage = createMemoryStorage();
const told: string[] = [];

const made = (id: string, memory = 512): Promise<LessonInHand> => {
    const lesson = makeLesson([makeStep("one"), makeStep("two")], { [`${id.replace("/", "-")}.txt`]: id });
    return openLesson(
        { lesson: { ...lesson, id, title: id, requires: { ...lesson.requires, memory } }, part, next: undefined },
        storage,
        () => [],
        error => told.push(error.code),
    );
};

async function course(agrees = true) {
    const present = await made("images/a");
    const lessons = { "images/b": await made("images/b"), "images/large": await made("images/large", 1024) };
    const happened: string[] = [];
    /** Lessons read from storage. */
    const opened: string[] = [];
    let hash = "#/images/a";
    let gate: Promise<void> = Promise.resolve();
    const elsewhere = new Set<string>();
    let shown = "images/a";
    const changes = new LessonChanges({
        lessons: {
            load: async id => {
                await gate;
                const found = lessons[id as keyof typeof lessons] as LessonInHand | undefined;
                if (!found) throw new DrydockError("lesson.missing", `There is no ${id}.`, "");
                return { lesson: found.engine.state.lesson, part, next: undefined };
            },
        },
        tabs: {
            claim: async id => {
                if (elsewhere.has(id)) throw new DrydockError("lesson.elsewhere", `${id} is in another tab.`, "");
            },
            show: id => void (shown = id),
        },
        open: async ({ lesson }) => {
            opened.push(lesson.id);
            return lessons[lesson.id as keyof typeof lessons];
        },
        workbench: {
            change: ({ engine }, step) => void happened.push(`shows ${engine.state.lesson.id} ${step ?? ""}`.trim()),
            openStep: step => void happened.push(`step ${step}`),
            editor: { saveAll: async () => void happened.push("saved") } as never,
            notices: {
                say: () => void happened.push("told"),
                problem: (text: string) => void happened.push(text),
            } as never,
            freshMachine: {
                ask: async ({ title }: { title: string }) => (happened.push(title), agrees),
            } as never,
            terminals: { restartAll: () => void happened.push("terminals anew") } as never,
        },
        session: {
            needs: {},
            change: async ({ engine }) => void happened.push(`guest ${engine.state.lesson.id}`),
            restart: async needs => void happened.push(`machine of ${needs?.memory}`),
        },
        address: {
            get hash() {
                return hash;
            },
            replace: now => void ((hash = now), happened.push(`address ${now}`)),
        },
        present,
        first: "images/a",
    });
    const goTo = (to: string) => ((hash = to), changes.follow());
    return {
        changes,
        elsewhere,
        opened,
        shown: () => shown,
        goTo,
        happened,
        waitFor: (loading: Promise<void>) => void (gate = loading),
    };
}

describe("following the address", () => {
    test("another lesson replaces the current one, once what was typed is saved", async () => {
        const { goTo, happened } = await course();
        await goTo("#/images/b/two");
        expect(happened).toEqual(["saved", "shows images/b two", "told", "guest images/b"]);
        await goTo("");
        expect(happened.slice(4)).toEqual(["saved", "shows images/a", "told", "guest images/a"]);
    });

    test("a step of the open lesson is opened; a step that does not exist changes nothing", async () => {
        const { goTo, happened } = await course();
        await goTo("#/images/a/two");
        await goTo("#/images/a/none");
        expect(happened).toEqual(["step two"]);
    });

    test("a lesson that does not exist: the reason, and the address of what is shown", async () => {
        const { goTo, happened } = await course();
        await goTo("#/images/none");
        expect(happened).toEqual(["address #/images/a", "There is no images/none."]);
    });

    test("of several changes in a row, only the last takes place", async () => {
        const { goTo, happened, waitFor } = await course();
        const gate = deferred<void>();
        waitFor(gate.promise);
        const first = goTo("#/images/b");
        const second = goTo("#/images/a");
        gate.resolve();
        await Promise.all([first, second]);
        expect(happened).toEqual([]);
    });

    test("a lesson that needs more memory asks, then starts a fresh machine", async () => {
        const { goTo, happened } = await course();
        await goTo("#/images/large");
        expect(happened).toEqual([
            "Start a fresh machine?",
            "saved",
            "shows images/large",
            "machine of 1024",
            "terminals anew",
            "guest images/large",
        ]);
    });

    test("a lesson that another tab holds is not opened, and the page says so", async () => {
        const { goTo, happened, elsewhere, opened, shown } = await course();
        elsewhere.add("images/b");
        await goTo("#/images/b");
        expect(happened).toEqual(["address #/images/a", "images/b is in another tab."]);
        expect(opened).toEqual([]);
        expect(shown()).toBe("images/a");
    });

    test("a lesson that another tab held meanwhile is read again; the lesson on show is not forgotten", async () => {
        const { changes, goTo, opened, shown } = await course();
        await goTo("#/images/b");
        await goTo("#/images/a");
        await goTo("#/images/b");
        expect(opened).toEqual(["images/b"]);
        expect(shown()).toBe("images/b");
        expect(changes.forget("images/b")).toBe(false);
        await goTo("#/images/a");
        expect(changes.forget("images/b")).toBe(true);
        await goTo("#/images/b");
        expect(opened).toEqual(["images/b", "images/b"]);
    });

    test("and leaves everything as it is when the student would rather stay", async () => {
        const { goTo, happened } = await course(false);
        await goTo("#/images/large");
        expect(happened).toEqual(["Start a fresh machine?", "address #/images/a"]);
    });
});

test("addresses", () => {
    expect(parseAddress("#/images/flask")).toEqual({ lesson: "images/flask", step: undefined });
    expect(parseAddress("#/images/flask/build")).toEqual({ lesson: "images/flask", step: "build" });
    for (const hash of ["", "#", "#/images", "#file:app.py", "#/images/flask/build/more"])
        expect(parseAddress(hash)).toBeUndefined();
});

describe("a lesson in the guest", () => {
    const guestWith = (files: FakeGuestFiles) =>
        ({ agent: { files }, docker: {}, events: new Feed<DockerEvent>(10) }) as unknown as LessonGuest;

    test("its files are there, the next lesson's replace them, and it comes back as it was left", async () => {
        const [one, two] = [await made("images/one"), await made("images/two")];
        const files = new FakeGuestFiles();
        const inGuest = new LessonInGuest(one);
        await inGuest.join(guestWith(files));
        inGuest.engineUp();
        expect(files.workspace).toEqual({ "images-one.txt": "images/one" });
        await one.workspace.write("images-one.txt", "edited");
        await inGuest.change(two);
        expect(files.workspace).toEqual({ "images-two.txt": "images/two" });
        await inGuest.change(one);
        expect(files.workspace).toEqual({ "images-one.txt": "edited" });
    });

    test("without a guest it waits for one; two changes in a row end with the last", async () => {
        const [one, two] = [await made("images/three"), await made("images/four")];
        const inGuest = new LessonInGuest(one);
        await inGuest.change(two);
        const files = new FakeGuestFiles();
        await inGuest.join(guestWith(files));
        expect(files.workspace).toEqual({ "images-four.txt": "images/four" });
        await Promise.all([inGuest.change(one), inGuest.change(two)]);
        expect(files.workspace).toEqual({ "images-four.txt": "images/four" });
        inGuest.leave();
        await two.workspace.write("images-four.txt", "while away");
        expect(files.text("/workspace/images-four.txt")).toBe("images/four");
    });
});
