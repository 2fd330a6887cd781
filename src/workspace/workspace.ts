/**
 * The student's files: one set, seen by the editor and by the guest, and kept in the browser. It exists before the
 * machine does, and outlives it.
 *
 * The last writer wins: what a program in the guest writes replaces the file here, and what the editor saves replaces
 * it there. Text that has not been saved belongs to the editor alone; `changes` reports what the guest did, and the
 * editor asks the student.
 */
import type { GuestFiles } from "../agent/agent";
import type { Bytes } from "../base/bytes";
import type { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { Readable } from "../base/store";

/** Where the workspace is in the guest. */
export const WORKSPACE = "/workspace";

/** A larger file is not kept in the browser. Bytes. */
export const FILE_LIMIT = 1 << 20;

/** Limit for all kept files together. Bytes. */
export const TOTAL_LIMIT = 20 << 20;

/** More files than a person creates; what `npm install` writes is not kept. */
export const COUNT_LIMIT = 2_000;

export interface WorkspaceEntry {
    /** Relative to the workspace, "/" between the parts. */
    path: string;
    kind: "file" | "folder";
    /** Bytes; 0 for a folder. */
    size: number;
    /** False for a file over one of the limits: it exists only in the guest, and is lost with the machine. */
    kept: boolean;
}

/** "guest": a program in the machine did it; "editor": one of the methods below; "reset": reset or undo. */
export interface WorkspaceChange {
    kind: "changed" | "removed";
    path: string;
    by: "guest" | "editor" | "reset";
}

export type SaveState =
    | {
          kind: "saved";
          /** Milliseconds since 1970; undefined if nothing has been saved since the page was opened. */ at:
              number | undefined;
      }
    | { kind: "saving" }
    | { kind: "failed"; error: DrydockError };

/** Methods resolve when the file is kept and, while a machine is attached, visible in the guest. */
export interface Workspace {
    /** Files and folders, sorted by path. */
    readonly files: Readable<readonly WorkspaceEntry[]>;
    readonly saved: Readable<SaveState>;
    /** What is not kept, and why: "workspace.file-too-large", "workspace.full", "storage.full"... */
    readonly notices: Readable<readonly DrydockError[]>;
    /** Whether `undo` has something to bring back. */
    readonly canUndo: Readable<boolean>;
    /** Rejects with "workspace.missing". */
    read(path: string): Promise<Bytes>;
    /**
     * Saves the whole file; creates the folders above it. Rejects with "workspace.bad-path", "workspace.exists" (a
     * folder), "workspace.not-written".
     */
    write(path: string, content: Uint8Array | string): Promise<void>;
    /** Rejects with "workspace.exists". */
    create(path: string, kind: "file" | "folder"): Promise<void>;
    /** Moves a folder with everything in it. Rejects with "workspace.missing", "workspace.exists". */
    rename(from: string, to: string): Promise<void>;
    /** Removes a folder with everything in it. */
    remove(path: string): Promise<void>;
    /** Goes back to the lesson's initial files. The current ones are kept until the next reset. */
    reset(): Promise<void>;
    /** Swaps the files with those from before the last reset. */
    undo(): Promise<void>;
    changes(listener: (change: WorkspaceChange) => void): Stop;
    /**
     * Joins a machine: a fresh one gets the files; one that already has them reports what changed meanwhile. Resolves
     * when both are the same; from then on, changes go both ways until the returned stop is called or the agent is
     * gone.
     */
    attach(guest: GuestFiles): Promise<Stop>;
    /** Resolves when everything is in the store, and everything on its way to the machine has arrived. */
    idle(): Promise<void>;
}
