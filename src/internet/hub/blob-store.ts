import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import type { ByteFiles, FileWriter } from "./byte-files";
import { Hasher, algorithmOf, type Digest } from "./digest";
import { randomUuid } from "./names";
import { keyOf, type Change, type Records } from "./records";

/** Pushed blobs. A blob is stored whole and checked, or not at all, however the page ends. */
export interface BlobStore {
    /** undefined if the store has no such blob. */
    bytesOf(digest: Digest): Promise<number | undefined>;
    /** The bytes from `start` up to but not including `end`. Rejects with "hub.blob-missing" or "hub.file-missing". */
    open(digest: Digest, start: number, end: number): Promise<ReadableStream<Bytes>>;
    /** Room for a new blob, which nobody sees until it is kept. */
    draft(): Promise<Draft>;
    /** Removes the bytes, together with `also`. Harmless if there are none. */
    remove(digest: Digest, also?: readonly Change[]): Promise<void>;
    /** Removes what unfinished uploads of earlier visits left; resolves to their number. */
    sweep(): Promise<number>;
}

export interface Draft {
    /** Bytes written so far. */
    readonly bytes: number;
    write(chunk: Bytes): Promise<void>;
    /**
     * Turns the draft into the blob with that digest, together with `also`, in one step. Ends the draft either way.
     * Rejects with "hub.digest-mismatch" if the bytes have another digest.
     */
    keep(digest: Digest, also?: readonly Change[]): Promise<void>;
    discard(): Promise<void>;
}

/** Another tab may be writing: only what has not been touched for a day is a leftover. */
const leftoverAfter = 24 * 60 * 60 * 1000;

/** Bytes in files, and a table that says which file holds which digest: a blob exists once its row is written. */
export class StoredBlobs implements BlobStore {
    #live = new Set<string>();

    constructor(
        private readonly records: Records,
        private readonly files: ByteFiles,
        private readonly now: () => number = Date.now,
    ) {}

    async bytesOf(digest: Digest): Promise<number | undefined> {
        return (await this.records.get("blobs", digest))?.bytes;
    }

    async open(digest: Digest, start: number, end: number): Promise<ReadableStream<Bytes>> {
        const row = await this.records.get("blobs", digest);
        if (!row)
            throw new DrydockError(
                "hub.blob-missing",
                `The browser's storage has no blob ${digest}.`,
                "Push the image again.",
            );
        try {
            return await this.files.open(row.file, start, end);
        } catch (thrown) {
            // a lost file must not stop the same layer from being pushed again
            await this.records.write([{ table: "blobs", key: digest, row: undefined }]);
            throw thrown;
        }
    }

    async draft(): Promise<Draft> {
        const file = randomUuid();
        this.#live.add(file);
        try {
            const writer = await this.files.create(file);
            return new StoredDraft(file, writer, this.records, this.files, () => this.#live.delete(file));
        } catch (thrown) {
            this.#live.delete(file);
            throw thrown;
        }
    }

    async remove(digest: Digest, also: readonly Change[] = []): Promise<void> {
        const row = await this.records.get("blobs", digest);
        await this.records.write([...also, { table: "blobs", key: digest, row: undefined }]);
        if (row) await this.files.remove(row.file);
    }

    async sweep(): Promise<number> {
        const oldest = this.now() - leftoverAfter;
        const old = (await this.files.list()).filter(file => file.touched < oldest && !this.#live.has(file.id));
        if (old.length === 0) return 0;
        const used = new Set((await this.records.list("blobs", "")).map(({ row }) => row.file));
        const leftovers = old.filter(file => !used.has(file.id));
        for (const file of leftovers) await this.files.remove(file.id);
        return leftovers.length;
    }
}

class StoredDraft implements Draft {
    bytes = 0;
    #hasher = new Hasher("sha256");
    #ended = false;

    constructor(
        private readonly file: string,
        private readonly writer: FileWriter,
        private readonly records: Records,
        private readonly files: ByteFiles,
        private readonly onEnd: () => void,
    ) {}

    async write(chunk: Bytes): Promise<void> {
        this.#mustBeOpen();
        await this.writer.write(chunk);
        this.#hasher.add(chunk);
        this.bytes += chunk.byteLength;
    }

    async keep(digest: Digest, also: readonly Change[] = []): Promise<void> {
        this.#mustBeOpen();
        this.#ended = true;
        try {
            await this.writer.close();
            const actual = algorithmOf(digest) === "sha256" ? this.#hasher.digest() : await this.#hashAgain(digest);
            if (actual !== digest)
                throw new DrydockError(
                    "hub.digest-mismatch",
                    `The ${this.bytes} bytes have the digest ${actual}, not ${digest}.`,
                    "Send the bytes again.",
                );
            const known = await this.records.get("blobs", digest);
            // the existing file stays: somebody may be reading it
            const changes: Change[] = known
                ? [...also]
                : [...also, { table: "blobs", key: keyOf(digest), row: { file: this.file, bytes: this.bytes } }];
            await this.records.write(changes);
            if (known) await this.files.remove(this.file);
        } catch (thrown) {
            await this.files.remove(this.file);
            throw thrown;
        } finally {
            this.onEnd();
        }
    }

    async discard(): Promise<void> {
        if (this.#ended) return;
        this.#ended = true;
        this.onEnd();
        await this.writer.abort();
    }

    /** Uploads are hashed with sha256 as they arrive; the few with another kind of digest are read once more. */
    async #hashAgain(digest: Digest): Promise<Digest> {
        const hasher = new Hasher(algorithmOf(digest));
        if (this.bytes > 0) {
            const reader = (await this.files.open(this.file, 0, this.bytes)).getReader();
            for (let next = await reader.read(); !next.done; next = await reader.read()) hasher.add(next.value);
        }
        return hasher.digest();
    }

    #mustBeOpen(): void {
        if (this.#ended)
            throw new DrydockError("hub.draft-ended", "This upload has already ended.", "Start a new upload.");
    }
}
