import type { Bytes } from "../../base/bytes";
import { Pieces, fileMissing, pieceBytes, type ByteFiles, type FileWriter } from "./byte-files";
import type { HubDatabase } from "./database";

/** Files as pieces in IndexedDB, for pages without a private file system (no TLS, older browsers). */
export class DatabaseFiles implements ByteFiles {
    constructor(private readonly database: HubDatabase) {}

    async create(id: string): Promise<FileWriter> {
        let index = 0;
        await this.database.put("files", { touched: Date.now() }, id);
        const pieces = new Pieces(async piece => {
            const transaction = this.database.transaction(["pieces", "files"], "readwrite");
            await Promise.all([
                transaction.objectStore("pieces").put(piece, [id, index++]),
                transaction.objectStore("files").put({ touched: Date.now() }, id),
                transaction.done,
            ]);
        });
        return { write: chunk => pieces.write(chunk), close: () => pieces.flush(), abort: () => this.remove(id) };
    }

    async open(id: string, start: number, end: number): Promise<ReadableStream<Bytes>> {
        const database = this.database;
        if (!(await database.getKey("files", id))) throw fileMissing(id);
        let at = start;
        return new ReadableStream<Bytes>(
            {
                async pull(controller) {
                    if (at >= end) return controller.close();
                    const index = Math.floor(at / pieceBytes);
                    const piece: unknown = await database.get("pieces", [id, index]);
                    const from = at - index * pieceBytes;
                    if (!(piece instanceof Uint8Array) || piece.byteLength <= from) throw fileMissing(id);
                    const part = (piece as Bytes).subarray(from, end - index * pieceBytes);
                    at += part.byteLength;
                    controller.enqueue(part);
                    if (at >= end) controller.close();
                },
            },
            { highWaterMark: 0 },
        );
    }

    async remove(id: string): Promise<void> {
        const transaction = this.database.transaction(["pieces", "files"], "readwrite");
        const pieces = IDBKeyRange.bound([id, 0], [id, Number.POSITIVE_INFINITY]);
        await Promise.all([
            transaction.objectStore("pieces").delete(pieces),
            transaction.objectStore("files").delete(id),
            transaction.done,
        ]);
    }

    async list(): Promise<{ id: string; touched: number }[]> {
        const transaction = this.database.transaction("files");
        const [keys, rows] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
        // a row without a time does not belong to any upload under way
        const touched = (row: unknown) => Number((row as { touched?: unknown } | undefined)?.touched) || 0;
        return keys.map((id, index) => ({ id, touched: touched(rows[index]) }));
    }
}
