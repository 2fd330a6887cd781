/** The browser's storage; where there is none, memory and a notice. */
import { asDrydockError, DrydockError } from "../base/errors";
import { within } from "../base/abort";
import { openIndexedDb } from "./indexed-db";
import { createMemoryStorage, type Storage } from "./memory";

/** A database that another tab keeps locked must not stop the lesson from starting. */
const OPEN_TIMEOUT_MILLISECONDS = 5_000;

export interface OpenedStorage extends Storage {
    /** Why nothing will outlive the page, or why what was saved earlier is not used; undefined if all is well. */
    readonly notice: DrydockError | undefined;
}

/** Never rejects. `tab`: as for `openIndexedDb`. */
export async function openStorage(name = "drydock", tab?: string): Promise<OpenedStorage> {
    const open = (database: string) =>
        within(openIndexedDb(database, tab), OPEN_TIMEOUT_MILLISECONDS, "The browser's storage");
    try {
        try {
            return { ...(await open(name)), notice: undefined };
        } catch (thrown) {
            if (!(thrown instanceof DrydockError && thrown.code === "storage.damaged")) throw thrown;
            return { ...(await open(`${name}-2`)), notice: thrown };
        }
    } catch (thrown) {
        const notice = asDrydockError(
            thrown,
            "storage.unavailable",
            "The browser does not let this page store anything.",
            "Your work lasts until you close this tab.",
        );
        return { ...createMemoryStorage(), notice };
    }
}
