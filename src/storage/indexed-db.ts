/** Storage in the browser's database. When the browser refuses something, it becomes a named error. */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import { DrydockError, messageOf } from "../base/errors";
import { asideKey, type StoredProgress } from "./stores";
import type { Storage } from "./memory";

interface Schema extends DBSchema {
    /** By lesson. Parsed where it is read: another version of this page may have written it. */
    progress: { key: string; value: StoredProgress | { lesson: string; damaged: unknown } };
    /** Lessons whose workspace has been saved, even if it is empty. */
    workspaces: { key: string; value: { lesson: string } };
    /** By lesson and path. */
    files: { key: [string, string]; value: { lesson: string; path: string; bytes: unknown } };
    /** Which tab holds a lesson. */
    claims: { key: string; value: { lesson: string; tab: string } };
}

const stores = ["progress", "workspaces", "files", "claims"] as const;

type Change = IDBPTransaction<Schema, StoreNames<Schema>[], "readwrite">;

/**
 * Rejects with "storage.unavailable" where the browser has no database (some private windows), with "storage.newer"
 * when a newer version of this page has changed it, and with "storage.damaged" when it lacks something that this
 * version created.
 *
 * `tab` is this tab's name in `claims`. A change to a lesson that another tab now holds is refused with
 * "storage.taken", within the same transaction: a tab that was asleep while its lesson was taken cannot overwrite it.
 */
export async function openIndexedDb(name = "drydock", tab?: string): Promise<Storage> {
    let database: Promise<IDBPDatabase<Schema>> | undefined;
    const open = (): Promise<IDBPDatabase<Schema>> => {
        const opened = openDB<Schema>(name, 2, {
            upgrade(created, before) {
                if (before < 1) {
                    created.createObjectStore("progress", { keyPath: "lesson" });
                    created.createObjectStore("workspaces", { keyPath: "lesson" });
                    created.createObjectStore("files", { keyPath: ["lesson", "path"] });
                }
                if (before < 2) created.createObjectStore("claims", { keyPath: "lesson" });
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
    const change = (
        lesson: string,
        stores: StoreNames<Schema>[],
        work: (transaction: Change) => Promise<unknown>[],
    ): Promise<void> =>
        use(async opened => {
            const transaction: Change = opened.transaction([...stores, "claims"], "readwrite");
            const claim = await transaction.objectStore("claims").get(claimed(lesson));
            const taken = tab !== undefined && claim !== undefined && claim.tab !== tab;
            await Promise.all([...(taken ? [] : work(transaction)), transaction.done]);
            if (taken) throw takenOver();
        });

    const allOf = (lesson: string) => IDBKeyRange.bound([lesson], [lesson, []]);
    return {
        progress: {
            load: lesson => use(opened => opened.get("progress", lesson)),
            save: stored =>
                change(stored.lesson, ["progress"], transaction => [transaction.objectStore("progress").put(stored)]),
            clear: lesson =>
                change(lesson, ["progress"], transaction => [transaction.objectStore("progress").delete(lesson)]),
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
                change(lesson, ["workspaces", "files"], transaction => [
                    transaction.objectStore("workspaces").put({ lesson }),
                    transaction.objectStore("files").put({ lesson, path, bytes }),
                ]),
            remove: (lesson, path) =>
                change(lesson, ["workspaces", "files"], transaction => [
                    transaction.objectStore("workspaces").put({ lesson }),
                    transaction.objectStore("files").delete([lesson, path]),
                ]),
            clear: lesson =>
                change(lesson, ["workspaces", "files"], transaction => [
                    transaction.objectStore("workspaces").delete(lesson),
                    transaction.objectStore("files").delete(allOf(lesson)),
                ]),
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
        claims: {
            holder: lesson => use(async opened => (await opened.get("claims", lesson))?.tab),
            pass: (lesson, from, to) =>
                use(async opened => {
                    const { store, done } = opened.transaction("claims", "readwrite");
                    const has = (await store.get(lesson))?.tab === from;
                    await Promise.all([
                        ...(has ? [to === undefined ? store.delete(lesson) : store.put({ lesson, tab: to })] : []),
                        done,
                    ]);
                    return has;
                }),
            take: (lesson, taker) => use(async opened => void (await opened.put("claims", { lesson, tab: taker }))),
        },
    };
}

const damaged = (name: string) =>
    new DrydockError(
        "storage.damaged",
        `The browser's database "${name}" is damaged.`,
        "It stays in the browser as it is; a new one takes its place.",
    );

/** The lesson that a key in the stores belongs to: "images/flask~before-reset" holds files of images/flask. */
const claimed = (lesson: string): string => lesson.split("~", 1)[0]!;

const takenOver = () =>
    new DrydockError(
        "storage.taken",
        "Another tab has this lesson now: what you do here is not kept.",
        "Go on in the other tab, or reload this page to take the lesson back.",
    );

function named(thrown: unknown): DrydockError {
    if (thrown instanceof DrydockError) return thrown;
    const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
    if (name === "QuotaExceededError")
        return new DrydockError(
            "storage.full",
            "The browser's storage is full, so the last change is not saved.",
            "Free space: remove large files from the workspace, or the data of other sites.",
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
            "The browser does not let this page store anything.",
            "Allow storage for this page: leave private browsing, or change the browser's site settings.",
            { cause: thrown },
        );
    return new DrydockError(
        "storage.failed",
        `The browser's storage failed: ${messageOf(thrown)}`,
        "Reload the page. If that does not help, restart the browser.",
        { cause: thrown },
    );
}
