/**
 * What passes between a machine and the thread it runs in. Every value is cloneable. Byte arrays in the messages marked
 * "moved" are transferred with their whole buffer, so they must own it.
 */
import type { Bytes } from "../base/bytes";
import type { MachineOptions, MachineStatistics, SavedCode, StartStage } from "./machine";
import type { WireError } from "./wire-error";

export type PortNumber = 1 | 2 | 3;

export interface StartOptions {
    /** Absolute address of the image's folder, ending in "/". */
    base: string;
    memory?: number;
    leastMemory?: number;
    boot: NonNullable<MachineOptions["boot"]>;
    commandLine: string;
    /** Whether `save` is to give compiled code. */
    keepCode?: boolean;
    /** Whether anybody reads the kernel's log. */
    kernelLog: boolean;
}

export interface SavedMachine {
    state: Bytes;
    code?: SavedCode;
    disk: { offset: number; bytes: Bytes }[];
}

export type ToWorker =
    | { kind: "start"; options: StartOptions }
    /** Bytes for the guest; moved. At most `PORT_WINDOW` of them may be unaccepted. */
    | { kind: "port-input"; port: PortNumber; bytes: Bytes }
    /** So many more bytes of the guest's output have been consumed. */
    | { kind: "port-consumed"; port: PortNumber; count: number }
    | { kind: "statistics"; request: number }
    | { kind: "prefetch" }
    | { kind: "forget-code" }
    | { kind: "save"; request: number };

export type FromWorker =
    | { kind: "progress"; stage: StartStage; loaded: number; total: number }
    | { kind: "running"; from: "snapshot" | "cold"; fallback?: WireError }
    /** Something is wrong that the machine may recover from; without `warning` it has. */
    | { kind: "warning"; warning?: WireError }
    | { kind: "failed"; error: WireError }
    | { kind: "kernel-log"; line: string }
    /** Bytes from the guest; moved. */
    | { kind: "port-output"; port: PortNumber; bytes: Bytes }
    /** So many more bytes have gone into the guest. */
    | { kind: "port-accepted"; port: PortNumber; count: number }
    | { kind: "statistics"; request: number; statistics: MachineStatistics }
    | { kind: "saved"; request: number; saved: SavedMachine }
    | { kind: "request-failed"; request: number; error: WireError };

/** Bytes that may be under way in one direction of a port. 26 MB/s into the guest need some milliseconds' worth. */
export const PORT_WINDOW = 512 * 1024;

/** Acknowledgements are gathered up to this many bytes; well under the window, so that it never closes for want of one. */
export const PORT_ACKNOWLEDGE = PORT_WINDOW / 4;
