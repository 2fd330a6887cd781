/**
 * What the interface asks of the running sandbox: machine, agent, engine client, files and preview as one thing with one
 * state. `app/session.ts` makes it of the real parts; the component tests of plain objects.
 */
import type { Shell } from "../agent/shell";
import type { DrydockError } from "../base/errors";
import type { Readable } from "../base/store";
import type { GuestUsage, PublishedPort } from "../guest/guest-watch";
import type { PreviewBridge } from "../preview/bridge";
import type { Exchange } from "../internet/traffic";
import type { StartStage } from "../vm/machine";

export type SandboxState =
    /** `loaded` and `total` in bytes; `total` 0 when unknown. */
    | { kind: "starting"; stage: StartStage | "agent" | "files"; loaded: number; total: number }
    /** Prompts answer. `docker` false: the engine itself is still on its way up (after a cold boot). */
    | { kind: "ready"; docker: boolean; /** The snapshot could not be used. */ fallback: DrydockError | undefined }
    | { kind: "failed"; error: DrydockError };

/** The machine stands still for a reason that may pass. */
export interface Stall {
    error: DrydockError;
    /** Milliseconds since 1970. */
    since: number;
}

/** What the guest asks its internet for, and the switch to the real one. */
export interface Network {
    /** Oldest first. */
    readonly exchanges: Readable<readonly Exchange[]>;
    /** Forgets what has ended. */
    clear(): void;
    /** Whether what the page lacks is asked for at real hosts. */
    readonly online: Readable<boolean>;
    setOnline(on: boolean): void;
}

/** A shell on a pseudo terminal in the guest. */
export type TerminalShell = Pick<Shell, "output" | "write" | "resize" | "exit" | "close" | "state">;

export interface Sandbox extends Readable<SandboxState> {
    readonly preview: PreviewBridge;
    readonly network: Network;
    readonly ports: Readable<readonly PublishedPort[]>;
    readonly usage: Readable<GuestUsage | undefined>;
    readonly warmUp: Readable<"idle" | "running" | "done">;
    /** Set while the machine waits, as for a piece of its disk that the network does not bring. */
    readonly stall: Readable<Stall | undefined>;
    /** Waits for the prompt. Rejects when the machine has failed or the signal aborts. */
    openShell(options: {
        terminal: number;
        columns: number;
        rows: number;
        signal?: AbortSignal;
    }): Promise<TerminalShell>;
    /** The student acts: background work ends first. */
    giveWay(): Promise<void>;
    /** A fresh machine; the files stay. */
    restart(): Promise<void>;
}
