import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import { tables, type Change, type Records, type Rows, type Table } from "./records";
import { damagedRow, parseRow } from "./stored-rows";

type RowStores = { [T in Table]: { key: string; value: Rows[T] } };

export interface HubSchema extends DBSchema, RowStores {
    /** [file, index] → that piece of the file */
    pieces: { key: [string, number]; value: Bytes };
    /** file → when it was started; milliseconds since 1970 */
    files: { key: string; value: { touched: number } };
}

export type HubDatabase = IDBPDatabase<HubSchema>;

const stores = [...tables, "pieces", "files"] as const;

/**
 * Opens the hub's database, creating it on the first visit. Rejects with "hub.storage-newer" if a newer version of this
 * page has changed it, with "hub.storage-damaged" if it lacks something that this version created, otherwise with
 * "hub.storage-unavailable".
 */
export async function openHubDatabase(name = "drydock-hub"): Promise<HubDatabase> {
    try {
        const database = await openDB<HubSchema>(name, 1, {
            upgrade(created) {
                for (const store of stores) created.createObjectStore(store);
            },
        });
        if (stores.every(store => database.objectStoreNames.contains(store))) return database;
        database.close();
        throw new DrydockError(
            "hub.storage-damaged",
            `The browser's database "${name}" with the images that you pushed is damaged.`,
            "Push them again. The damaged database stays in the browser; a new one takes its place.",
        );
    } catch (thrown) {
        if (thrown instanceof DrydockError) throw thrown;
        if (thrown instanceof DOMException && thrown.name === "VersionError")
            throw new DrydockError(
                "hub.storage-newer",
                "A newer version of Drydock has kept the images that you pushed, and this version cannot read them.",
                "Reload the page to get the newer version. Until then, images that you push are gone when the page is closed.",
                { cause: thrown },
            );
        throw new DrydockError(
            "hub.storage-unavailable",
            "The browser does not let this page store anything, so pushed images would be lost.",
            "Leave private browsing, or allow the site to store data.",
            { cause: thrown },
        );
    }
}

/** Put before the key of a row that was set aside: no name, tag or digest begins like this. */
const ASIDE = "\u0001damaged ";

/**
 * Records in IndexedDB: one object store for each table, one transaction for each write. A damaged row counts as
 * missing: it moves to a separate key, and `onDamage` is called.
 */
export class DatabaseRecords implements Records {
    constructor(
        private readonly database: HubDatabase,
        private readonly onDamage: (error: DrydockError) => void = () => undefined,
    ) {}

    async get<T extends Table>(table: T, key: string): Promise<Rows[T] | undefined> {
        const row: unknown = await this.database.get(table as Table, key);
        return row === undefined ? undefined : this.#parse(table, key, row);
    }

    async #parse<T extends Table>(table: T, key: string, row: unknown): Promise<Rows[T] | undefined> {
        try {
            return parseRow(table, key, row);
        } catch (thrown) {
            await this.#setAside(table, key);
            this.onDamage(damagedRow(table, key, thrown));
            return undefined;
        }
    }

    async #setAside(table: Table, key: string): Promise<void> {
        try {
            const transaction = this.database.transaction(table, "readwrite");
            const row = await transaction.store.get(key);
            await Promise.all([
                row === undefined
                    ? undefined
                    : transaction.store.put(row, `${ASIDE}${new Date().toISOString()}\n${key}`),
                transaction.store.delete(key),
                transaction.done,
            ]);
        } catch (thrown) {
            console.warn("A damaged record could not be set aside; it stays where it is.", thrown);
        }
    }

    async list<T extends Table>(table: T, prefix: string): Promise<{ key: string; row: Rows[T] }[]> {
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const transaction = this.database.transaction(table as Table);
        const [keys, rows] = await Promise.all([transaction.store.getAllKeys(range), transaction.store.getAll(range)]);
        const found: { key: string; row: Rows[T] }[] = [];
        for (const [index, key] of keys.entries()) {
            if (key.startsWith(ASIDE)) continue;
            const row = await this.#parse(table, key, rows[index]);
            if (row) found.push({ key, row });
        }
        return found;
    }

    async write(changes: readonly Change[]): Promise<void> {
        const transaction = this.database.transaction(tables, "readwrite");
        const steps = changes.map(({ table, key, row }) => {
            const store = transaction.objectStore(table);
            return row === undefined ? store.delete(key) : store.put(row, key);
        });
        await Promise.all([...steps, transaction.done]);
    }
}
