import type { Stop } from "../base/lifetime";

/** Milliseconds between two looks, and the difference that is worth a word: a slow machine's delays are none. */
const LOOK_EVERY = 5000;
const TOLERANCE = 1000;

export interface Clocks {
    /** Time of day, milliseconds. */
    wall: () => number;
    /** Milliseconds since some start; never set. The guest's clock follows this one. */
    monotonic: () => number;
}

/**
 * Calls `onJump` when the time of day has moved against the clock that the guest lives by: the computer has slept (there
 * the monotonic clock stands still), or somebody has set its time. Whoever knows the guest then sets its clock.
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
