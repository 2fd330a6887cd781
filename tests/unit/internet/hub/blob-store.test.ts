import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { openDB } from "idb";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeText, readAll } from "../../../../src/base/bytes";
import type { DrydockError } from "../../../../src/base/errors";
import { StoredBlobs, type BlobStore } from "../../../../src/internet/hub/blob-store";
import { pieceBytes, type ByteFiles } from "../../../../src/internet/hub/byte-files";
import { DatabaseRecords, openHubDatabase } from "../../../../src/internet/hub/database";
import { DatabaseFiles } from "../../../../src/internet/hub/database-files";
import { digestOf } from "../../../../src/internet/hub/digest";
import { MemoryFiles, MemoryRecords } from "../../../../src/internet/hub/memory-storage";
import { OpfsFiles } from "../../../../src/internet/hub/opfs-files";
import { keyOf, type Records, type Table } from "../../../../src/internet/hub/records";
import { browserStorage } from "../../../../src/internet/hub/storage";
import { noise } from "./fixtures";
import { FakeFolder } from "./opfs-fake";

interface Visit {
    records: Records;
    files: ByteFiles;
    store: BlobStore;
}

const day = 24 * 60 * 60 * 1000;

/** Each opens the same storage anew on every call, as a page does when it is loaded. */
const kinds: Record<string, () => () => Promise<Visit>> = {
    memory: () => {
        const [records, files] = [new MemoryRecords(), new MemoryFiles()];
        return async () => ({ records, files, store: new StoredBlobs(records, files) });
    },
    "IndexedDB in pieces": () => async () => {
        const database = await openHubDatabase();
        const [records, files] = [new DatabaseRecords(database), new DatabaseFiles(database)];
        return { records, files, store: new StoredBlobs(records, files) };
    },
    "private file system": () => {
        const folder = new FakeFolder();
        return async () => {
            const [records, files] = [new DatabaseRecords(await openHubDatabase()), new OpfsFiles(folder.asHandle())];
            return { records, files, store: new StoredBlobs(records, files) };
        };
    },
};

describe.each(Object.entries(kinds))("blob store: %s", (_name, make) => {
    let visit: () => Promise<Visit>;

    beforeEach(() => {
        globalThis.indexedDB = new IDBFactory();
        visit = make();
    });

    async function put(store: BlobStore, ...chunks: Uint8Array<ArrayBuffer>[]) {
        const whole = new Uint8Array(await new Blob(chunks).arrayBuffer());
        const draft = await store.draft();
        for (const chunk of chunks) await draft.write(chunk);
        await draft.keep(digestOf(whole));
        return { whole, digest: digestOf(whole) };
    }
    const read = async (store: BlobStore, digest: ReturnType<typeof digestOf>, start: number, end: number) =>
        digestOf(await readAll(await store.open(digest, start, end)));

    test("what was kept is there, whole and in parts, also at the next visit", async () => {
        const { whole, digest } = await put(
            (await visit()).store,
            noise(pieceBytes - 1),
            noise(3, 2),
            noise(700_000, 3),
            new Uint8Array(),
        );
        const { store } = await visit();
        expect(await store.bytesOf(digest)).toBe(whole.byteLength);
        for (const [start, end] of [
            [0, whole.byteLength],
            [0, 1],
            [pieceBytes - 2, pieceBytes + 5],
            [pieceBytes, pieceBytes + 1],
            [whole.byteLength - 1, whole.byteLength],
        ] as const)
            expect(await read(store, digest, start, end)).toBe(digestOf(whole.slice(start, end)));
    });

    test("the empty blob", async () => {
        const { store } = await visit();
        const { digest } = await put(store);
        expect(await store.bytesOf(digest)).toBe(0);
        expect((await readAll(await store.open(digest, 0, 0))).byteLength).toBe(0);
    });

    test("exactly one piece, and a chunk larger than a piece", async () => {
        const { store } = await visit();
        for (const size of [pieceBytes, pieceBytes * 2 + 17]) {
            const { whole, digest } = await put(store, noise(size, size));
            expect(await read(store, digest, 0, size)).toBe(digestOf(whole));
        }
    });

    test("a sha512 digest", async () => {
        const { store } = await visit();
        const bytes = noise(5000);
        const draft = await store.draft();
        await draft.write(bytes);
        await draft.keep(digestOf(bytes, "sha512"));
        expect(await store.bytesOf(digestOf(bytes, "sha512"))).toBe(5000);
    });

    test("the writer may reuse its buffer", async () => {
        const { store } = await visit();
        const buffer = encodeText("first");
        const draft = await store.draft();
        await draft.write(buffer);
        buffer.set(encodeText("other"));
        await draft.keep(digestOf(encodeText("first")));
        expect(await read(store, digestOf(encodeText("first")), 0, 5)).toBe(digestOf(encodeText("first")));
    });

    test("bytes with another digest are not kept and leave no file", async () => {
        const { store, files } = await visit();
        const draft = await store.draft();
        await draft.write(noise(100));
        await expect(draft.keep(digestOf(noise(99)))).rejects.toMatchObject({ code: "hub.digest-mismatch" });
        expect(await store.bytesOf(digestOf(noise(99)))).toBeUndefined();
        expect(await store.bytesOf(digestOf(noise(100)))).toBeUndefined();
        expect(await files.list()).toEqual([]);
        await expect(draft.write(noise(1))).rejects.toMatchObject({ code: "hub.draft-ended" });
    });

    test("a discarded draft leaves no file; discarding twice is harmless", async () => {
        const { store, files } = await visit();
        const draft = await store.draft();
        await draft.write(noise(pieceBytes + 10));
        await draft.discard();
        await draft.discard();
        expect(await files.list()).toEqual([]);
    });

    test("the same blob twice is stored once, and its first reader goes on", async () => {
        const { store, files } = await visit();
        const { whole, digest } = await put(store, noise(2 * pieceBytes));
        const stream = await store.open(digest, 0, whole.byteLength);
        await put(store, noise(2 * pieceBytes));
        expect(digestOf(await readAll(stream))).toBe(digest);
        expect((await files.list()).length).toBe(1);
    });

    test("keeping and removing take other records along, all or nothing", async () => {
        const { store, records } = await visit();
        const bytes = noise(10);
        const digest = digestOf(bytes);
        const link = { table: "links", key: keyOf("me/app", digest) } as const;
        const wrong = await store.draft();
        await expect(wrong.keep(digest, [{ ...link, row: { since: 1 } }])).rejects.toMatchObject({
            code: "hub.digest-mismatch",
        });
        expect(await records.get("links", link.key)).toBeUndefined();
        const draft = await store.draft();
        await draft.write(bytes);
        await draft.keep(digest, [{ ...link, row: { since: 1 } }]);
        expect(await records.get("links", link.key)).toEqual({ since: 1 });
        await store.remove(digest, [{ ...link, row: undefined }]);
        expect([await store.bytesOf(digest), await records.get("links", link.key)]).toEqual([undefined, undefined]);
        await store.remove(digest);
        await expect(store.open(digest, 0, 1)).rejects.toMatchObject({ code: "hub.blob-missing" });
    });

    test("a page that ends during an upload does no harm, and what it wrote is removed a day later", async () => {
        const first = await visit();
        const { digest, whole } = await put(first.store, noise(1000));
        const unfinished = await first.store.draft();
        await unfinished.write(noise(2 * pieceBytes, 5));
        const { store, records, files } = await visit();
        expect(await read(store, digest, 0, whole.byteLength)).toBe(digest);
        expect((await files.list()).length).toBe(2);
        expect(await store.sweep()).toBe(0); // another tab may still be writing it
        const later = new StoredBlobs(records, files, () => Date.now() + day + 1000);
        expect(await later.sweep()).toBe(1);
        expect((await files.list()).length).toBe(1);
        expect(await read(store, digest, 0, whole.byteLength)).toBe(digest);
    });

    test("sweeping leaves this page's own uploads alone, however old", async () => {
        const { records, files } = await visit();
        const store = new StoredBlobs(records, files, () => Date.now() + 2 * day);
        const draft = await store.draft();
        await draft.write(noise(50));
        expect(await store.sweep()).toBe(0);
        await draft.keep(digestOf(noise(50)));
        expect(await store.bytesOf(digestOf(noise(50)))).toBe(50);
    });

    test("a lost file is a named error, after which the blob can be pushed again", async () => {
        const { store, files } = await visit();
        const { digest } = await put(store, noise(100));
        for (const file of await files.list()) await files.remove(file.id);
        await expect(store.open(digest, 0, 100)).rejects.toMatchObject({ code: "hub.file-missing" });
        expect(await store.bytesOf(digest)).toBeUndefined();
        await put(store, noise(100));
        expect(await read(store, digest, 0, 100)).toBe(digest);
    });

    test("a reader who stops early holds nothing up", async () => {
        const { store } = await visit();
        const { digest } = await put(store, noise(3 * pieceBytes));
        const reader = (await store.open(digest, 0, 3 * pieceBytes)).getReader();
        await reader.read();
        await reader.cancel();
        await store.remove(digest);
        expect(await store.bytesOf(digest)).toBeUndefined();
    });
});

describe.each(Object.entries(kinds))("records: %s", (_name, make) => {
    test("rows are listed by prefix and in order", async () => {
        globalThis.indexedDB = new IDBFactory();
        const { records } = await make()();
        const digest = digestOf(noise(1));
        await records.write(["a\nz", "a\nb", "ab\nc", "b\na"].map(key => ({ table: "tags", key, row: { digest } })));
        expect((await records.list("tags", "a\n")).map(({ key }) => key)).toEqual(["a\nb", "a\nz"]);
        expect((await records.list("tags", "")).length).toBe(4);
        await records.write([{ table: "tags", key: "a\nb", row: undefined }]);
        expect(await records.get("tags", "a\nb")).toBeUndefined();
    });
});

describe("damaged records", () => {
    const repository = "me/app";
    const manifest = encodeText("{}");
    let told: DrydockError[];

    beforeEach(() => {
        globalThis.indexedDB = new IDBFactory();
        told = [];
    });

    test.each<[Table, string, unknown]>([
        ["tags", keyOf(repository, "latest"), { digest: "latest" }],
        ["links", keyOf(repository, digestOf(manifest)), 7],
        ["blobs", digestOf(manifest), { file: "a", bytes: -1 }],
        ["manifests", keyOf(repository, digestOf(manifest)), { mediaType: "a/b", bytes: "{}" }],
        ["manifests", keyOf(repository, digestOf(manifest)), { mediaType: "a/b", bytes: encodeText("{ }") }],
        ["referrers", keyOf(repository, "a", "b"), null],
        ["accounts", "me", { salt: "" }],
    ])("one of %s is set aside and named, and the others stay", async (table, key, row) => {
        const database = await openHubDatabase();
        const good = keyOf("other/app", "good");
        await database.put(table, row as never, key);
        await database.put("tags", { digest: digestOf(manifest) }, good);
        const records = new DatabaseRecords(database, error => told.push(error));
        expect(await records.get(table, key)).toBeUndefined();
        expect(told).toMatchObject([{ code: "hub.record-damaged" }]);
        expect((await records.list(table, "")).map(found => found.key)).toEqual(table === "tags" ? [good] : []);
        expect(await records.get("tags", good)).toEqual({ digest: digestOf(manifest) });
        expect(told).toHaveLength(1);
        const keys = await database.getAllKeys(table);
        const aside = keys.find(found => found.endsWith(key) && found !== key)!;
        expect(await database.get(table, aside)).toEqual(row);
    });

    test("in a list are left out and reported", async () => {
        const database = await openHubDatabase();
        await database.put("tags", { digest: digestOf(manifest) }, keyOf(repository, "good"));
        await database.put("tags", "bad" as never, keyOf(repository, "bad"));
        const records = new DatabaseRecords(database, error => told.push(error));
        expect((await records.list("tags", keyOf(repository, ""))).map(({ key }) => key)).toEqual([
            keyOf(repository, "good"),
        ]);
        expect(told.map(({ message }) => message)).toEqual([
            'What this browser keeps of the pushed image "me/app" is damaged.',
        ]);
    });

    test("a piece that is not bytes is a lost file; a file without its time is an old one", async () => {
        const database = await openHubDatabase();
        const files = new DatabaseFiles(database);
        await database.put("files", null as never, "odd");
        await database.put("pieces", "text" as never, ["odd", 0]);
        await expect(readAll(await files.open("odd", 0, 4))).rejects.toMatchObject({ code: "hub.file-missing" });
        expect(await files.list()).toEqual([{ id: "odd", touched: 0 }]);
    });

    test("a database of a newer version is refused by that name", async () => {
        (await openDB("drydock-hub", 9)).close();
        await expect(browserStorage()).rejects.toMatchObject({ code: "hub.storage-newer" });
    });

    test("a database without its stores stays, and another takes its place", async () => {
        (await openDB("drydock-hub", 1)).close();
        const { records } = await browserStorage(error => told.push(error));
        expect(told).toMatchObject([{ code: "hub.storage-damaged" }]);
        await records.write([{ table: "accounts", key: "me", row: { salt: "s", hash: "h" } }]);
        expect(await (await browserStorage()).records.get("accounts", "me")).toEqual({ salt: "s", hash: "h" });
        expect(await indexedDB.databases()).toHaveLength(2);
    });
});
