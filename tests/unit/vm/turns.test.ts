import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeTurnsInThread } from "../../../src/vm/worker/turns";
import type { V86 } from "../../../src/vm/v86";

/**
 * A CPU whose turns take a millisecond each; `wants` returns what it asks for after a turn, `undefined` when it stops.
 */
function machine(wants: (turn: number) => number | undefined) {
    const cpu = { clock: 0, turns: [] as number[], unregistered: false };
    const v86 = {
        worker: {},
        unregister_yield: () => void (cpu.unregistered = true),
        yield: (): void => {
            throw new Error("v86's own way was taken");
        },
        yield_callback(this: V86["v86"], tick: number) {
            cpu.turns.push(tick);
            cpu.clock++;
            const wait = wants(tick);
            if (wait !== undefined) this.yield(wait, tick + 1);
        },
    } as unknown as V86["v86"];
    takeTurnsInThread({ v86 }, () => cpu.clock);
    return { cpu, v86 };
}

/** What an event's listener threw; a worker would report it to the page. */
let failures: unknown[];

/** One message for each event, as in browsers; Node's own channel delivers at once what was sent meanwhile. */
class Channel {
    readonly port1 = { onmessage: (_: { data: number }): void => undefined };
    readonly port2 = {
        postMessage: (data: number) =>
            void setImmediate(() => {
                try {
                    this.port1.onmessage({ data });
                } catch (thrown) {
                    failures.push(thrown);
                }
            }),
    };
}

/** Long enough for a message to pass through the channel. */
const messages = () => new Promise<void>(resolve => setImmediate(() => setImmediate(resolve)));

describe("turns of the CPU in a browser", () => {
    beforeEach(() => {
        failures = [];
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
        vi.stubGlobal("MessageChannel", Channel);
    });
    afterEach(() => {
        vi.unstubAllGlobals();
        vi.useRealTimers();
    });

    test("several run one after the other, then other events come in", async () => {
        const { cpu, v86 } = machine(turn => (turn < 20 ? 0 : undefined));
        expect(cpu.unregistered).toBe(true);
        v86.yield(0, 1);
        for (const turns of [8, 16, 20]) {
            await new Promise(setImmediate);
            expect(cpu.turns).toEqual(Array.from({ length: turns }, (_, index) => index + 1));
        }
    });

    test("a guest that waits gets its time, and no turn before", async () => {
        const { cpu, v86 } = machine(turn => (turn === 2 ? 50 : turn < 4 ? 0 : undefined));
        v86.yield(0, 1);
        await messages();
        expect(cpu.turns).toEqual([1, 2]);
        vi.advanceTimersByTime(49);
        await messages();
        expect(cpu.turns).toEqual([1, 2]);
        vi.advanceTimersByTime(1);
        await messages();
        expect(cpu.turns).toEqual([1, 2, 3, 4]);
    });

    test("an interrupt ends the wait, and the end of the wait is not a turn of its own", async () => {
        const { cpu, v86 } = machine(turn => (turn === 1 ? 50 : undefined));
        v86.yield(0, 1);
        await messages();
        v86.yield(0, 7); // what v86 does when a device raises an interrupt between turns
        await messages();
        vi.advanceTimersByTime(100);
        await messages();
        expect(cpu.turns).toEqual([1, 7]);
    });

    test("a turn that fails does not prevent the next one", async () => {
        let fails = true;
        const { cpu, v86 } = machine(() => {
            if (!fails) return undefined;
            fails = false;
            throw new Error("unreachable");
        });
        v86.yield(0, 1);
        await messages();
        expect(failures).toHaveLength(1);
        v86.yield(0, 2);
        await messages();
        expect(cpu.turns).toEqual([1, 2]);
    });

    test("under Node v86 keeps its own way", () => {
        const v86 = { worker: undefined, yield: () => undefined } as unknown as V86["v86"];
        const own = v86.yield;
        takeTurnsInThread({ v86 });
        expect(v86.yield).toBe(own);
    });
});
