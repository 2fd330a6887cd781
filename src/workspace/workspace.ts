/**
 * The student's files: one set, seen by the editor and by the guest, kept in the browser. It is there before the machine is,
 * and outlives it.
 *
 * The last writer wins: what a program in the guest writes replaces the file, what the editor saves replaces it there. Text
 * that the editor has not saved is the editor's own; `changes` tells it what the guest did, and it asks the student.
 */
import type { GuestFiles } from "../agent/agent";
import type { Bytes } from "../base/bytes";
import type { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { Readable } from "../base/store";

/** Where the workspace is in the guest. */
export const WORKSPACE = "/workspace";

/** A larger file is not kept in the browser, bytes. */
export const FILE_LIMIT = 1 << 20;

/** All kept files together, bytes. */
export const TOTAL_LIMIT = 20 << 20;

/** More files than a person makes; what `npm install` makes is not kept. */
export const COUNT_LIMIT = 2_000;

export interface WorkspaceEntry {
    /** Relative to the workspace, "/" between parts. */
    path: string;
    kind: "file" | "folder";
    /** Bytes; 0 for a folder. */
    size: number;
    /** False for a file over one of the limits: it is in the guest only, and goes with the machine. */
    kept: boolean;
}

/** "guest": a program in the machine did it; "editor": one of the verbs below; "reset": reset or undo. */
export interface WorkspaceChange {
    kind: "changed" | "removed";
    path: string;
    by: "guest" | "editor" | "reset";
}

export type SaveState =
    | {
          kind: "saved";
          /** Milliseconds since 1970; undefined when nothing has been saved since the page was opened. */ at:
              number | undefined;
      }
    | { kind: "saving" }
    | { kind: "failed"; error: DrydockError };

/** Verbs resolve when the file is kept and, while a machine is attached, visible in the guest. */
export interface Workspace {
    /** Files and folders by path. */
    readonly files: Readable<readonly WorkspaceEntry[]>;
    readonly saved: Readable<SaveState>;
    /** What is not kept, and why: "workspace.file-too-large", "workspace.full", "storage.full"... */
    readonly notices: Readable<readonly DrydockError[]>;
    /** There is something that `undo` brings back. */
    readonly canUndo: Readable<boolean>;
    /** Rejects with "workspace.missing". */
    read(path: string): Promise<Bytes>;
    /** Saves the whole file; makes the folders above it. Rejects with "workspace.bad-path", "workspace.exists" (a folder), "workspace.not-written". */
    write(path: string, content: Uint8Array | string): Promise<void>;
    /** Rejects with "workspace.exists". */
    create(path: string, kind: "file" | "folder"): Promise<void>;
    /** A folder moves with all that it holds. Rejects with "workspace.missing", "workspace.exists". */
    rename(from: string, to: string): Promise<void>;
    /** A folder goes with all that it holds. */
    remove(path: string): Promise<void>;
    /** Back to the lesson's first files. What there was is kept until the next reset. */
    reset(): Promise<void>;
    /** Exchanges the files with those from before the last reset. */
    undo(): Promise<void>;
    changes(listener: (change: WorkspaceChange) => void): Stop;
    /**
     * Joins a machine: a fresh one gets the files; one that has them already gives what it changed meanwhile. Resolves when
     * both are the same; from then on changes go both ways until the returned stop is called or the agent is gone.
     */
    attach(guest: GuestFiles): Promise<Stop>;
    /** Resolves when everything is in the store, and what was on its way to the machine is there. */
    idle(): Promise<void>;
}
