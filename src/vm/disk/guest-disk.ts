/** The guest's hard disk as v86 expects it: the image's chunks underneath, the guest's writes on top. */
import type { V86Disk } from "../v86";
import type { ChunkStore } from "./chunk-store";
import { Overlay, SECTOR_BYTES } from "./overlay";

/** Chunks to read ahead when the guest reads sequentially. */
const READ_AHEAD = 2;

type Done = (bytes: Uint8Array) => void;

export class GuestDisk implements V86Disk {
    readonly byteLength: number;
    readonly overlay = new Overlay();
    onload: ((event: object) => void) | undefined;
    onprogress: ((event: object) => void) | undefined;
    #chunks: ChunkStore;
    #onFailure: (thrown: unknown) => void;
    /** Set while a write waits for the data below its edges; anything later waits behind it. */
    #pendingWrite: Promise<void> | undefined;
    #reads = 0;
    #idle: (() => void)[] = [];
    #lastChunk = Number.NaN;

    /** `onFailure`: a read has no answer and never will; the guest cannot continue. */
    constructor(chunks: ChunkStore, onFailure: (thrown: unknown) => void) {
        this.#chunks = chunks;
        this.#onFailure = onFailure;
        this.byteLength = chunks.table.diskBytes;
    }

    load(): void {
        queueMicrotask(() => this.onload?.({}));
    }

    get(start: number, length: number, done: Done, options?: { signal?: AbortSignal }): void {
        const here = this.#pendingWrite ? undefined : this.get_from_cache(start, length);
        if (here) {
            this.#noteRead(start, length);
            done(here);
            return;
        }
        this.#reads++;
        // v86 expects an answer even to a read that it has since cancelled
        this.#read(start, length)
            .then(done, thrown => {
                if (!options?.signal?.aborted) this.#onFailure(thrown);
            })
            .finally(() => {
                this.#reads--;
                if (this.#reads === 0) for (const resolve of this.#idle.splice(0)) resolve();
            });
    }

    get_and_cache(start: number, length: number, done: Done, options?: { signal?: AbortSignal }): void {
        this.get(start, length, done, options);
    }

    /** Returns what is available without waiting. */
    get_from_cache(start: number, length: number): Uint8Array | undefined {
        if (this.#pendingWrite) return undefined;
        const { chunkBytes } = this.#chunks.table;
        const first = Math.floor(start / chunkBytes);
        const last = Math.floor((start + length - 1) / chunkBytes);
        if (first === last && this.overlay.isClean(start, length)) {
            const chunk = this.#chunks.peek(first);
            return chunk?.subarray(start - first * chunkBytes, start - first * chunkBytes + length);
        }
        const bytes = new Uint8Array(length);
        if (!this.overlay.covers(start, length)) {
            for (let chunk = first; chunk <= last; chunk++) {
                const below = this.#chunks.peek(chunk);
                if (!below) return undefined;
                copyChunk(bytes, start, below, chunk * chunkBytes);
            }
        }
        this.overlay.apply(start, bytes);
        return bytes;
    }

    /** Copies at once: v86 reuses the array. */
    set(start: number, bytes: Uint8Array, done: () => void): void {
        if (!this.#pendingWrite && start % SECTOR_BYTES === 0 && bytes.byteLength % SECTOR_BYTES === 0) {
            this.overlay.write(start, bytes);
            done();
            return;
        }
        const copy = new Uint8Array(bytes);
        const before = this.#pendingWrite ?? Promise.resolve();
        const write = before.then(() => this.#writeUnaligned(start, copy)).then(done, this.#onFailure);
        this.#pendingWrite = write;
        void write.finally(() => {
            if (this.#pendingWrite === write) this.#pendingWrite = undefined;
        });
    }

    get_buffer(done: (buffer?: ArrayBuffer) => void): void {
        done(undefined); // nobody downloads the whole disk
    }

    /** A saved state belongs with the overlay that `save` returns beside it, so it holds no blocks. */
    get_state(): unknown[] {
        return [0];
    }

    set_state(): void {
        // see get_state
    }

    get isSettled(): boolean {
        return this.#reads === 0 && !this.#pendingWrite;
    }

    /** Resolves when no read or write is under way. */
    async settled(): Promise<void> {
        while (this.#pendingWrite) await this.#pendingWrite;
        if (this.#reads > 0) await new Promise<void>(resolve => this.#idle.push(resolve));
    }

    async #read(start: number, length: number): Promise<Uint8Array> {
        while (this.#pendingWrite) await this.#pendingWrite;
        const bytes = new Uint8Array(length);
        if (!this.overlay.covers(start, length)) await this.#readBelow(start, bytes);
        this.overlay.apply(start, bytes);
        return bytes;
    }

    async #readBelow(start: number, bytes: Uint8Array): Promise<void> {
        const { chunkBytes } = this.#chunks.table;
        const first = Math.floor(start / chunkBytes);
        const last = Math.floor((start + bytes.byteLength - 1) / chunkBytes);
        this.#noteRead(start, bytes.byteLength);
        const loads: Promise<void>[] = [];
        for (let chunk = first; chunk <= last; chunk++)
            loads.push(this.#chunks.load(chunk).then(below => copyChunk(bytes, start, below, chunk * chunkBytes)));
        await Promise.all(loads);
    }

    async #writeUnaligned(start: number, bytes: Uint8Array): Promise<void> {
        const from = Math.floor(start / SECTOR_BYTES) * SECTOR_BYTES;
        const to = Math.ceil((start + bytes.byteLength) / SECTOR_BYTES) * SECTOR_BYTES;
        const whole = new Uint8Array(to - from);
        await this.#readBelow(from, whole);
        this.overlay.apply(from, whole);
        whole.set(bytes, start - from);
        this.overlay.write(from, whole);
    }

    /**
     * After reads from two neighbouring chunks, the guest is taken to be reading a file, and the next chunks are
     * fetched before it asks.
     */
    #noteRead(start: number, length: number): void {
        const { chunkBytes, length: count } = this.#chunks.table;
        const chunk = Math.floor((start + length - 1) / chunkBytes);
        const inARow = chunk === this.#lastChunk + 1;
        this.#lastChunk = chunk;
        if (!inARow) return;
        for (let next = chunk + 1; next <= Math.min(chunk + READ_AHEAD, count - 1); next++) {
            if (this.#chunks.has(next)) continue;
            // the read that needs the chunk will report what is wrong with it
            this.#chunks.load(next, "low").catch(() => undefined);
        }
    }
}

/**
 * Copies the part of `chunk` that falls into the range beginning at `start`. `at`: where the chunk's first byte is on
 * the disk.
 */
function copyChunk(target: Uint8Array, start: number, chunk: Uint8Array, at: number): void {
    const from = Math.max(start, at);
    const to = Math.min(start + target.byteLength, at + chunk.byteLength);
    if (to > from) target.set(chunk.subarray(from - at, to - at), from - start);
}
