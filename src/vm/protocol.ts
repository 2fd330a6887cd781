/**
 * The messages between a machine and the thread it runs in. Every value can be cloned. Byte arrays in the messages
 * marked "moved" are transferred with their whole buffer, so they must own it.
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
    /** Whether `save` should return compiled code. */
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
    /** Bytes for the guest; moved. At most `PORT_WINDOW` of them may be waiting to be accepted. */
    | { kind: "port-input"; port: PortNumber; bytes: Bytes }
    /** `count` more bytes of the guest's output have been consumed. */
    | { kind: "port-consumed"; port: PortNumber; count: number }
    | { kind: "statistics"; request: number }
    | { kind: "prefetch" }
    | { kind: "forget-code" }
    | { kind: "save"; request: number };

export type FromWorker =
    | { kind: "progress"; stage: StartStage; loaded: number; total: number }
    | { kind: "running"; from: "snapshot" | "cold"; fallback?: WireError }
    /** Something is wrong, but the machine may recover; without `warning`, it has recovered. */
    | { kind: "warning"; warning?: WireError }
    | { kind: "failed"; error: WireError }
    | { kind: "kernel-log"; line: string }
    /** Bytes from the guest; moved. */
    | { kind: "port-output"; port: PortNumber; bytes: Bytes }
    /** `count` more bytes have gone into the guest. */
    | { kind: "port-accepted"; port: PortNumber; count: number }
    | { kind: "statistics"; request: number; statistics: MachineStatistics }
    | { kind: "saved"; request: number; saved: SavedMachine }
    | { kind: "request-failed"; request: number; error: WireError };

/**
 * Bytes that may be under way in one direction of a port. At 26 MB/s into the guest, that is some milliseconds' worth.
 */
export const PORT_WINDOW = 512 * 1024;

/**
 * Acknowledgements are gathered up to this many bytes; that is well below the window, so a late one never closes it.
 */
export const PORT_ACKNOWLEDGE = PORT_WINDOW / 4;
