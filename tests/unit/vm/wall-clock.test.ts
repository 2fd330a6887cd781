import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchWallClock } from "../../../src/vm/wall-clock";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function clocks() {
    const at = { wall: 1e12, monotonic: 500 };
    const pass = (milliseconds: number) => {
        at.wall += milliseconds;
        at.monotonic += milliseconds;
        vi.advanceTimersByTime(milliseconds);
    };
    return { at, pass, clocks: { wall: () => at.wall, monotonic: () => at.monotonic } };
}

test("says once how far the computer has slept", () => {
    const { at, pass, clocks: both } = clocks();
    const onJump = vi.fn();
    const stop = watchWallClock(onJump, both);
    pass(60_000);
    expect(onJump).not.toHaveBeenCalled();
    at.wall += 3_600_000;
    pass(10_000);
    expect(onJump.mock.calls).toEqual([[3_600_000]]);
    at.wall -= 5_000;
    pass(10_000);
    expect(onJump.mock.lastCall).toEqual([-5_000]);
    stop();
    at.wall += 1e6;
    pass(10_000);
    expect(onJump).toHaveBeenCalledTimes(2);
});

test("small steps, as time servers make them, add up to one", () => {
    const { at, pass, clocks: both } = clocks();
    const onJump = vi.fn();
    watchWallClock(onJump, both);
    for (let step = 0; step < 4; step++) {
        at.wall += 300;
        pass(5_000);
    }
    expect(onJump.mock.calls).toEqual([[1200]]);
});
