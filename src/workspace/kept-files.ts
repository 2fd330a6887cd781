/** The files of a workspace in memory, which of them may be kept, and the list that is shown. */
import { DrydockError } from "../base/errors";
import { isWorkspacePath } from "../lesson/fences";
import { COUNT_LIMIT, FILE_LIMIT, TOTAL_LIMIT, type WorkspaceEntry } from "./workspace";

/** `bytes` is undefined for a file that is not kept. */
export interface KeptFile {
    size: number;
    bytes: Uint8Array | undefined;
}

export class KeptFiles {
    readonly files = new Map<string, KeptFile>();
    /** All folders. As in the guest, a folder stays when its last file goes. */
    readonly folders = new Set<string>();
    #total = 0;

    has(path: string): boolean {
        return this.files.has(path) || this.folders.has(path);
    }

    /** Stores the content if it is within the limits; otherwise returns the reason. */
    set(path: string, bytes: Uint8Array): DrydockError | undefined {
        const before = this.files.get(path);
        this.#total -= before?.bytes?.byteLength ?? 0;
        const refusal = this.#refusal(path, bytes.byteLength);
        this.folders.delete(path); // a path is either a file or a folder: a reset may write a file where the student made a folder
        this.files.set(path, { size: bytes.byteLength, bytes: refusal ? undefined : bytes });
        this.#addAbove(path);
        if (!refusal) this.#total += bytes.byteLength;
        return refusal;
    }

    /** Records a file that is too large to be read at all. */
    setUnread(path: string, size: number): DrydockError {
        this.delete(path);
        this.files.set(path, { size, bytes: undefined });
        this.#addAbove(path);
        return this.#refusal(path, size) ?? tooLarge(path);
    }

    addFolder(path: string): void {
        this.folders.add(path);
        this.#addAbove(path);
    }

    delete(path: string): void {
        this.#total -= this.files.get(path)?.bytes?.byteLength ?? 0;
        this.files.delete(path);
        this.folders.delete(path);
    }

    /** Paths of the files in the folder `path`, at any depth. */
    below(path: string): string[] {
        return [...this.files.keys()].filter(file => file.startsWith(`${path}/`));
    }

    entries(): WorkspaceEntry[] {
        const folders = [...this.folders].map((path): WorkspaceEntry => ({
            path,
            kind: "folder",
            size: 0,
            kept: true,
        }));
        const files = [...this.files].map(([path, { size, bytes }]): WorkspaceEntry => ({
            path,
            kind: "file",
            size,
            kept: bytes !== undefined,
        }));
        return [...folders, ...files].sort((one, other) => (one.path < other.path ? -1 : 1));
    }

    #addAbove(path: string): void {
        for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
            this.folders.add(path.slice(0, at));
    }

    #refusal(path: string, size: number): DrydockError | undefined {
        if (size > FILE_LIMIT) return tooLarge(path);
        const kept = [...this.files].filter(([other, file]) => file.bytes && other !== path).length;
        if (this.#total + size <= TOTAL_LIMIT && kept < COUNT_LIMIT) return undefined;
        return new DrydockError(
            "workspace.full",
            `The workspace has more than ${TOTAL_LIMIT >> 20} MB or ${COUNT_LIMIT} files, so "${path}" is only in the machine.`,
            "It is lost when the machine restarts. Remove files that you do not need.",
        );
    }
}

const tooLarge = (path: string) =>
    new DrydockError(
        "workspace.file-too-large",
        `"${path}" is larger than ${FILE_LIMIT >> 20} MB, so it is only in the machine.`,
        "It is lost when the machine restarts.",
    );

/** A path that stays inside the workspace. */
export const isPath = (path: unknown): path is string =>
    typeof path === "string" && isWorkspacePath(path) && path.length <= 400;

/** Rejects with "workspace.bad-path" if the path leaves the workspace. */
export function goodPath(path: string): string {
    if (isPath(path)) return path;
    throw new DrydockError(
        "workspace.bad-path",
        `"${path}" is not a valid file name in the workspace.`,
        'Use a name without a leading slash and without "..".',
    );
}
