/**
 * What browsers offer to secure contexts only: pages from https, and from this very machine (localhost). A classroom's plain
 * http address is not one. Whoever needs one of these asks here, and has an answer for `undefined`:
 *
 * | missing | instead |
 * | --- | --- |
 * | `clipboard` | the browser's own copy command, on a selected text area (ui/common/clipboard.ts) |
 * | `locks` | a record in the database and a channel between the tabs (storage/claim); pushes wait for each other in one tab only |
 * | `privateFiles` | pushed layers go to IndexedDB; a visit unpacks the snapshot instead of reading it back |
 * | `subtle` | SHA-256 in JavaScript (@noble/hashes) |
 *
 * The service worker is the preview's own matter (preview/bridge.ts): without one it shows single pages. The dependencies have
 * their own answers: Monaco leaves Paste out of its menu and makes its ids from random bytes; xterm.js pastes by the browser's
 * own event; v86 asks for none of these.
 */
interface Offered {
    navigator?: {
        clipboard?: { writeText(text: string): Promise<void> };
        locks?: LockManager;
        storage?: { getDirectory?(): Promise<FileSystemDirectoryHandle>; estimate(): Promise<StorageEstimate> };
    };
    crypto?: { subtle?: SubtleCrypto };
}

const offered = globalThis as Offered;

/** Read at each use; a property is undefined where the browser does not offer it here. */
export const secureContext = {
    get clipboard() {
        return offered.navigator?.clipboard;
    },
    get locks() {
        return offered.navigator?.locks;
    },
    /** The folder that the browser keeps for this page. Firefox's private windows offer it and reject. */
    get privateFiles(): (() => Promise<FileSystemDirectoryHandle>) | undefined {
        const storage = offered.navigator?.storage;
        return storage?.getDirectory && (() => storage.getDirectory!());
    },
    /** Bytes used and allowed. */
    get storageEstimate() {
        const storage = offered.navigator?.storage;
        return storage && (() => storage.estimate());
    },
    get subtle() {
        return offered.crypto?.subtle;
    },
};
