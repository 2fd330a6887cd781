import { isAbort } from "../base/errors";
import type { Machine } from "../vm/machine";

/** Moments on the page's own timeline; the benchmark and the end-to-end tests read them. */
import type { Machine } from "../vm/machine";

/** Of the start; each is set once. */
export type Moment = "shown" | "machine" | "files" | "prompt" | "engine" | "editor";

const set = new Set<Moment>();

export function mark(moment: Moment): void {
    if (set.has(moment)) return;
    set.add(moment);
    performance.mark(`drydock:${moment}`);
}

export interface TimedCommand {
    end(code: number): Promise<void>;
}

/** A command of a terminal as a measure "drydock:command" with its status and guest instructions. */
export function timeCommand(machine: Machine, command: string): TimedCommand {
    const start = performance.now();
    const before = machine.statistics();
    before.catch(() => undefined); // told at the end
    return {
        async end(code) {
            const end = performance.now();
            try {
                const [first, last] = await Promise.all([before, machine.statistics()]);
                performance.measure("drydock:command", { start, end, detail: { command, code, instructions: last.instructions - first.instructions } });
            } catch (thrown) {
                // a machine that stopped meanwhile leaves the command without a figure
                if (!isAbort(thrown)) console.warn("A command could not be measured.", thrown);
            }
        },
    };
}

/** Older measures are dropped: a page may stay open for a day. */
const COMMANDS_KEPT = 200;

/** Puts each command of a terminal on the timeline as "drydock:command", with its status and what it cost the guest. */
export class CommandTimer {
    readonly #machine: Machine;
    #start = 0;
    #before: Promise<number> = Promise.resolve(0);

    constructor(machine: Machine) {
        this.#machine = machine;
    }

    started(): void {
        this.#start = performance.now();
        this.#before = this.#instructions();
    }

    async ended(command: string, code: number): Promise<void> {
        const end = performance.now();
        const start = this.#start;
        const [before, after] = await Promise.all([this.#before, this.#instructions()]);
        if (performance.getEntriesByName("drydock:command").length >= COMMANDS_KEPT) performance.clearMeasures("drydock:command");
        performance.measure("drydock:command", { start, end, detail: { command, code, instructions: after - before } });
    }

    async #instructions(): Promise<number> {
        try {
            return (await this.#machine.statistics()).instructions;
        } catch {
            return 0; // the machine has stopped meanwhile; the command's time is known all the same
        }
    }
}
