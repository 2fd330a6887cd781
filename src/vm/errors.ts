/** The named errors of this layer, each in one place, so that the same problem has the same words wherever it shows. */
import { DrydockError } from "../base/errors";

/** MB. Below, the guest's Linux does not come up; above, the emulator would quietly take less. */
export const LEAST_MEMORY = 64;
export const MOST_MEMORY = 2047;

const RESTART = "Restart the machine; files in the editor are kept.";

export const stoppedError = () =>
    new DrydockError("vm.stopped", "The machine was stopped.", "Start it again to go on.");

export const notRunning = () => new DrydockError("vm.not-running", "The machine does not run.", "Start it first.");

export const saveRunning = () =>
    new DrydockError("vm.saving", "The machine is being saved already.", "Wait for that to end.");

export const workerDied = (cause: unknown) =>
    new DrydockError("vm.worker-died", "The machine has crashed.", RESTART, { cause });

export const noWebAssembly = () =>
    new DrydockError(
        "vm.no-webassembly",
        "This browser cannot run the machine: WebAssembly is missing or switched off.",
        "Use a current Chromium, Firefox or Safari, and leave lockdown or strict security modes for this page.",
    );

export const noMemory = (megabytes: number, cause?: unknown) =>
    new DrydockError(
        "vm.no-memory",
        `There is not enough memory for a machine of ${megabytes} MB.`,
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
        `The snapshot holds a machine of ${saved} MB, not of ${wanted} MB.`,
        "It boots without the snapshot, which takes some seconds more.",
    );

export const restoreFailed = (cause: unknown) =>
    new DrydockError(
        "vm.restore-failed",
        "The saved state of the machine could not be restored.",
        "It boots without the snapshot, which takes some seconds more.",
        { cause },
    );

export const guestEnded = (how: string) =>
    new DrydockError("vm.guest-ended", `The machine was ${how} from inside.`, RESTART);

const RELOAD = "Check the connection and reload the page.";

export const unreachable = (what: string, cause?: unknown) =>
    new DrydockError("image.unreachable", `A part of the machine could not be loaded (${what}).`, RELOAD, { cause });

export const damaged = (what: string, cause?: unknown) =>
    new DrydockError(
        "image.damaged",
        `A part of the machine arrived damaged (${what}).`,
        "Reload the page without the browser's cache (Ctrl+Shift+R); if it happens again, the image must be built anew.",
        { cause },
    );

export const wrongFormat = (what: string, cause?: unknown) =>
    new DrydockError(
        "image.wrong-format",
        `This is no machine image that this version can read: ${what}.`,
        "Build the image anew with the program's own version: `npm run drydock -- image build`.",
        { cause },
    );

export const chunkMissing = (chunk: number, cause?: unknown) =>
    new DrydockError("image.chunk-missing", `Piece ${chunk} of the machine's disk could not be found.`, RESTART, {
        cause,
    });

export const chunkDamaged = (chunk: number, cause?: unknown) =>
    new DrydockError("image.chunk-damaged", `Piece ${chunk} of the machine's disk arrived damaged, twice.`, RESTART, {
        cause,
    });

export const diskWaiting = (cause?: unknown) =>
    new DrydockError(
        "image.unreachable",
        "The machine waits for a piece of its disk: the network does not answer.",
        "It goes on by itself when the connection is back.",
        { cause },
    );
