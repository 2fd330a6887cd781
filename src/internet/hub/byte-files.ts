import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";

/** Stores the bytes of blobs: files written once, from start to end, and read in parts. */
export interface ByteFiles {
    /** A new file. Nobody can read it until its writer has closed it. */
    create(id: string): Promise<FileWriter>;
    /** The bytes from `start` up to but not including `end`. Rejects with "hub.file-missing". */
    open(id: string, start: number, end: number): Promise<ReadableStream<Bytes>>;
    /** Harmless if there is no such file. */
    remove(id: string): Promise<void>;
    /** All files, including unfinished ones; `touched`, in milliseconds since 1970, is the last write or earlier. */
    list(): Promise<{ id: string; touched: number }[]>;
}

export interface FileWriter {
    write(chunk: Bytes): Promise<void>;
    close(): Promise<void>;
    /** Discards the file. */
    abort(): Promise<void>;
}

export function fileMissing(id: string, cause?: unknown): DrydockError {
    return new DrydockError(
        "hub.file-missing",
        `The browser's storage has lost the file ${id} of a pushed image.`,
        "Push the image again.",
        { cause },
    );
}

/** Browsers write and clone about this much cheaply; network chunks are far smaller. */
export const pieceBytes = 1024 * 1024;

/** Collects chunks of any size and passes on pieces of exactly `pieceBytes`; the last may be smaller. */
export class Pieces {
    #buffer = new Uint8Array(pieceBytes);
    #used = 0;

    constructor(private readonly put: (piece: Bytes) => Promise<void>) {}

    async write(chunk: Bytes): Promise<void> {
        for (let at = 0; at < chunk.byteLength;) {
            const part = chunk.subarray(at, at + pieceBytes - this.#used);
            this.#buffer.set(part, this.#used);
            this.#used += part.byteLength;
            at += part.byteLength;
            if (this.#used === pieceBytes) await this.flush();
        }
    }

    async flush(): Promise<void> {
        if (this.#used === 0) return;
        const piece = this.#buffer.slice(0, this.#used);
        this.#used = 0;
        await this.put(piece);
    }
}
