/**
 * The seam between the emulator and everything above it. A machine is one emulated PC with its disk; there may be
 * several. Above this file, nothing knows of v86, workers, chunks or snapshots.
 */
import type { Bytes } from "../base/bytes";
import type { DrydockError } from "../base/errors";
import type { Duplex } from "../base/duplex";
import type { Readable } from "../base/store";
import type { ImageSource } from "./image/image";

export interface MachineOptions {
    image: ImageSource;
    /** Guest memory in MB. The snapshot restores only into the size it was made with; any other size boots cold. */
    memory?: number;
    /**
     * Guest memory in MB that is needed at least, where `memory` is not given: the snapshot's size if that is enough,
     * else this size.
     */
    leastMemory?: number;
    /** "auto" (default): from the snapshot, or cold if it is missing or does not fit. */
    boot?: "auto" | "snapshot" | "cold";
    /** Appended to the kernel's command line on a cold boot. */
    commandLine?: string;
    /** Keeps compiled code for `save`; for the image builder. */
    keepCode?: boolean;
    /** Each line of the guest's kernel log (serial 0). */
    onKernelLog?: (line: string) => void;
}

export type StartStage = "emulator" | "snapshot" | "kernel" | "restore";

export type MachineState =
    | { kind: "off" }
    /** `loaded` and `total` in bytes received over the network; `total` is 0 if unknown. */
    | { kind: "starting"; stage: StartStage; loaded: number; total: number }
    | {
          kind: "running";
          from: "snapshot" | "cold";
          /** Why the snapshot was not used, if it was wanted. */ fallback?: DrydockError;
          /** The machine has stopped for a reason that may pass, such as a disk waiting for the network. */ warning?: DrydockError;
      }
    | { kind: "failed"; error: DrydockError }
    | { kind: "stopped" };

export interface MachineStatistics {
    /** Guest instructions since start; does not wrap. */
    instructions: number;
    /** Compiled modules now in the emulator's table. */
    compiledModules: number;
    /** Bytes fetched: in total, and for disk chunks alone. */
    fetchedBytes: number;
    diskChunksFetched: number;
    /** Bytes of guest disk blocks changed since the start. */
    diskBytesWritten: number;
}

/**
 * What the emulator has compiled. It fits only the state that was saved with it, which then includes the emulator's own
 * memory.
 */
export interface SavedCode {
    /** WebAssembly modules, with a function for each page of compiled code. */
    modules: Bytes[];
    /** Where the guest's memory begins in the emulator's, bytes. */
    guestAt: number;
    /** The guest's time stamp counter, low and high half. */
    clock: [number, number];
}

export interface Machine extends Readable<MachineState> {
    /** Resolves when the guest's CPU is running. Rejects with a DrydockError; aborting stops the machine. */
    start(signal?: AbortSignal): Promise<void>;
    /**
     * The raw virtio port 1, 2 or 3 of the guest (/dev/vport*pN). There is one duplex for the machine's life, so ask
     * once. When the machine stops or dies, `readable` and `writable` error with the reason.
     */
    port(number: 1 | 2 | 3): Duplex;
    /**
     * Call this when the guest has shown its prompt: what it will probably read from its disk is loaded ahead, a little
     * later and while it is idle. Before that, the start needs the network.
     */
    prefetch(): void;
    /** Drops all compiled code; whatever is hot afterwards is compiled again. */
    forgetCode(): void;
    statistics(): Promise<MachineStatistics>;
    /**
     * Saves the machine's state and the disk blocks changed so far, for the image builder. The guest is paused
     * meanwhile. `state` as in saved-state.ts, uncompressed; `disk` pairs of byte offset and block; `code` if the
     * machine keeps it.
     */
    save(): Promise<{ state: Uint8Array; code?: SavedCode; disk: { offset: number; bytes: Uint8Array }[] }>;
    /** Idempotent. Everything still waiting on the machine rejects with "vm.stopped". */
    stop(): Promise<void>;
}
