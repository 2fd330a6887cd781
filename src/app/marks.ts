import { isAbort } from "../base/errors";
import type { Machine } from "../vm/machine";

/** Moments of the start, on the page's own timeline, for the benchmark and the end-to-end tests. Each is set once. */
export type Moment = "shown" | "machine" | "files" | "prompt" | "engine" | "editor";

const set = new Set<Moment>();

export function mark(moment: Moment): void {
    if (set.has(moment)) return;
    set.add(moment);
    performance.mark(`drydock:${moment}`);
}

const MEASURE = "drydock:command";

/** Older ones are dropped: a page may stay open for days. */
const MEASURES_KEPT = 2_000;

export interface TimedCommand {
    end(code: number): Promise<void>;
}

/** Records a command in a terminal as a measure "drydock:command", with its status and guest instructions. */
export function timeCommand(machine: Machine, command: string): TimedCommand {
    const start = performance.now();
    const before = machine.statistics();
    before.catch(() => undefined); // `end` reports it
    return {
        async end(code) {
            const end = performance.now();
            try {
                const [first, last] = await Promise.all([before, machine.statistics()]);
                if (performance.getEntriesByName(MEASURE).length >= MEASURES_KEPT) performance.clearMeasures(MEASURE);
                performance.measure(MEASURE, {
                    start,
                    end,
                    detail: { command, code, instructions: last.instructions - first.instructions },
                });
            } catch (thrown) {
                // if the machine has stopped meanwhile, the command has no figure
                if (!isAbort(thrown)) console.warn("A command could not be measured.", thrown);
            }
        },
    };
}
