import type { Stop } from "../base/lifetime";

/** Milliseconds between two looks, and the difference that counts as a jump: delays on a slow machine do not. */
const LOOK_EVERY = 5000;
const TOLERANCE = 1000;

export interface Clocks {
    /** Time of day, milliseconds. */
    wall: () => number;
    /** Milliseconds since some starting point; nobody can set this clock. The guest's clock follows it. */
    monotonic: () => number;
}

/**
 * Calls `onJump` when the time of day has moved against the clock that the guest follows: the computer has slept (which
 * stops the monotonic clock), or somebody has set its time. The listener should then set the guest's clock.
 */
export function watchWallClock(
    onJump: (milliseconds: number) => void,
    clocks: Clocks = { wall: Date.now, monotonic: () => performance.now() },
): Stop {
    let difference = clocks.wall() - clocks.monotonic();
    const timer = setInterval(() => {
        const now = clocks.wall() - clocks.monotonic();
        const jump = now - difference;
        if (Math.abs(jump) < TOLERANCE) return;
        difference = now;
        onJump(jump);
    }, LOOK_EVERY);
    return () => clearInterval(timer);
}
