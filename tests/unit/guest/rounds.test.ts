import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Agent } from "../../../src/agent/agent";
import { WarmUpRounds } from "../../../src/guest/warm-up/rounds";
import type { WarmUp, WarmUpState } from "../../../src/guest/warm-up/warm-up";
import { Store } from "../../../src/base/store";
import { DrydockError } from "../../../src/base/errors";

class FakeWarmUp extends Store<WarmUpState> implements WarmUp {
    starts = 0;
    gaveWay = 0;

    constructor() {
        super({ kind: "idle" });
    }

    start(): void {
        this.starts++;
        this.set({ kind: "warming", done: 0, total: 1 });
    }

    async giveWay(): Promise<void> {
        this.gaveWay++;
        if (this.state.kind === "warming") this.set({ kind: "yielded", done: 0, total: 1 });
    }
}

/** Longer than any pause between rounds. */
const LONG = 60_000;

let visible: boolean;
let warmUp: FakeWarmUp;
let rounds: WarmUpRounds;
let stop: () => void;
beforeEach(() => {
    vi.useFakeTimers();
    visible = true;
    warmUp = new FakeWarmUp();
    rounds = new WarmUpRounds({ pythonHost: "index.lab", visible: () => visible, createWarmUp: () => warmUp });
    stop = rounds.start({ agent: {} as Agent });
});
afterEach(() => void vi.useRealTimers());

describe("warm-up rounds", () => {
    test("begin when the student reads, and report their progress", () => {
        expect([warmUp.starts, rounds.state.state]).toEqual([0, "idle"]);
        vi.advanceTimersByTime(LONG);
        expect([warmUp.starts, rounds.state.state]).toEqual([1, "running"]);
        warmUp.set({ kind: "finished", problems: [] });
        expect(rounds.state.state).toBe("done");
    });

    test("give way to typing, and continue after a longer pause", async () => {
        vi.advanceTimersByTime(LONG);
        await rounds.giveWay();
        expect([warmUp.gaveWay, rounds.state.state]).toEqual([1, "idle"]);
        vi.advanceTimersByTime(2_500);
        expect(warmUp.starts).toBe(1);
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(2);
    });

    test("wait for the end of every command that runs", () => {
        rounds.commandStarted();
        rounds.commandStarted();
        rounds.commandEnded();
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(0);
        rounds.commandEnded();
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(1);
    });

    test("an end without a start does not count", () => {
        rounds.commandEnded();
        rounds.commandStarted();
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(0);
    });

    test("wait for a page that can be seen", () => {
        visible = false;
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(0);
        visible = true;
        vi.advanceTimersByTime(LONG);
        expect(warmUp.starts).toBe(1);
    });

    test("end with their machine", async () => {
        stop();
        vi.advanceTimersByTime(LONG);
        await rounds.giveWay(); // nothing is running
        expect([warmUp.starts, warmUp.gaveWay, rounds.state.state]).toEqual([0, 0, "idle"]);
    });

    test("problems are for the developer's console", () => {
        const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
        const problems = [new DrydockError("docker.warm-up", "It failed.", "")];
        warmUp.set({ kind: "finished", problems });
        expect(warn).toHaveBeenCalledExactlyOnceWith("Parts of the warm-up failed.", problems);
        warn.mockRestore();
    });
});
