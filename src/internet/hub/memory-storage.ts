import { concatBytes, type Bytes } from "../../base/bytes";
import { fileMissing, type ByteFiles, type FileWriter } from "./byte-files";
import { tables, type Change, type Records, type Rows, type Table } from "./records";

/** Records that last as long as the object: for tests and for pages without storage. */
export class MemoryRecords implements Records {
    #tables = new Map<Table, Map<string, unknown>>(tables.map(table => [table, new Map<string, unknown>()]));

    async get<T extends Table>(table: T, key: string): Promise<Rows[T] | undefined> {
        return this.#tables.get(table)!.get(key) as Rows[T] | undefined;
    }

    async list<T extends Table>(table: T, prefix: string): Promise<{ key: string; row: Rows[T] }[]> {
        const found = [...this.#tables.get(table)!].filter(([key]) => key.startsWith(prefix));
        return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, row]) => ({ key, row: row as Rows[T] }));
    }

    async write(changes: readonly Change[]): Promise<void> {
        for (const { table, key, row } of changes)
            if (row === undefined) this.#tables.get(table)!.delete(key);
            else this.#tables.get(table)!.set(key, row);
    }
}

interface MemoryFile {
    bytes: Bytes | undefined;
    touched: number;
}

export class MemoryFiles implements ByteFiles {
    #files = new Map<string, MemoryFile>();

    async create(id: string): Promise<FileWriter> {
        const file: MemoryFile = { bytes: undefined, touched: Date.now() };
        this.#files.set(id, file);
        let parts: Bytes[] = [];
        return {
            write: async chunk => {
                parts.push(chunk.slice());
                file.touched = Date.now();
            },
            close: async () => {
                file.bytes = concatBytes(parts);
                parts = [];
            },
            abort: async () => void this.#files.delete(id),
        };
    }

    async open(id: string, start: number, end: number): Promise<ReadableStream<Bytes>> {
        const bytes = this.#files.get(id)?.bytes;
        if (!bytes || bytes.byteLength < end) throw fileMissing(id);
        return new Blob([bytes.subarray(start, end)]).stream();
    }

    async remove(id: string): Promise<void> {
        this.#files.delete(id);
    }

    async list(): Promise<{ id: string; touched: number }[]> {
        return [...this.#files].map(([id, file]) => ({ id, touched: file.touched }));
    }
}
