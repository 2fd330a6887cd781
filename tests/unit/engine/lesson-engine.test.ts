import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CheckResult, ExpectationResult } from "../../../src/checks/check";
import { stepLimit } from "../../../src/checks/run";
import type { CheckStep } from "../../../src/engine/engine";
import type { ProgressStore, StoredProgress } from "../../../src/storage/stores";
import { createEngine } from "../../../src/engine/lesson-engine";
import { createMemoryStorage } from "../../../src/storage/memory";
import { DrydockError } from "../../../src/base/errors";
import type { Lesson, Step } from "../../../src/lesson/lesson";

const step = (id: string, more: Partial<Step> = {}): Step => ({
    id,
    title: id,
    goal: `the goal of ${id}`,
    prose: "",
    points: 1,
    mode: "level",
    needs: [],
    why: {},
    hints: ["a", "b", "c"],
    questions: [],
    solve: [],
    expect: [{ kind: "file", spec: id }],
    ...more,
});
const lesson: Lesson = {
    id: "images/flask",
    title: "Flask",
    summary: "",
    version: 1,
    difficulty: "beginner",
    minutes: 10,
    objectives: [],
    introduction: "",
    start: {},
    solution: {},
    requires: { lessons: [], images: [], standIns: false, memory: 512 },
    open: { panes: [], file: undefined },
    steps: [
        step("write"),
        step("build", { needs: ["write"], points: 2, questions: [{ id: "order", ask: "?", choices: [] }] }),
        step("run", {
            needs: ["build"],
            mode: "edge",
            expect: [
                { kind: "a", spec: 1 },
                { kind: "b", spec: 2 },
            ],
        }),
    ],
};

const pass: CheckResult = { status: "pass", message: "fine" };
const fail: CheckResult = { status: "fail", code: "x.y", message: "not so", expected: "a", found: "b" };
const broken: CheckResult = { status: "error", code: "docker.away", message: "away" };

/** The true results in the guest, by "step" or "step.index", and a record of what was checked. */
class Guest {
    truth: Record<string, CheckResult> = {};
    asked: {
        step: string;
        stopAtFailure: boolean;
        readsOnly: boolean;
        commands: number;
        answers: Record<string, string>;
    }[] = [];
    /** While set, checks wait for it. */
    gate: Promise<void> | undefined;
    running = 0;

    readonly check: CheckStep = async (one, observed, { signal, stopAtFailure, readsOnly = false }) => {
        this.asked.push({
            step: one.id,
            stopAtFailure,
            readsOnly,
            commands: observed.commands.length,
            answers: Object.fromEntries(observed.answers),
        });
        this.running++;
        try {
            if (this.gate)
                await Promise.race([
                    this.gate,
                    new Promise((_, reject) =>
                        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
                    ),
                ]);
            signal.throwIfAborted();
            return one.expect.map(({ kind }, index): ExpectationResult => ({
                kind,
                describes: kind,
                result: this.truth[`${one.id}.${index}`] ?? this.truth[one.id] ?? fail,
            }));
        } finally {
            this.running--;
        }
    };
}

let guest: Guest;
let storage: ReturnType<typeof createMemoryStorage>;
let problems: DrydockError[];
const open = (progress: ProgressStore = storage.progress, check = guest.check) =>
    createEngine({ lesson, progress, check, onProblem: error => problems.push(error), now: () => 1_000 });
const kindOf = (engine: Awaited<ReturnType<typeof open>>) =>
    Object.fromEntries(Object.entries(engine.state.steps).map(([id, state]) => [id, state.kind]));
const command = (line: string) => ({ command: line, code: 0, at: 1, terminal: 1 });

beforeEach(() => {
    guest = new Guest();
    storage = createMemoryStorage();
    problems = [];
});

describe("a check that the student asks for", () => {
    test("steps open one after the other, points add up, the current step moves on", async () => {
        const engine = await open();
        expect(kindOf(engine)).toEqual({ write: "open", build: "locked", run: "locked" });
        expect(engine.state.steps.build).toEqual({ kind: "locked", waitsFor: ["write"] });
        expect(engine.state.current).toBe("write");
        guest.truth = { write: pass, build: pass, run: pass };
        expect(await engine.check("write")).toMatchObject({ kind: "passed", attempts: 1, at: 1_000 });
        expect(kindOf(engine)).toEqual({ write: "passed", build: "open", run: "locked" });
        await engine.check("build");
        expect(engine.state).toMatchObject({ current: "run", points: { earned: 3, possible: 4 }, finished: false });
        await engine.check("run");
        expect(engine.state).toMatchObject({ points: { earned: 4, possible: 4 }, finished: true, current: "run" });
    });

    test("a failure shows its results and counts as an attempt; an error does not count", async () => {
        const engine = await open();
        expect(await engine.check("write")).toMatchObject({ kind: "open", attempts: 1, results: [{ result: fail }] });
        guest.truth = { write: broken };
        expect(await engine.check("write")).toMatchObject({ kind: "open", attempts: 1, results: [{ result: broken }] });
    });

    test("it shows as checking meanwhile; a second call joins the first", async () => {
        const engine = await open();
        let release = () => undefined as void;
        guest.gate = new Promise(resolve => (release = resolve));
        guest.truth = { write: pass };
        const both = [engine.check("write"), engine.check("write")];
        expect(engine.state.steps.write!.kind).toBe("checking");
        release();
        const [first, second] = await Promise.all(both);
        expect(first).toEqual(second);
        expect(guest.asked).toHaveLength(1);
    });

    test("one of two callers may give up, the other gets the result; when all have, the check ends", async () => {
        const engine = await open();
        let release = () => undefined as void;
        guest.gate = new Promise(resolve => (release = resolve));
        const first = new AbortController();
        const leaving = engine.check("write", first.signal);
        const staying = engine.check("write");
        first.abort();
        await expect(leaving).rejects.toMatchObject({ name: "AbortError" });
        release();
        expect(await staying).toMatchObject({ kind: "open", attempts: 1 });

        guest.gate = new Promise(() => undefined);
        const only = new AbortController();
        const alone = engine.check("write", only.signal);
        only.abort();
        await expect(alone).rejects.toMatchObject({ name: "AbortError" });
        await expect.poll(() => guest.running).toBe(0);
        expect(engine.state.steps.write).toMatchObject({ kind: "open", attempts: 1 });
    });

    test("a locked step is not checked, an unknown one is a named error", async () => {
        const engine = await open();
        expect(await engine.check("build")).toMatchObject({ kind: "locked" });
        expect(guest.asked).toEqual([]);
        await expect(engine.check("none")).rejects.toMatchObject({ code: "engine.unknown-step" });
        expect(() => engine.answer("none", "x")).toThrow(expect.objectContaining({ code: "engine.unknown-question" }));
    });

    test("a passed level step stays passed and shows what holds now", async () => {
        const engine = await open();
        guest.truth = { write: pass };
        await engine.check("write");
        guest.truth = { write: fail };
        expect(await engine.check("write")).toMatchObject({
            kind: "passed",
            attempts: 2,
            at: 1_000,
            results: [{ result: fail }],
        });
        expect(kindOf(engine).build).toBe("open");
    });

    test("an edge step passes when each check held once, not together", async () => {
        const engine = await open();
        guest.truth = { write: pass, build: pass };
        await engine.check("write");
        await engine.check("build");
        guest.truth = { "run.0": pass };
        expect(await engine.check("run")).toMatchObject({
            kind: "open",
            results: [{ result: pass }, { result: fail }],
        });
        guest.truth = { "run.1": pass };
        expect(await engine.check("run")).toMatchObject({
            kind: "passed",
            results: [{ result: pass }, { result: pass }],
        });
        guest.truth = {};
        expect(await engine.check("run")).toMatchObject({
            kind: "passed",
            results: [{ result: pass }, { result: pass }],
        });
    });

    test("checks that cannot run are an error result, never a rejection", async () => {
        const engine = await open(storage.progress, () =>
            Promise.reject(new DrydockError("check.no-machine", "The machine is not ready yet.", "Wait.")),
        );
        expect(await engine.check("write")).toMatchObject({
            kind: "open",
            attempts: 0,
            results: [{ result: { status: "error", code: "check.no-machine" } }],
        });
    });
});

describe("automatic checks", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    test("after a command, once for several in a row, including steps that it unlocks", async () => {
        const engine = await open();
        guest.truth = { write: pass, build: pass };
        engine.commandEnded(command("ls"));
        engine.commandEnded(command("docker build ."));
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.asked.map(one => one.step)).toEqual(["write", "build", "run"]);
        expect(guest.asked[0]).toMatchObject({ commands: 2 });
        expect(kindOf(engine)).toEqual({ write: "passed", build: "passed", run: "open" });
        engine.dispose();
    });

    test("a few more looks after a command, none after a save, none when everything has passed", async () => {
        const engine = await open();
        engine.checkSoon();
        await vi.advanceTimersByTimeAsync(120_000);
        expect(guest.asked).toHaveLength(1);
        engine.commandEnded(command("docker run -d x"));
        await vi.advanceTimersByTimeAsync(120_000);
        const looks = guest.asked.length - 1;
        expect(looks).toBeGreaterThan(2);
        expect(looks).toBeLessThan(10);
        guest.truth = { write: pass, build: pass, run: pass };
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(engine.state.finished).toBe(true);
        const asked = guest.asked.length;
        await vi.advanceTimersByTimeAsync(120_000);
        expect(guest.asked).toHaveLength(asked);
    });

    test("failures are not shown before the student has asked, and are no attempts", async () => {
        const engine = await open();
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(engine.state.steps.write).toEqual({ kind: "open", results: [], attempts: 0 });
        expect(guest.asked[0]!.stopAtFailure).toBe(true);
        await engine.check("write");
        guest.truth = { write: { ...fail, message: "another" } };
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(engine.state.steps.write).toMatchObject({ attempts: 1, results: [{ result: { message: "another" } }] });
        engine.dispose();
    });

    test("they only read: a step with other checks passes when the student asks, and says so once the rest holds", async () => {
        const engine = await open();
        const waiting: CheckResult = { status: "waiting", message: "Press Check." };
        guest.truth = { write: pass, build: pass, "run.0": fail, "run.1": waiting };
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.asked.every(one => one.readsOnly)).toBe(true);
        expect(engine.state.steps.run).toEqual({ kind: "open", results: [], attempts: 0 });
        guest.truth = { "run.0": pass, "run.1": waiting };
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(engine.state.steps.run).toMatchObject({
            kind: "open",
            attempts: 0,
            results: [{ result: pass }, { result: waiting }],
        });
        guest.truth = { "run.0": pass, "run.1": fail };
        expect(await engine.check("run")).toMatchObject({
            kind: "open",
            results: [{ result: pass }, { result: fail }],
        });
        expect(guest.asked.at(-1)).toMatchObject({ step: "run", readsOnly: false });
        // what was found stays readable until it is checked again
        guest.truth = { "run.0": pass, "run.1": waiting };
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(engine.state.steps.run).toMatchObject({ kind: "open", results: [{ result: pass }, { result: fail }] });
        guest.truth = { "run.0": pass, "run.1": pass };
        expect(await engine.check("run")).toMatchObject({ kind: "passed", attempts: 2 });
        engine.dispose();
    });

    test("they give way to a check that is asked for, and never run beside it", async () => {
        const engine = await open();
        let release = () => undefined as void;
        guest.gate = new Promise(resolve => (release = resolve));
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.running).toBe(1);
        const asked = engine.check("write");
        engine.commandEnded(command("ls"));
        await vi.advanceTimersByTimeAsync(1_000);
        expect(guest.running).toBe(1);
        guest.gate = undefined;
        guest.truth = { write: pass };
        release();
        expect(await asked).toMatchObject({ kind: "passed" });
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.asked.at(-1)!.step).toBe("build");
        engine.dispose();
    });

    test("the next command cancels the look after the previous one", async () => {
        const engine = await open();
        guest.gate = new Promise(() => undefined);
        engine.commandEnded(command("one"));
        await vi.advanceTimersByTimeAsync(400);
        engine.commandEnded(command("two"));
        await vi.advanceTimersByTimeAsync(0);
        expect(guest.running).toBe(0);
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.running).toBe(1);
        engine.dispose();
        await vi.advanceTimersByTimeAsync(0);
        expect(guest.running).toBe(0);
    });

    test("an answer is passed on, shown, and looked at", async () => {
        const engine = await open();
        guest.truth = { write: pass };
        await engine.check("write");
        engine.answer("order", "that");
        expect(engine.state.answers).toEqual({ order: "that" });
        await vi.advanceTimersByTimeAsync(400);
        expect(guest.asked.at(-1)).toMatchObject({ step: "build", answers: { order: "that" } });
        engine.dispose();
    });

    test("checks that do not answer end with a named error", async () => {
        const engine = await open();
        guest.gate = new Promise(() => undefined);
        const asked = engine.check("write");
        await vi.advanceTimersByTimeAsync(stepLimit(lesson.steps[0]!.expect));
        expect(await asked).toMatchObject({
            kind: "open",
            results: [{ result: { status: "error", code: "check.timeout" } }],
        });
    });
});

describe("progress", () => {
    const saved = (change: Partial<StoredProgress> = {}): StoredProgress => ({
        lesson: "images/flask",
        version: 1,
        passed: { write: { at: 5, attempts: 3 } },
        hintsShown: { write: 2 },
        solutionShown: { write: true },
        answers: { order: "that" },
        ...change,
    });

    test("everything comes back", async () => {
        const engine = await open();
        guest.truth = { write: pass };
        await engine.check("write");
        engine.showHint("build");
        engine.showHint("build");
        engine.showSolution("build");
        engine.answer("order", "this");
        engine.dispose();
        await expect.poll(() => storage.progress.load("images/flask")).toMatchObject({ answers: { order: "this" } });
        const again = await open();
        expect(again.state).toMatchObject({
            current: "build",
            hintsShown: { build: 2 },
            solutionShown: { build: true },
            answers: { order: "this" },
            points: { earned: 1, possible: 4 },
        });
        expect(again.state.steps.write).toEqual({ kind: "passed", results: [], attempts: 1, at: 1_000 });
        expect(problems).toEqual([]);
    });

    test("there are three hints and no more", async () => {
        const engine = await open();
        for (let index = 0; index < 5; index++) engine.showHint("write");
        expect(engine.state.hintsShown).toEqual({ write: 3 });
    });

    test("another version starts over, silently; steps that no longer exist do not count", async () => {
        await storage.progress.save(saved({ version: 2 }));
        expect((await open()).state.points.earned).toBe(0);
        expect(problems).toEqual([]);
        await storage.progress.save(saved({ passed: { write: { at: 1, attempts: 1 }, old: { at: 1, attempts: 1 } } }));
        expect((await open()).state.points.earned).toBe(1);
    });

    test.each([
        ["a number where a record belongs", { ...saved(), passed: 7 }],
        ["no object", "progress"],
        ["null", null],
        ["another lesson's", saved({ lesson: "other/lesson" })],
        ["negative attempts", saved({ passed: { write: { at: 1, attempts: -1 } } })],
    ])("damaged progress (%s) starts anew and says so", async (_name, value) => {
        const setAside = vi.fn(async () => undefined);
        const engine = await open({ ...storage.progress, setAside, load: () => Promise.resolve(value) });
        expect(engine.state.points.earned).toBe(0);
        expect(problems).toMatchObject([{ code: "progress.damaged" }]);
        expect(setAside).toHaveBeenCalledExactlyOnceWith("images/flask");
    });

    test("the sound part of damaged progress is used and kept, and the damage is reported once", async () => {
        const passed = { write: { at: 5, attempts: 3 }, build: "yes" };
        await storage.progress.save({ ...saved(), passed, hintsShown: 3 } as unknown as StoredProgress);
        expect((await open()).state).toMatchObject({
            points: { earned: 1 },
            hintsShown: {},
            answers: { order: "that" },
        });
        expect(problems).toMatchObject([{ code: "progress.damaged" }]);
        expect((await open()).state.points.earned).toBe(1);
        expect(problems).toHaveLength(1);
    });

    test("what could not be read is set aside before anything overwrites it", async () => {
        const order: string[] = [];
        const engine = await open({
            ...storage.progress,
            load: () => Promise.reject(new Error("broken")),
            setAside: async () => void order.push("set aside"),
            save: async () => void order.push("saved"),
        });
        engine.showHint("write");
        await expect.poll(() => order).toEqual(["set aside", "saved"]);
        engine.showHint("write");
        await expect.poll(() => order).toEqual(["set aside", "saved", "saved"]);
    });

    test("a failing store is reported, and the lesson continues", async () => {
        const engine = await open({
            load: () => Promise.reject(new Error("broken")),
            save: () => Promise.reject(new DrydockError("storage.full", "Full.", "")),
            clear: () => Promise.resolve(),
            setAside: () => Promise.resolve(),
        });
        guest.truth = { write: pass };
        expect(await engine.check("write")).toMatchObject({ kind: "passed" });
        await expect.poll(() => problems.map(problem => problem.code)).toEqual(["progress.unreadable", "storage.full"]);
    });

    test("reset forgets everything, in the store too", async () => {
        const engine = await open();
        guest.truth = { write: pass };
        await engine.check("write");
        engine.choose("write");
        await engine.reset();
        expect(engine.state).toMatchObject({ current: "write", points: { earned: 0 }, hintsShown: {} });
        expect(await storage.progress.load("images/flask")).toBeUndefined();
        expect(kindOf(await open())).toEqual({ write: "open", build: "locked", run: "locked" });
    });

    test("a chosen step stays chosen until it passes", async () => {
        const engine = await open();
        engine.choose("run");
        guest.truth = { write: pass };
        await engine.check("write");
        expect(engine.state.current).toBe("run");
        engine.choose("build");
        guest.truth = { build: pass };
        await engine.check("build");
        expect(engine.state.current).toBe("run");
    });
});
