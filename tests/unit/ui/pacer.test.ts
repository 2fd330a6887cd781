import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PACE, Pacer, TYPING } from "../../../src/ui/terminal/pacer";

let drawn: (string | Uint8Array)[];
let pacer: Pacer;
beforeEach(() => {
    vi.useFakeTimers();
    drawn = [];
    pacer = new Pacer((chunk, parsed) => {
        drawn.push(chunk);
        parsed?.();
    });
});
afterEach(() => vi.useRealTimers());

describe("pacer", () => {
    test("shows the first output after a pause at once, what follows in steps and in order", () => {
        pacer.write("1");
        expect(drawn).toEqual(["1"]);
        pacer.write("2");
        vi.advanceTimersByTime(PACE / 2);
        pacer.write("3");
        expect(drawn).toEqual(["1"]);
        vi.advanceTimersByTime(PACE / 2);
        expect(drawn).toEqual(["1", "2", "3"]);
        vi.advanceTimersByTime(PACE);
        pacer.write("4");
        expect(drawn).toEqual(["1", "2", "3", "4"]);
    });

    test("reports when a piece is parsed, not when it is held", () => {
        const parsed = vi.fn();
        pacer.write("1");
        pacer.write("2", parsed);
        expect(parsed).not.toHaveBeenCalled();
        vi.advanceTimersByTime(PACE);
        expect(parsed).toHaveBeenCalledOnce();
    });

    test("does not keep somebody who types waiting", () => {
        pacer.write("1");
        pacer.write("2");
        pacer.typed();
        expect(drawn).toEqual(["1", "2"]);
        pacer.write("a");
        pacer.write("b");
        expect(drawn).toEqual(["1", "2", "a", "b"]);
        vi.advanceTimersByTime(TYPING);
        pacer.write("3");
        pacer.write("4");
        expect(drawn.at(-1)).toBe("3");
    });

    test("shows what is held when asked, and nothing twice", () => {
        pacer.write("1");
        pacer.write("2");
        pacer.flush();
        vi.advanceTimersByTime(PACE * 2);
        expect(drawn).toEqual(["1", "2"]);
    });
});
