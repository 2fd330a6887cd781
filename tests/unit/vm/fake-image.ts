/** A small image folder in memory, served by a fetch function whose faults the test chooses. */
import { zstdCompressSync } from "./zstd-frame";
import { createHash } from "node:crypto";
import type { FetchFile } from "../../../src/vm/image/loader";
import { ChunkTable, chunkPath } from "../../../src/vm/disk/chunk-table";

export const BASE = "http://image.test/vm/";
export const CHUNK_BYTES = 8192;

export type Fault = { status: number } | { throws: string } | { bytes: Uint8Array };

export interface FakeImage {
    /** What the disk holds. */
    content: Uint8Array;
    table: ChunkTable;
    fetchFile: FetchFile;
    /** Path and cache mode of every request, in order. */
    requests: { path: string; cache: string | undefined; priority: string | undefined }[];
    /** Faults for a path, one for each request; the last one stays if `forever`. */
    fail(path: string, faults: Fault[], forever?: boolean): void;
    /** Path of a chunk's file. */
    pathOf(chunk: number): string;
}

export function fakeImage(chunks: number, options: { zeroChunks?: number[]; seed?: number } = {}): FakeImage {
    const random = randomNumbers(options.seed ?? 1);
    const content = new Uint8Array(chunks * CHUNK_BYTES);
    for (let at = 0; at < content.length; at++) content[at] = random() * 256;
    for (const chunk of options.zeroChunks ?? []) content.fill(0, chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);

    const files = new Map<string, Uint8Array>();
    const bytes = new Uint8Array(chunks * 16);
    for (let chunk = 0; chunk < chunks; chunk++) {
        const raw = content.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
        if (raw.every(byte => byte === 0)) continue;
        const hash = createHash("sha256").update(raw).digest().subarray(0, 16);
        bytes.set(hash, chunk * 16);
        files.set(chunkPath(hash.toString("hex")), zstdCompressSync(raw));
    }
    const table = new ChunkTable(bytes, CHUNK_BYTES);

    const requests: FakeImage["requests"] = [];
    const faults = new Map<string, { list: Fault[]; forever: boolean }>();
    const fetchFile: FetchFile = async (url, { cache, priority, signal } = {}) => {
        signal?.throwIfAborted();
        const path = url.slice(BASE.length);
        requests.push({ path, cache, priority });
        const planned = faults.get(path);
        const fault =
            planned && (planned.forever && planned.list.length === 1 ? planned.list[0] : planned.list.shift());
        if (fault && "throws" in fault) throw new TypeError(fault.throws);
        if (fault && "status" in fault) return new Response(null, { status: fault.status });
        if (fault) return new Response(fault.bytes as Uint8Array<ArrayBuffer>);
        const file = files.get(path);
        return file ? new Response(file as Uint8Array<ArrayBuffer>) : new Response(null, { status: 404 });
    };
    return {
        content,
        table,
        fetchFile,
        requests,
        fail: (path, list, forever = false) => void faults.set(path, { list: [...list], forever }),
        pathOf: chunk => chunkPath(table.hash(chunk)!),
    };
}

/** Small and repeatable (mulberry32): numbers from 0 to 1. */
export function randomNumbers(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
