import { describe, expect, test } from "vitest";
import { IdleMeter } from "../../../src/vm/worker/idle-meter";

function meter() {
    const guest = { instructions: 0, now: 0 };
    const meter = new IdleMeter(
        () => guest.instructions,
        () => guest.now,
    );
    const pass = (milliseconds: number, instructionsPerMillisecond: number) => {
        guest.now += milliseconds;
        guest.instructions += milliseconds * instructionsPerMillisecond;
        return meter.isIdle();
    };
    return { meter, pass };
}

describe("idle meter", () => {
    test("an engine at rest is idle, a command is not", () => {
        const { pass } = meter();
        expect(pass(100, 5_000)).toBe(true);
        expect(pass(100, 80_000)).toBe(false);
        expect(pass(100, 5_000)).toBe(true);
    });

    test("looks in quick succession get the last answer, and do not count as one", () => {
        const { pass } = meter();
        expect(pass(100, 5_000)).toBe(true);
        expect(pass(10, 100_000)).toBe(true);
        expect(pass(60, 100_000)).toBe(false);
    });

    test("nothing is known before the first look", () => {
        expect(meter().meter.isIdle()).toBe(false);
    });
});
