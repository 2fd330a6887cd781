/** The named errors of this layer, in one place, so that a problem has the same words wherever it shows. */
import { DrydockError } from "../base/errors";

/** MB. With less, the guest's Linux does not start; the emulator would silently accept a smaller number. */
export const LEAST_MEMORY = 64;
export const MOST_MEMORY = 2047;

const RESTART = "Restart the machine. Files in the editor are kept.";

export const stoppedError = () =>
    new DrydockError("vm.stopped", "The machine was stopped.", "Start it again to continue.");

export const notRunning = () => new DrydockError("vm.not-running", "The machine is not running.", "Start it first.");

export const saveRunning = () =>
    new DrydockError("vm.saving", "The machine is already being saved.", "Wait until that has finished.");

export const workerDied = (cause: unknown) =>
    new DrydockError("vm.worker-died", "The machine has crashed.", RESTART, { cause });

export const noWebAssembly = () =>
    new DrydockError(
        "vm.no-webassembly",
        "This browser cannot run the machine: WebAssembly is missing or turned off.",
        "Use a current Chromium, Firefox or Safari, and turn off lockdown or strict security modes for this page.",
    );

export const noMemory = (megabytes: number, cause?: unknown) =>
    new DrydockError(
        "vm.no-memory",
        `There is not enough memory for a machine with ${megabytes} MB.`,
        "Close other tabs and programs, then reload the page.",
        { cause },
    );

export const memoryOutOfRange = (megabytes: number) =>
    new DrydockError(
        "vm.memory-out-of-range",
        `A machine cannot have ${megabytes} MB of memory.`,
        `Choose a whole number from ${LEAST_MEMORY} to ${MOST_MEMORY} MB.`,
    );

export const kernelPanic = (line: string) =>
    new DrydockError("vm.kernel-panic", "The machine's Linux has crashed.", RESTART, { cause: new Error(line) });

export const memoryDiffers = (wanted: number, saved: number) =>
    new DrydockError(
        "vm.memory-differs",
        `The snapshot is of a machine with ${saved} MB, not ${wanted} MB.`,
        "The machine boots without the snapshot, which takes a few seconds longer.",
    );

export const restoreFailed = (cause: unknown) =>
    new DrydockError(
        "vm.restore-failed",
        "The saved state of the machine could not be restored.",
        "The machine boots without the snapshot, which takes a few seconds longer.",
        { cause },
    );

export const guestEnded = (how: string) =>
    new DrydockError("vm.guest-ended", `The machine was ${how} from the inside.`, RESTART);

const RELOAD = "Check the connection and reload the page.";

export const unreachable = (what: string, cause?: unknown) =>
    new DrydockError("image.unreachable", `Part of the machine could not be loaded (${what}).`, RELOAD, { cause });

export const damaged = (what: string, cause?: unknown) =>
    new DrydockError(
        "image.damaged",
        `Part of the machine arrived damaged (${what}).`,
        "Reload the page without the browser's cache (Ctrl+Shift+R). If that fails too, build the image again.",
        { cause },
    );

export const wrongFormat = (what: string, cause?: unknown) =>
    new DrydockError(
        "image.wrong-format",
        `This version cannot read the machine image: ${what}.`,
        "Build the image again with this version: `npm run drydock -- image build`.",
        { cause },
    );

export const chunkMissing = (chunk: number, cause?: unknown) =>
    new DrydockError("image.chunk-missing", `Chunk ${chunk} of the machine's disk is missing.`, RESTART, {
        cause,
    });

export const chunkDamaged = (chunk: number, cause?: unknown) =>
    new DrydockError("image.chunk-damaged", `Chunk ${chunk} of the machine's disk arrived damaged twice.`, RESTART, {
        cause,
    });

export const diskWaiting = (cause?: unknown) =>
    new DrydockError(
        "image.unreachable",
        "The machine is waiting for part of its disk: the network does not answer.",
        "It continues by itself when the connection is back.",
        { cause },
    );
