/**
 * What browsers offer only in secure contexts: pages from https, and from this very machine (localhost). A classroom's
 * plain http address is not one. Code that needs one of these asks here, and handles `undefined`:
 *
 * | missing | instead |
 * | --- | --- |
 * | `clipboard` | the browser's own copy command, on a selected text area (ui/common/clipboard.ts) |
 * | `locks` | a record in the database and a channel between the tabs (storage/claim); pushes wait for each other in
 * one tab only |
 * | `privateFiles` | pushed layers go to IndexedDB; a visit unpacks the snapshot instead of reading it back |
 * | `subtle` | SHA-256 in JavaScript (@noble/hashes) |
 *
 * The preview looks after the service worker itself (preview/bridge.ts): without one it shows single pages. The
 * dependencies have their own fallbacks: Monaco leaves Paste out of its menu and makes its ids from random bytes;
 * xterm.js pastes through the browser's own event; v86 needs none of these.
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

/** Read on each use; a property is undefined where the browser does not offer the feature here. */
export const secureContext = {
    get clipboard() {
        return offered.navigator?.clipboard;
    },
    get locks() {
        return offered.navigator?.locks;
    },
    /**
     * The folder that the browser keeps for this page. In Firefox's private windows the function exists, but rejects.
     */
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
