import { describe, expect, test, vi } from "vitest";
import { ChunkStore } from "../../../src/vm/disk/chunk-store";
import { GuestDisk } from "../../../src/vm/disk/guest-disk";
import { BASE, CHUNK_BYTES, fakeImage, randomNumbers, type FakeImage } from "./fake-image";

function open(image: FakeImage, memoryLimit?: number) {
    const store = new ChunkStore({
        base: BASE,
        table: image.table,
        fetchFile: image.fetchFile,
        memoryLimit,
        firstPause: 1,
        lastPause: 2,
        patience: 20,
    });
    const failures: unknown[] = [];
    const disk = new GuestDisk(store, thrown => failures.push(thrown));
    const read = (start: number, length: number) =>
        new Promise<Uint8Array>(resolve => disk.get(start, length, bytes => resolve(bytes.slice())));
    const write = (start: number, bytes: Uint8Array) => new Promise<void>(resolve => disk.set(start, bytes, resolve));
    return { disk, store, failures, read, write };
}

describe("guest disk", () => {
    test("has the image's size and tells v86 when it is loaded", async () => {
        const { disk } = open(fakeImage(5));
        expect(disk.byteLength).toBe(5 * CHUNK_BYTES);
        await new Promise<void>(resolve => {
            disk.onload = () => resolve();
            disk.load();
        });
    });

    test("reads across chunks at odd offsets", async () => {
        const image = fakeImage(4, { zeroChunks: [2] });
        const { read } = open(image);
        const bytes = await read(CHUNK_BYTES - 3, 2 * CHUNK_BYTES + 7);
        expect(
            Buffer.from(bytes).equals(Buffer.from(image.content.subarray(CHUNK_BYTES - 3, 3 * CHUNK_BYTES + 4))),
        ).toBe(true);
    });

    test("answers at once, without a request, what it has", async () => {
        const image = fakeImage(4, { zeroChunks: [3] });
        const { disk, read } = open(image);
        await read(0, 10);
        const requests = image.requests.length;
        const done = vi.fn();
        disk.get(100, 512, done);
        disk.get(3 * CHUNK_BYTES + 5, 100, done);
        expect(done).toHaveBeenCalledTimes(2);
        expect(image.requests.length).toBe(requests);
        expect(disk.get_from_cache(0, 512)).toEqual(image.content.subarray(0, 512));
        expect(disk.get_from_cache(CHUNK_BYTES * 2, 512)).toBeUndefined();
    });

    test("shares one fetch between readers of a chunk", async () => {
        const image = fakeImage(8);
        const { read } = open(image);
        await Promise.all([
            read(5 * CHUNK_BYTES, 512),
            read(5 * CHUNK_BYTES + 512, 512),
            read(5 * CHUNK_BYTES + 7000, 100),
        ]);
        expect(image.requests.filter(({ path }) => path === image.pathOf(5))).toHaveLength(1);
    });

    test("does not read what is covered by writes", async () => {
        const image = fakeImage(4);
        const { read, write } = open(image);
        await write(CHUNK_BYTES, new Uint8Array(CHUNK_BYTES).fill(3));
        expect(await read(CHUNK_BYTES + 1, 4000)).toEqual(new Uint8Array(4000).fill(3));
        expect(image.requests).toHaveLength(0);
    });

    test("keeps a copy of a write whose array v86 reuses", async () => {
        const { disk, read } = open(fakeImage(2));
        const bytes = new Uint8Array(512).fill(1);
        disk.set(0, bytes, () => undefined);
        bytes.fill(2);
        expect(await read(0, 512)).toEqual(new Uint8Array(512).fill(1));
        const odd = new Uint8Array(10).fill(4);
        disk.set(1001, odd, () => undefined);
        odd.fill(5);
        expect(await read(1001, 10)).toEqual(new Uint8Array(10).fill(4));
    });

    test.each([1, 2, 3, 4])("is a plain buffer to whoever reads and writes at random (seed %i)", async seed => {
        const random = randomNumbers(seed);
        const image = fakeImage(24, { zeroChunks: [3, 4, 11], seed });
        // room for only four chunks, so that they are dropped and loaded again
        const { disk, read, write, failures } = open(image, 4 * CHUNK_BYTES);
        const plain = image.content.slice();
        const running: Promise<unknown>[] = [];
        for (let round = 0; round < 400; round++) {
            const aligned = random() < 0.6;
            const unit = aligned ? 512 : 1;
            const length = Math.max(unit, Math.floor((random() * 3 * CHUNK_BYTES) / unit) * unit);
            const start = Math.floor((random() * (plain.length - length)) / unit) * unit;
            if (random() < 0.5) {
                const bytes = Uint8Array.from({ length }, () => random() * 256);
                running.push(write(start, bytes));
                plain.set(bytes, start);
            } else {
                const expected = Buffer.from(plain.slice(start, start + length));
                // a guest does not write to what it is reading, so wait for each read
                expect(
                    Buffer.from(await read(start, length)).equals(expected),
                    `round ${round}: ${start}+${length}`,
                ).toBe(true);
            }
        }
        await Promise.all(running);
        await disk.settled();
        expect(failures).toEqual([]);
        expect(Buffer.from(await read(0, plain.length)).equals(Buffer.from(plain))).toBe(true);
    });

    test("reports a failure and leaves the reader unanswered", async () => {
        const image = fakeImage(4);
        image.fail(image.pathOf(1), [{ status: 404 }], true);
        const { disk, failures } = open(image);
        const done = vi.fn();
        disk.get(CHUNK_BYTES, 512, done);
        await disk.settled();
        expect(done).not.toHaveBeenCalled();
        expect(failures).toEqual([expect.objectContaining({ code: "image.chunk-missing" })]);
    });

    test("keeps quiet about a read that the guest has given up", async () => {
        const image = fakeImage(4);
        image.fail(image.pathOf(1), [{ status: 404 }], true);
        const { disk, failures } = open(image);
        const given = new AbortController();
        disk.get(CHUNK_BYTES, 512, () => undefined, { signal: given.signal });
        given.abort();
        await disk.settled();
        expect(failures).toEqual([]);
    });

    test("reads ahead of a guest that reads in a row", async () => {
        const image = fakeImage(10);
        const { read, store } = open(image);
        await read(2 * CHUNK_BYTES, 512);
        await read(3 * CHUNK_BYTES, 512);
        await vi.waitFor(() => expect(store.peek(5)).toBeDefined());
        expect(image.requests.find(({ path }) => path === image.pathOf(4))?.priority).toBe("low");
        expect(store.has(8)).toBe(false);
    });
});
