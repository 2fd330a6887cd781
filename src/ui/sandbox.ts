/**
 * What the interface asks of the running sandbox: machine, agent, engine client, files and preview as one thing with one
 * state. `app/session.ts` makes it of the real parts; the component tests of plain objects.
 */
import type { FileChange } from "../agent/agent";
import type { Bytes } from "../base/bytes";
import type { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { Readable } from "../base/store";
import type { PreviewBridge } from "../preview/bridge";
import type { StartStage } from "../vm/machine";

export type SandboxState =
    /** `loaded` and `total` in bytes; `total` 0 when unknown. */
    | { kind: "starting"; stage: StartStage | "agent" | "files"; loaded: number; total: number }
    /** Prompts answer. `docker` false: the engine itself is still on its way up (after a cold boot). */
    | { kind: "ready"; docker: boolean; /** The snapshot could not be used. */ fallback: DrydockError | undefined }
    | { kind: "failed"; error: DrydockError };

export interface GuestUsage {
    /** Share 0..1. */
    processor: number;
    /** Bytes. */
    memoryUsed: number;
    memoryTotal: number;
}

export interface PublishedPort {
    port: number;
    container: string;
}

/** A shell on a pseudo terminal in the guest. */
export interface TerminalShell {
    readonly output: ReadableStream<Bytes>;
    write(data: string): Promise<void>;
    resize(columns: number, rows: number): void;
    readonly exit: Promise<number>;
    close(): void;
}

export interface WorkspaceEntry {
    /** Relative to the workspace, "/" between parts. */
    path: string;
    kind: "file" | "folder";
}

/** The student's files: the editor's copy, kept in the browser, and the guest's, kept alike. Usable before the machine runs. */
export interface WorkspaceFiles {
    readonly entries: Readable<readonly WorkspaceEntry[]>;
    /** When the last change was safely stored, milliseconds since 1970. */
    readonly savedAt: Readable<number | undefined>;
    /** undefined: no such file. */
    read(path: string): Promise<Uint8Array | undefined>;
    write(path: string, content: string | Uint8Array): Promise<void>;
    makeFolder(path: string): Promise<void>;
    rename(from: string, to: string): Promise<void>;
    remove(path: string): Promise<void>;
    /** Changes that came from elsewhere than `write`, `rename` and `remove`. */
    listen(onChange: (changes: FileChange[]) => void): Stop;
    /** Back to what the lesson starts with. */
    reset(): Promise<void>;
}

export interface Sandbox extends Readable<SandboxState> {
    readonly files: WorkspaceFiles;
    readonly preview: PreviewBridge;
    readonly ports: Readable<readonly PublishedPort[]>;
    readonly usage: Readable<GuestUsage | undefined>;
    readonly warmUp: Readable<"idle" | "running" | "done">;
    /** Waits for the prompt. Rejects when the machine has failed or the signal aborts. */
    openShell(options: { terminal: number; columns: number; rows: number; signal?: AbortSignal }): Promise<TerminalShell>;
    /** The student acts: background work ends first. */
    giveWay(): Promise<void>;
    /** A fresh machine; the files stay. */
    restart(): Promise<void>;
}
