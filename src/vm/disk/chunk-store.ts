/**
 * The chunks of an image's disk: fetched when first needed, checked, decoded, and kept in memory up to a limit.
 *
 * A chunk that cannot be fetched is handled in one of two ways. If the network is silent, the chunk is requested again,
 * at growing intervals, and the listener is told that the disk waits, until `patience` runs out. If the chunk is
 * missing or damaged, it is fetched once more, bypassing the browser's cache, and then given up with a named error.
 */
import { abortable, delay } from "../../base/abort";
import { toHex, type Bytes } from "../../base/bytes";
import { DrydockError } from "../../base/errors";
import { sha256 } from "../image/digest";
import { chunkDamaged, chunkMissing, unreachable } from "../errors";
import type { FetchFile } from "../image/loader";
import { chunkPath, HASH_BYTES, type ChunkTable } from "./chunk-table";
import { LeastRecentlyUsed } from "./least-recently-used";
import { decodeFrame } from "../image/zstd";

export interface ChunkStoreOptions {
    base: string;
    table: ChunkTable;
    fetchFile: FetchFile;
    /** Bytes of decoded chunks kept in memory. */
    memoryLimit?: number;
    /** Milliseconds between the first and second attempt, and at most; doubled in between. */
    firstPause?: number;
    lastPause?: number;
    /** Milliseconds after which a request counts as unanswered. */
    answerWithin?: number;
    /** Milliseconds after which a silent network becomes an error. */
    patience?: number;
    /** Called when the network does not answer (with its error) and when it answers again (with undefined). */
    onWaiting?: (cause: unknown) => void;
}

const MEMORY_LIMIT = 96 << 20;
const FIRST_PAUSE = 250;
const LAST_PAUSE = 8000;
/** Shorter than the 30 s after which the guest's disk driver resets the disk. */
const ANSWER_WITHIN = 20_000;
const PATIENCE = 180_000;

export class ChunkStore {
    readonly table: ChunkTable;
    /** Bytes received over the network, and chunks. */
    fetchedBytes = 0;
    fetchedChunks = 0;
    #options: Required<ChunkStoreOptions>;
    #memory: LeastRecentlyUsed<string>;
    #inFlight = new Map<string, Promise<Uint8Array>>();
    #zeros: Uint8Array;
    #ended = new AbortController();

    constructor(options: ChunkStoreOptions) {
        const {
            memoryLimit = MEMORY_LIMIT,
            firstPause = FIRST_PAUSE,
            lastPause = LAST_PAUSE,
            answerWithin = ANSWER_WITHIN,
            patience = PATIENCE,
            onWaiting = () => undefined,
        } = options;
        this.#options = { ...options, memoryLimit, firstPause, lastPause, answerWithin, patience, onWaiting };
        this.table = options.table;
        this.#memory = new LeastRecentlyUsed(memoryLimit);
        this.#zeros = new Uint8Array(options.table.chunkBytes);
    }

    /** How many fetches are under way. */
    get busy(): number {
        return this.#inFlight.size;
    }

    /** The chunk if it is in memory. Do not write to it. */
    peek(chunk: number): Uint8Array | undefined {
        const hash = this.table.hash(chunk);
        return hash === undefined ? this.#zeros : this.#memory.get(hash);
    }

    /** True if loading the chunk ahead would gain nothing: it is here, or on its way. */
    has(chunk: number): boolean {
        const hash = this.table.hash(chunk);
        return hash === undefined || this.#memory.has(hash) || this.#inFlight.has(hash);
    }

    /** True while chunks loaded ahead push nothing out of memory. */
    get hasRoom(): boolean {
        return this.#memory.bytes + 8 * this.table.chunkBytes <= this.#memory.limit;
    }

    /**
     * Rejects with "image.chunk-missing", "image.chunk-damaged" or "image.unreachable". Callers that want the same
     * chunk share its fetch.
     */
    load(chunk: number, priority: RequestPriority = "high"): Promise<Uint8Array> {
        const hash = this.table.hash(chunk);
        if (hash === undefined) return Promise.resolve(this.#zeros);
        const here = this.#memory.get(hash);
        if (here) return Promise.resolve(here);
        const underWay = this.#inFlight.get(hash);
        if (underWay) return underWay;
        const loading = this.#loadChecked(chunk, hash, priority)
            .then(bytes => {
                this.#memory.set(hash, bytes);
                return bytes;
            })
            .finally(() => this.#inFlight.delete(hash));
        this.#inFlight.set(hash, loading);
        return loading;
    }

    /** Stops waiting between attempts. */
    end(): void {
        this.#ended.abort();
    }

    async #loadChecked(chunk: number, hash: string, priority: RequestPriority): Promise<Uint8Array> {
        try {
            return await this.#decode(chunk, hash, await this.#fetch(chunk, hash, priority, "default"));
        } catch (thrown) {
            if (!(thrown instanceof DrydockError) || thrown.code === "image.unreachable") throw thrown;
            // a proxy's or the browser's cache may hold a bad copy under this address for ever: bypass it, once
            return await this.#decode(chunk, hash, await this.#fetch(chunk, hash, priority, "reload"));
        }
    }

    async #decode(chunk: number, hash: string, stored: Bytes): Promise<Uint8Array> {
        let bytes: Bytes;
        try {
            bytes = await decodeFrame(stored, this.table.chunkBytes);
        } catch (thrown) {
            throw chunkDamaged(chunk, thrown);
        }
        const found = toHex((await sha256(bytes)).subarray(0, HASH_BYTES));
        if (found !== hash) throw chunkDamaged(chunk, new Error(`its hash is ${found}, not ${hash}`));
        return bytes;
    }

    async #fetch(chunk: number, hash: string, priority: RequestPriority, cache: RequestCache): Promise<Bytes> {
        const { base, firstPause, lastPause, patience, onWaiting } = this.#options;
        const url = new URL(chunkPath(hash), base).href;
        const end = Date.now() + patience;
        for (let pause = firstPause, attempt = 0; ; pause = Math.min(2 * pause, lastPause), attempt++) {
            try {
                const bytes = await this.#attempt(chunk, url, priority, cache);
                this.fetchedBytes += bytes.byteLength;
                this.fetchedChunks++;
                if (attempt > 1) onWaiting(undefined);
                return bytes;
            } catch (thrown) {
                if (thrown instanceof DrydockError) throw thrown;
                this.#ended.signal.throwIfAborted();
                if (Date.now() + pause > end) throw unreachable(chunkPath(hash), thrown);
                if (attempt > 0) onWaiting(thrown);
            }
            await delay(pause, this.#ended.signal);
        }
    }

    async #attempt(chunk: number, url: string, priority: RequestPriority, cache: RequestCache): Promise<Bytes> {
        const attempt = new AbortController();
        const giveUp = () => attempt.abort(new Error("no answer"));
        const timer = setTimeout(giveUp, this.#options.answerWithin);
        this.#ended.signal.addEventListener("abort", giveUp, { once: true });
        try {
            const response = await abortable(
                this.#options.fetchFile(url, { cache, priority, signal: attempt.signal }),
                attempt.signal,
            );
            if (response.status >= 400 && response.status < 500 && response.status !== 429)
                throw chunkMissing(chunk, new Error(`status ${response.status}`));
            if (!response.ok) throw new Error(`status ${response.status}`);
            return new Uint8Array(await abortable(response.arrayBuffer(), attempt.signal));
        } finally {
            clearTimeout(timer);
            this.#ended.signal.removeEventListener("abort", giveUp);
        }
    }
}
