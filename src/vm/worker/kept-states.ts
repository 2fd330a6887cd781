/**
 * The unpacked state of a snapshot, kept in the browser's private file system. Unpacking takes two seconds where two
 * processors also have a page to start; reading it back, straight into the machine's memory, takes a tenth of that. It
 * is only a copy for the next visit: if it is incomplete or unreadable, it counts as missing.
 *
 * A file is named after the sha256 of its content, and also ends with it: written last, the hash shows that the rest is
 * complete.
 */
import { decodeText, encodeText, type Bytes } from "../../base/bytes";
import { secureContext } from "../../base/secure-context";
import type { ImageManifest } from "../image/image";
import type { StateReader } from "../image/saved-state";

export type StateContent = ImageManifest["snapshot"]["raw"];

/** A kept state, open for one visit; close it. */
export interface KeptState extends StateReader {
    close(): void;
}

export interface KeptStates {
    open(content: StateContent): Promise<KeptState | undefined>;
    /** Runs in the background, on another thread. `packed`: the state as the image has it; this takes it over. */
    keep(content: StateContent, packed: Bytes): void;
    /** Call it after a state that could not be used. */
    forget(): Promise<void>;
}

const FOLDER = "snapshots";

/** The share for the state of the image in use; the student's files and pushed images come first. */
const SHARE_OF_FREE_SPACE = 0.2;

const PIECE_BYTES = 4 << 20;

/** `browser.ts` uses kept states only if the browser offers private files. */
const root = (): Promise<FileSystemDirectoryHandle> => secureContext.privateFiles!();

const folderOf = async (create: boolean): Promise<FileSystemDirectoryHandle> =>
    (await root()).getDirectoryHandle(FOLDER, { create });

/**
 * Only workers have these, and only in secure contexts. Several tabs may read at once if the browser knows the mode.
 */
type OpenSync = (options?: { mode: "read-only" }) => Promise<FileSystemSyncAccessHandle>;

const openSync = (file: FileSystemFileHandle, ...options: Parameters<OpenSync>): Promise<FileSystemSyncAccessHandle> =>
    (file.createSyncAccessHandle as OpenSync).apply(file, options);

export async function openState({ bytes, sha256 }: StateContent): Promise<KeptState | undefined> {
    let access: FileSystemSyncAccessHandle;
    try {
        access = await openSync(await (await folderOf(false)).getFileHandle(sha256), { mode: "read-only" });
    } catch {
        return undefined; // missing, in use by another tab, or no such storage
    }
    if (!isWhole(access, bytes, sha256)) {
        access.close();
        return undefined;
    }
    let at = 0;
    return {
        read(into) {
            if (access.read(into, { at }) !== into.byteLength)
                throw new RangeError(`the kept state ends before byte ${at + into.byteLength}`);
            at += into.byteLength;
        },
        close: () => access.close(),
    };
}

function isWhole(access: FileSystemSyncAccessHandle, bytes: number, sha256: string): boolean {
    const end = new Uint8Array(sha256.length);
    try {
        return (
            access.getSize() === bytes + end.byteLength &&
            access.read(end, { at: bytes }) === end.byteLength &&
            decodeText(end) === sha256
        );
    } catch (thrown) {
        console.warn("The kept state of the machine cannot be read.", thrown);
        return false;
    }
}

/** Writes what `pieces` yields, replacing every other state. Resolves to false if there is no room. */
export async function writeState({ bytes, sha256 }: StateContent, pieces: Iterable<Uint8Array>): Promise<boolean> {
    const { quota = 0, usage = 0 } = await secureContext.storageEstimate!();
    if (bytes > (quota - usage) * SHARE_OF_FREE_SPACE) return false;
    await forgetStates();
    const folder = await folderOf(true);
    const access = await openSync(await folder.getFileHandle(sha256, { create: true }));
    try {
        let at = 0;
        for (const piece of pieces)
            for (let from = 0; from < piece.byteLength; from += PIECE_BYTES)
                at += access.write(piece.subarray(from, from + PIECE_BYTES), { at });
        if (at !== bytes) throw new Error(`${at} bytes were written, not ${bytes}`);
        access.flush();
        access.write(encodeText(sha256), { at });
        access.flush();
        return true;
    } finally {
        access.close();
    }
}

export async function forgetStates(): Promise<void> {
    const folder = await root();
    await folder.removeEntry(FOLDER, { recursive: true }).catch((thrown: unknown) => {
        if (!(thrown instanceof DOMException && thrown.name === "NotFoundError")) throw thrown;
    });
}
