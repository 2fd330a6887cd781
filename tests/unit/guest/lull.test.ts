import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Lull } from "../../../src/guest/lull";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function follow(promise: Promise<void>) {
    const state = { reached: false };
    promise.then(
        () => (state.reached = true),
        () => undefined,
    );
    return state;
}

describe("lull", () => {
    test("comes when nothing happens", async () => {
        const state = follow(new Lull().reached(1000, new AbortController().signal));
        await vi.advanceTimersByTimeAsync(990);
        expect(state.reached).toBe(false);
        await vi.advanceTimersByTimeAsync(20);
        expect(state.reached).toBe(true);
    });

    test("what the student does puts it off", async () => {
        const lull = new Lull();
        const state = follow(lull.reached(1000, new AbortController().signal));
        await vi.advanceTimersByTimeAsync(600);
        lull.acted();
        await vi.advanceTimersByTimeAsync(600);
        expect(state.reached).toBe(false);
        await vi.advanceTimersByTimeAsync(500);
        expect(state.reached).toBe(true);
    });

    test("a running command puts it off to its end", async () => {
        const lull = new Lull();
        const state = follow(lull.reached(1000, new AbortController().signal));
        lull.commandStarted();
        await vi.advanceTimersByTimeAsync(10_000);
        expect(state.reached).toBe(false);
        lull.commandEnded();
        await vi.advanceTimersByTimeAsync(2100);
        expect(state.reached).toBe(true);
    });

    test("ends with its signal", async () => {
        const abort = new AbortController();
        const waiting = new Lull().reached(1000, abort.signal);
        const told = expect(waiting).rejects.toThrow("gone");
        abort.abort(new Error("gone"));
        await told;
    });
});
