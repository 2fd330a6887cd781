import { describe, expect, test, vi } from "vitest";
import { ChunkStore, type ChunkStoreOptions } from "../../../src/vm/disk/chunk-store";
import { prefetchChunks } from "../../../src/vm/disk/prefetch";
import type { FetchFile } from "../../../src/vm/image/loader";
import { BASE, CHUNK_BYTES, fakeImage, type FakeImage } from "./fake-image";
import { zstdCompressSync } from "./zstd-frame";

const open = (image: FakeImage, options: Partial<ChunkStoreOptions> = {}) =>
    new ChunkStore({
        base: BASE,
        table: image.table,
        fetchFile: image.fetchFile,
        firstPause: 1,
        lastPause: 2,
        patience: 1000,
        ...options,
    });

describe("chunk store", () => {
    test("fetches, decodes and checks a chunk", async () => {
        const image = fakeImage(3);
        const store = open(image);
        expect(await store.load(1)).toEqual(image.content.slice(CHUNK_BYTES, 2 * CHUNK_BYTES));
        expect(store.fetchedChunks).toBe(1);
        expect(store.fetchedBytes).toBeGreaterThan(CHUNK_BYTES);
    });

    test("knows zero chunks without a request", async () => {
        const image = fakeImage(3, { zeroChunks: [1] });
        expect(await open(image).load(1)).toEqual(new Uint8Array(CHUNK_BYTES));
        expect(image.requests).toEqual([]);
    });

    test("a missing chunk is requested again without the cache, then named", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ status: 404 }], true);
        await expect(open(image).load(1)).rejects.toMatchObject({ code: "image.chunk-missing" });
        expect(image.requests.map(({ cache }) => cache)).toEqual(["default", "reload"]);
    });

    test.each([
        ["truncated", (file: Uint8Array) => file.subarray(0, file.length - 100)],
        ["empty", () => new Uint8Array(0)],
        ["a web page", () => Buffer.from("<!doctype html><title>Log in</title>")],
        ["altered", (file: Uint8Array) => Uint8Array.from(file, (byte, at) => (at === 5000 ? byte ^ 1 : byte))],
    ])("a chunk that is %s is fetched once more, then named", async (_name, damage) => {
        const image = fakeImage(3);
        const good = zstdCompressSync(image.content.subarray(CHUNK_BYTES, 2 * CHUNK_BYTES));
        image.fail(image.pathOf(1), [{ bytes: damage(good) }], true);
        await expect(open(image).load(1)).rejects.toMatchObject({ code: "image.chunk-damaged" });
        expect(image.requests.map(({ cache }) => cache)).toEqual(["default", "reload"]);

        const once = fakeImage(3);
        once.fail(once.pathOf(1), [{ bytes: damage(good) }]);
        expect(await open(once).load(1)).toEqual(once.content.slice(CHUNK_BYTES, 2 * CHUNK_BYTES));
    });

    test("another chunk's file in its place counts as damage", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ bytes: zstdCompressSync(image.content.subarray(0, CHUNK_BYTES)) }], true);
        await expect(open(image).load(1)).rejects.toMatchObject({ code: "image.chunk-damaged" });
    });

    test("a silent network is asked again, and its silence is reported", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ throws: "offline" }, { status: 503 }, { status: 429 }, { throws: "offline" }]);
        const onWaiting = vi.fn();
        await expect(open(image, { onWaiting }).load(1)).resolves.toHaveLength(CHUNK_BYTES);
        expect(image.requests).toHaveLength(5);
        expect(onWaiting.mock.calls[0]![0]).toBeInstanceOf(Error);
        expect(onWaiting.mock.lastCall).toEqual([undefined]);
    });

    test("one short silence is not reported", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ throws: "offline" }]);
        const onWaiting = vi.fn();
        await open(image, { onWaiting }).load(1);
        expect(onWaiting).not.toHaveBeenCalled();
    });

    test("a server that takes the request and says nothing is asked again", async () => {
        const image = fakeImage(3);
        const never = new Promise<never>(() => undefined);
        const stuck = async () => new Response(new ReadableStream({ pull: () => never }));
        const answers: FetchFile[] = [() => never, stuck, image.fetchFile];
        const fetchFile: FetchFile = (url, options) => answers.shift()!(url, options);
        await expect(open(image, { fetchFile, answerWithin: 5 }).load(1)).resolves.toHaveLength(CHUNK_BYTES);
    });

    test("patience ends", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ throws: "offline" }], true);
        await expect(open(image, { patience: 15 }).load(1)).rejects.toMatchObject({
            code: "image.unreachable",
            cause: expect.objectContaining({ message: "offline" }),
        });
    });

    test("waiting ends with the store", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ throws: "offline" }], true);
        const store = open(image, { firstPause: 60_000, lastPause: 60_000, patience: 1e9 });
        const loading = store.load(1);
        await vi.waitFor(() => expect(image.requests).toHaveLength(1));
        store.end();
        await expect(loading).rejects.toMatchObject({ name: "AbortError" });
    });

    test("a failed load may be tried again", async () => {
        const image = fakeImage(3);
        image.fail(image.pathOf(1), [{ status: 404 }, { status: 404 }]);
        const store = open(image);
        await expect(store.load(1)).rejects.toThrow();
        await expect(store.load(1)).resolves.toHaveLength(CHUNK_BYTES);
    });

    test("memory has a limit, and the least recently used go", async () => {
        const image = fakeImage(6);
        const store = open(image, { memoryLimit: 3 * CHUNK_BYTES });
        for (const chunk of [0, 1, 2, 0, 3]) await store.load(chunk);
        expect([0, 1, 2, 3].filter(chunk => store.peek(chunk) !== undefined)).toEqual([0, 2, 3]);
    });
});

describe("prefetch", () => {
    const idle = () => true;

    test("waits while the guest is busy", async () => {
        const image = fakeImage(4);
        /** How much had been requested at each look. */
        const looks: number[] = [];
        const isIdle = () => looks.push(image.requests.length) > 3;
        expect(await prefetchChunks(open(image), [0, 1, 2], isIdle, new AbortController().signal)).toBe(3);
        expect(looks.slice(0, 4)).toEqual([0, 0, 0, 0]); // three while it was busy, and the first idle one
    });

    test("loads in order, behind the guest, and stops when memory is full", async () => {
        const image = fakeImage(40);
        const store = open(image, { memoryLimit: 12 * CHUNK_BYTES });
        const order = [7, 3, 9, 30, 31, 32, 33, 34];
        const loaded = await prefetchChunks(store, order, idle, new AbortController().signal);
        expect(loaded).toBeGreaterThanOrEqual(4);
        expect(loaded).toBeLessThan(order.length);
        expect(image.requests.map(({ path }) => path).slice(0, 3)).toEqual([7, 3, 9].map(image.pathOf));
        expect(image.requests.every(({ priority }) => priority === "low")).toBe(true);
        expect(store.peek(7)).toBeDefined();
    });

    test("skips what the disk does not have, and ends quietly at a failure", async () => {
        const image = fakeImage(4);
        image.fail(image.pathOf(2), [{ status: 404 }], true);
        expect(
            await prefetchChunks(open(image), [999, 2, 1, 0], idle, new AbortController().signal),
        ).toBeLessThanOrEqual(2);
    });

    test("ends with its signal", async () => {
        const image = fakeImage(4);
        const signal = AbortSignal.abort();
        await prefetchChunks(open(image), [0, 1, 2], idle, signal);
        expect(image.requests.length).toBe(0);
    });
});
