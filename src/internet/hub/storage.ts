import { DrydockError } from "../../base/errors";
import { secureContext } from "../../base/secure-context";
import { StoredBlobs, type BlobStore } from "./blob-store";
import type { ByteFiles } from "./byte-files";
import { DatabaseRecords, openHubDatabase, type HubDatabase } from "./database";
import { DatabaseFiles } from "./database-files";
import { MemoryFiles, MemoryRecords } from "./memory-storage";
import { OpfsFiles } from "./opfs-files";
import type { Records } from "./records";

/** Everything that the hub stores. */
export interface HubStorage {
    readonly blobs: BlobStore;
    readonly records: Records;
    /**
     * Runs `work` while no other such work runs, in other tabs included: reading and then changing must be one step.
     */
    exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export function memoryStorage(): HubStorage {
    const records = new MemoryRecords();
    return { records, blobs: new StoredBlobs(records, new MemoryFiles()), exclusive: oneAtATime() };
}

/**
 * The browser's storage: layers in the private file system if there is one, otherwise in IndexedDB. Rejects with
 * "hub.storage-unavailable" or "hub.storage-newer". `onDamage` is called for data set aside because it is damaged.
 */
export async function browserStorage(onDamage: (error: DrydockError) => void = () => undefined): Promise<HubStorage> {
    const database = await openWhole(onDamage);
    const records = new DatabaseRecords(database, onDamage);
    return { records, blobs: new StoredBlobs(records, await chooseFiles(database)), exclusive: acrossTabs() };
}

async function openWhole(onDamage: (error: DrydockError) => void): Promise<HubDatabase> {
    try {
        return await openHubDatabase();
    } catch (thrown) {
        if (!(thrown instanceof DrydockError && thrown.code === "hub.storage-damaged")) throw thrown;
        onDamage(thrown);
        return openHubDatabase("drydock-hub-2");
    }
}

function oneAtATime(): HubStorage["exclusive"] {
    let last: Promise<unknown> = Promise.resolve();
    return work => {
        const result = last.then(work);
        last = result.catch(() => undefined); // its own caller gets the error
        return result;
    };
}

/** Without locks, two tabs that delete and push the same layer at the same moment may make a second push necessary. */
function acrossTabs(): HubStorage["exclusive"] {
    const { locks } = secureContext;
    return locks ? async work => locks.request("drydock-hub", work) : oneAtATime();
}

async function chooseFiles(database: HubDatabase): Promise<ByteFiles> {
    const { privateFiles } = secureContext;
    if (!privateFiles) return new DatabaseFiles(database);
    // Safari before 26 has no createWritable
    if (typeof FileSystemFileHandle === "undefined" || !("createWritable" in FileSystemFileHandle.prototype))
        return new DatabaseFiles(database);
    try {
        const root = await privateFiles();
        return new OpfsFiles(await root.getDirectoryHandle("drydock-hub", { create: true }));
    } catch (thrown) {
        // in Firefox's private windows the function exists but refuses the call
        console.warn("There is no private file system, so pushed images go to IndexedDB.", thrown);
        return new DatabaseFiles(database);
    }
}
