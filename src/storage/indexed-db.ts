/** Storage in the browser's database. What it refuses becomes a named error. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { DrydockError, messageOf } from "../base/errors";
import type { StoredProgress } from "./stores";
import type { Storage } from "./memory";

interface Schema extends DBSchema {
    /** By lesson. Parsed where it is read: another version of this page may have written it. */
    progress: { key: string; value: StoredProgress };
    /** Lessons whose workspace has been saved, be it empty. */
    workspaces: { key: string; value: { lesson: string } };
    /** By lesson and path. */
    files: { key: [string, string]; value: { lesson: string; path: string; bytes: Uint8Array } };
}

/** Rejects with "storage.unavailable" where the browser has no database (some private windows). */
export async function openIndexedDb(name = "drydock"): Promise<Storage> {
    let database: Promise<IDBPDatabase<Schema>> | undefined;
    const open = (): Promise<IDBPDatabase<Schema>> => {
        const opened = openDB<Schema>(name, 1, {
            upgrade(created) {
                created.createObjectStore("progress", { keyPath: "lesson" });
                created.createObjectStore("workspaces", { keyPath: "lesson" });
                created.createObjectStore("files", { keyPath: ["lesson", "path"] });
            },
            // a newer page in another tab wants to change the database: let it; the next use opens again
            blocking: (_current, _blocked, event) => {
                (event.target as IDBDatabase).close();
                database = undefined;
            },
            terminated: () => (database = undefined),
        });
        opened.catch(() => (database = undefined));
        return opened;
    };
    const use = async <T>(work: (opened: IDBPDatabase<Schema>) => Promise<T>): Promise<T> => {
        try {
            return await work(await (database ??= open()));
        } catch (thrown) {
            throw named(thrown);
        }
    };
    await use(async () => undefined);

    const allOf = (lesson: string) => IDBKeyRange.bound([lesson], [lesson, []]);
    return {
        progress: {
            load: lesson => use(opened => opened.get("progress", lesson)),
            save: stored => use(async opened => void (await opened.put("progress", stored))),
            clear: lesson => use(opened => opened.delete("progress", lesson)),
        },
        workspace: {
            load: lesson =>
                use(async opened => {
                    const transaction = opened.transaction(["workspaces", "files"]);
                    const [saved, files] = await Promise.all([
                        transaction.objectStore("workspaces").get(lesson),
                        transaction.objectStore("files").getAll(allOf(lesson)),
                        transaction.done,
                    ]);
                    return saved ? new Map(files.map(({ path, bytes }) => [path, bytes])) : undefined;
                }),
            put: (lesson, path, bytes) =>
                use(async opened => {
                    const transaction = opened.transaction(["workspaces", "files"], "readwrite");
                    await Promise.all([
                        transaction.objectStore("workspaces").put({ lesson }),
                        transaction.objectStore("files").put({ lesson, path, bytes }),
                        transaction.done,
                    ]);
                }),
            remove: (lesson, path) =>
                use(async opened => {
                    const transaction = opened.transaction(["workspaces", "files"], "readwrite");
                    await Promise.all([
                        transaction.objectStore("workspaces").put({ lesson }),
                        transaction.objectStore("files").delete([lesson, path]),
                        transaction.done,
                    ]);
                }),
            clear: lesson =>
                use(async opened => {
                    const transaction = opened.transaction(["workspaces", "files"], "readwrite");
                    await Promise.all([
                        transaction.objectStore("workspaces").delete(lesson),
                        transaction.objectStore("files").delete(allOf(lesson)),
                        transaction.done,
                    ]);
                }),
        },
    };
}

function named(thrown: unknown): DrydockError {
    const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
    if (name === "QuotaExceededError")
        return new DrydockError(
            "storage.full",
            "The browser's storage is full; the last change is not kept.",
            "Free space: remove large files from the workspace, or data of other sites.",
            { cause: thrown },
        );
    if (
        [
            "SecurityError",
            "InvalidStateError",
            "ReferenceError",
            "UnknownError",
            "NotAllowedError",
            "TypeError",
            "VersionError",
        ].includes(name)
    )
        return new DrydockError(
            "storage.unavailable",
            "The browser keeps nothing for this page.",
            "A private window or a blocked site setting does that; allow storage for this page.",
            { cause: thrown },
        );
    return new DrydockError(
        "storage.failed",
        `The browser's storage failed: ${messageOf(thrown)}`,
        "Reload the page; if it stays so, restart the browser.",
        { cause: thrown },
    );
}
