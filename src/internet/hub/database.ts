import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import { tables, type Change, type Records, type Rows, type Table } from "./records";

type RowStores = { [T in Table]: { key: string; value: Rows[T] } };

export interface HubSchema extends DBSchema, RowStores {
    /** [file, index] → that piece of the file */
    pieces: { key: [string, number]; value: Bytes };
    /** file → when it was begun; milliseconds since 1970 */
    files: { key: string; value: { touched: number } };
}

export type HubDatabase = IDBPDatabase<HubSchema>;

/** Opens the hub's database, making it at the first visit. Rejects with "hub.storage-unavailable". */
export async function openHubDatabase(name = "drydock-hub"): Promise<HubDatabase> {
    try {
        return await openDB<HubSchema>(name, 1, {
            upgrade(database) {
                for (const table of tables) database.createObjectStore(table);
                database.createObjectStore("pieces");
                database.createObjectStore("files");
            },
        });
    } catch (thrown) {
        throw new DrydockError(
            "hub.storage-unavailable",
            "The browser gives this page no storage, so pushed images would be lost.",
            "Leave private browsing, or allow the site to store data.",
            { cause: thrown },
        );
    }
}

/** Records in IndexedDB: one object store a table, one transaction a write. */
export class DatabaseRecords implements Records {
    constructor(private readonly database: HubDatabase) {}

    async get<T extends Table>(table: T, key: string): Promise<Rows[T] | undefined> {
        return (await this.database.get(table as Table, key)) as Rows[T] | undefined;
    }

    async list<T extends Table>(table: T, prefix: string): Promise<{ key: string; row: Rows[T] }[]> {
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const transaction = this.database.transaction(table as Table);
        const [keys, rows] = await Promise.all([transaction.store.getAllKeys(range), transaction.store.getAll(range)]);
        return keys.map((key, index) => ({ key, row: rows[index] as Rows[T] }));
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
