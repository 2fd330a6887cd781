import type { Machine } from "../vm/machine";

/** A machine that has been told to start. */
export interface Starting {
    machine: Machine;
    started: Promise<void>;
}

export function startMachine(machine: Machine): Starting {
    const started = machine.start();
    started.catch(() => undefined); // anything waiting for the guest gets the error
    return { machine, started };
}
