/** Storage in the browser's database. What it refuses becomes a named error. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { DrydockError, messageOf } from "../base/errors";
import { asideKey, type StoredProgress } from "./stores";
import type { Storage } from "./memory";

interface Schema extends DBSchema {
    /** By lesson. Parsed where it is read: another version of this page may have written it. */
    progress: { key: string; value: StoredProgress | { lesson: string; damaged: unknown } };
    /** Lessons whose workspace has been saved, be it empty. */
    workspaces: { key: string; value: { lesson: string } };
    /** By lesson and path. */
    files: { key: [string, string]; value: { lesson: string; path: string; bytes: unknown } };
}

const stores = ["progress", "workspaces", "files"] as const;

/**
 * Rejects with "storage.unavailable" where the browser has no database (some private windows), with "storage.newer" when a newer
 * version of this page has changed it, and with "storage.damaged" when it lacks what this version has put there.
 */
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
    await use(async opened => {
        if (stores.every(store => opened.objectStoreNames.contains(store))) return;
        opened.close();
        throw damaged(name);
    });

    const allOf = (lesson: string) => IDBKeyRange.bound([lesson], [lesson, []]);
    return {
        progress: {
            load: lesson => use(opened => opened.get("progress", lesson)),
            save: stored => use(async opened => void (await opened.put("progress", stored))),
            clear: lesson => use(opened => opened.delete("progress", lesson)),
            setAside: lesson =>
                use(async opened => {
                    const transaction = opened.transaction("progress", "readwrite");
                    const found: unknown = await transaction.store.get(lesson);
                    const aside = { lesson: asideKey(lesson), damaged: found };
                    await Promise.all([
                        found === undefined ? undefined : transaction.store.put(aside),
                        transaction.store.delete(lesson),
                        transaction.done,
                    ]);
                }),
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
                    const content = (bytes: unknown) => (bytes instanceof Uint8Array ? bytes : undefined);
                    return saved ? new Map(files.map(({ path, bytes }) => [path, content(bytes)])) : undefined;
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
            setAside: (lesson, path) =>
                use(async opened => {
                    const transaction = opened.transaction("files", "readwrite");
                    const found = await transaction.store.get([lesson, path]);
                    await Promise.all([
                        found && transaction.store.put({ ...found, lesson: asideKey(lesson) }),
                        transaction.store.delete([lesson, path]),
                        transaction.done,
                    ]);
                }),
        },
    };
}

const damaged = (name: string) =>
    new DrydockError(
        "storage.damaged",
        `The browser's database "${name}" is damaged.`,
        "It stays in the browser as it is; a new one takes its place.",
    );

function named(thrown: unknown): DrydockError {
    if (thrown instanceof DrydockError) return thrown;
    const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
    if (name === "QuotaExceededError")
        return new DrydockError(
            "storage.full",
            "The browser's storage is full; the last change is not kept.",
            "Free space: remove large files from the workspace, or data of other sites.",
            { cause: thrown },
        );
    if (name === "VersionError")
        return new DrydockError(
            "storage.newer",
            "A newer version of Drydock has saved your work in this browser, and this version cannot read it.",
            "Reload the page to get the newer version. Your saved work stays as it is; what you do now lasts until you close this tab.",
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
