/**
 * The running sandbox as the interface sees it: machine, agent, engine client, files and preview as one object with one
 * state. `app/session.ts` builds it from the real parts, the component tests from plain objects.
 */
import type { Shell } from "../agent/shell";
import type { DrydockError } from "../base/errors";
import type { Readable } from "../base/store";
import type { GuestUsage, PublishedPort } from "../guest/guest-watch";
import type { PreviewBridge } from "../preview/bridge";
import type { Exchange } from "../internet/traffic";
import type { StartStage } from "../vm/machine";

export type SandboxState =
    /** `loaded` and `total` in bytes; `total` is 0 if unknown. */
    | { kind: "starting"; stage: StartStage | "agent" | "files"; loaded: number; total: number }
    /** There is a prompt. `docker` false: the engine is still starting (after a cold boot). */
    | { kind: "ready"; docker: boolean; /** The snapshot could not be used. */ fallback: DrydockError | undefined }
    | { kind: "failed"; error: DrydockError };

/** The machine has stopped for a reason that may pass. */
export interface Stall {
    error: DrydockError;
    /** Milliseconds since 1970. */
    since: number;
}

/** What the guest asks its internet for, and the switch to the real one. */
export interface Network {
    /** Oldest first. */
    readonly exchanges: Readable<readonly Exchange[]>;
    /** Clears the requests that have ended. */
    clear(): void;
    /** Whether the page asks real hosts for what it lacks. */
    readonly online: Readable<boolean>;
    setOnline(on: boolean): void;
    /** Whether other images may answer for those that are missing. */
    readonly standIns: Readable<StandInState>;
    /** The student's choice. */
    setStandIns(on: boolean): void;
    /** Of the lesson that is open. */
    lessonWantsStandIns(on: boolean): void;
}

/** Who has turned stand-ins on. The lesson goes before: it needs them. */
export type StandInState = "off" | "student" | "lesson";

/** A shell on a pseudo terminal in the guest. */
export type TerminalShell = Pick<Shell, "output" | "write" | "resize" | "exit" | "close" | "state">;

export interface Sandbox extends Readable<SandboxState> {
    readonly preview: PreviewBridge;
    readonly network: Network;
    readonly ports: Readable<readonly PublishedPort[]>;
    readonly usage: Readable<GuestUsage | undefined>;
    readonly warmUp: Readable<"idle" | "running" | "done">;
    /** Set while the machine waits, for example for a piece of its disk that the network does not deliver. */
    readonly stall: Readable<Stall | undefined>;
    /** Waits for the prompt. Rejects if the machine has failed or the signal aborts. */
    openShell(options: {
        terminal: number;
        columns: number;
        rows: number;
        signal?: AbortSignal;
    }): Promise<TerminalShell>;
    /** Call before the student acts. Resolves when background work has stopped. */
    giveWay(): Promise<void>;
    /** Starts a fresh machine and keeps the files. */
    restart(): Promise<void>;
}
