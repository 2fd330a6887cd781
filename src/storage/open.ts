/** The browser's storage, or memory with a notice where there is none. */
import { asDrydockError, type DrydockError } from "../base/errors";
import { within } from "../base/abort";
import { openIndexedDb } from "./indexed-db";
import { createMemoryStorage, type Storage } from "./memory";

/** A database that another tab holds locked must not keep the lesson from starting. */
const OPEN_TIMEOUT_MILLISECONDS = 5_000;

export interface OpenedStorage extends Storage {
    /** Why nothing outlives the page; undefined when it does. */
    readonly notice: DrydockError | undefined;
}

/** Never rejects. */
export async function openStorage(name?: string): Promise<OpenedStorage> {
    try {
        return {
            ...(await within(openIndexedDb(name), OPEN_TIMEOUT_MILLISECONDS, "The browser's storage")),
            notice: undefined,
        };
    } catch (thrown) {
        const notice = asDrydockError(
            thrown,
            "storage.unavailable",
            "The browser keeps nothing for this page.",
            "Your work lasts until you close this tab.",
        );
        return { ...createMemoryStorage(), notice };
    }
}
