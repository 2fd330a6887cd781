import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { StoredProgress } from "../../../src/storage/stores";
import { openIndexedDb } from "../../../src/storage/indexed-db";
import { createMemoryStorage } from "../../../src/storage/memory";
import { openStorage } from "../../../src/storage/open";

const progress: StoredProgress = {
    lesson: "images/flask",
    version: 1,
    passed: { write: { at: 5, attempts: 2 } },
    hintsShown: { write: 1 },
    solutionShown: {},
    answers: { port: "5000" },
};
const bytes = (text: string) => new TextEncoder().encode(text);
let databases = 0;

describe.each([
    ["memory", async () => createMemoryStorage()],
    ["IndexedDB", () => openIndexedDb(`test ${++databases}`)],
])("%s", (_name, open) => {
    test("progress comes back as it was, by lesson, and can be removed", async () => {
        const { progress: store } = await open();
        expect(await store.load("images/flask")).toBeUndefined();
        await store.save(progress);
        await store.save({ ...progress, lesson: "other/lesson", answers: {} });
        expect(await store.load("images/flask")).toEqual(progress);
        await store.save({ ...progress, version: 2 });
        expect(await store.load("images/flask")).toMatchObject({ version: 2 });
        await store.clear("images/flask");
        expect(await store.load("images/flask")).toBeUndefined();
        expect(await store.load("other/lesson")).toMatchObject({ answers: {} });
    });

    test("what is loaded or saved is a copy", async () => {
        const { progress: store, workspace } = await open();
        const mine = structuredClone(progress);
        const content = bytes("one");
        await store.save(mine);
        await workspace.put("a/b", "f", content);
        mine.passed = {};
        content.fill(0);
        expect(await store.load("images/flask")).toEqual(progress);
        expect(await workspace.load("a/b")).toEqual(new Map([["f", bytes("one")]]));
    });

    test("files come back byte for byte, by lesson and path", async () => {
        const { workspace } = await open();
        const binary = Uint8Array.from({ length: 256 }, (_, index) => index);
        await workspace.put("images/flask", "app.py", bytes("print()"));
        await workspace.put("images/flask", "static/ü.bin", binary);
        await workspace.put("images/flask2", "app.py", bytes("other"));
        await workspace.put("images/flask", "app.py", bytes("print(1)"));
        expect(await workspace.load("images/flask")).toEqual(
            new Map([
                ["app.py", bytes("print(1)")],
                ["static/ü.bin", binary],
            ]),
        );
        await workspace.remove("images/flask", "app.py");
        await workspace.remove("images/flask", "never there");
        expect([...(await workspace.load("images/flask"))!.keys()]).toEqual(["static/ü.bin"]);
        expect([...(await workspace.load("images/flask2"))!.keys()]).toEqual(["app.py"]);
    });

    test("never saved differs from saved and empty", async () => {
        const { workspace } = await open();
        expect(await workspace.load("images/flask")).toBeUndefined();
        await workspace.put("images/flask", "app.py", bytes(""));
        await workspace.remove("images/flask", "app.py");
        expect(await workspace.load("images/flask")).toEqual(new Map());
        await workspace.clear("images/flask");
        expect(await workspace.load("images/flask")).toBeUndefined();
    });
});

/** Everything in an object store, by key. */
async function all(name: string, store: string): Promise<[IDBValidKey, unknown][]> {
    const database = await openDB(name);
    const [keys, values] = await Promise.all([database.getAllKeys(store), database.getAll(store)]);
    database.close();
    return keys.map((key, index) => [key, values[index]]);
}

describe("what is damaged", () => {
    test("progress is set aside as a whole, under a separate key", async () => {
        const { progress: store } = await openIndexedDb("aside");
        const damaged = { lesson: "images/flask", passed: 7 };
        await store.save(damaged as unknown as StoredProgress);
        await store.setAside("images/flask");
        expect(await store.load("images/flask")).toBeUndefined();
        await store.setAside("images/flask"); // if there is nothing, nothing happens
        expect(await all("aside", "progress")).toEqual([
            [expect.stringMatching(/^images\/flask~damaged-20/), expect.objectContaining({ damaged })],
        ]);
    });

    test("a file that does not contain bytes is reported as damaged, and set aside alone", async () => {
        const { workspace } = await openIndexedDb("file aside");
        await workspace.put("a/b", "good", bytes("good"));
        await workspace.put("a/b", "bad", "no bytes" as unknown as Uint8Array);
        expect(await workspace.load("a/b")).toEqual(
            new Map([
                ["bad", undefined],
                ["good", bytes("good")],
            ]),
        );
        await workspace.setAside("a/b", "bad");
        expect([...(await workspace.load("a/b"))!.keys()]).toEqual(["good"]);
        const [key, value] = (await all("file aside", "files")).find(([key]) => (key as string[])[0] !== "a/b")!;
        expect(key).toEqual([expect.stringMatching(/^a\/b~damaged-20/), "bad"]);
        expect(value).toMatchObject({ bytes: "no bytes" });
    });

    test("a database of a newer version stays as it is; the page works without it and says why", async () => {
        const newer = await openDB("newer", 7, { upgrade: created => void created.createObjectStore("else") });
        newer.close();
        const storage = await openStorage("newer");
        expect(storage.notice).toMatchObject({ code: "storage.newer" });
        await storage.progress.save(progress);
        expect(await storage.progress.load("images/flask")).toEqual(progress);
        expect((await openDB("newer")).version).toBe(7);
    });

    test("a database without its stores is left alone, and another takes its place", async () => {
        (await openDB("empty", 1)).close();
        const storage = await openStorage("empty");
        expect(storage.notice).toMatchObject({ code: "storage.damaged" });
        await storage.progress.save(progress);
        expect(await (await openStorage("empty")).progress.load("images/flask")).toEqual(progress);
    });
});

describe.each([
    ["memory", async () => createMemoryStorage()],
    ["IndexedDB", () => openIndexedDb(`test ${++databases}`)],
])("claims in %s", (_name, open) => {
    test("pass from the tab that has the lesson to the next, and from no other tab", async () => {
        const { claims } = await open();
        expect(await claims.holder("images/flask")).toBeUndefined();
        const started = ["one", "two"].map(tab => claims.pass("images/flask", undefined, tab));
        expect(await Promise.all(started)).toEqual([true, false]);
        expect(await claims.pass("images/flask", "two", "three")).toBe(false);
        expect(await claims.pass("images/flask", "one", "three")).toBe(true);
        expect(await claims.holder("images/flask")).toBe("three");
        expect(await claims.pass("images/flask", "three", undefined)).toBe(true);
        expect(await claims.holder("images/flask")).toBeUndefined();
        await claims.take("images/flask", "four");
        expect(await claims.holder("images/flask")).toBe("four");
    });
});

describe("the browser's refusals", () => {
    afterEach(() => vi.restoreAllMocks());

    test("what is in IndexedDB is there when the page is opened again", async () => {
        await (await openIndexedDb("again")).progress.save(progress);
        expect(await (await openIndexedDb("again")).progress.load("images/flask")).toEqual(progress);
    });

    test("changes to a lesson that another tab now holds are refused, and that tab's own changes stay", async () => {
        const [first, second] = await Promise.all(["first", "second"].map(tab => openIndexedDb("two tabs", tab)));
        expect(await first!.claims.pass("images/flask", undefined, "first")).toBe(true);
        await first!.workspace.put("images/flask", "f", bytes("one"));
        await first!.workspace.put("images/layers", "f", bytes("of no claim"));
        await second!.claims.take("images/flask", "second");
        await second!.workspace.put("images/flask", "f", bytes("two"));
        await second!.progress.save(progress);
        const taken = { code: "storage.taken" };
        await expect(first!.workspace.put("images/flask", "f", bytes("late"))).rejects.toMatchObject(taken);
        await expect(first!.workspace.remove("images/flask", "f")).rejects.toMatchObject(taken);
        await expect(first!.workspace.clear("images/flask")).rejects.toMatchObject(taken);
        await expect(first!.workspace.put("images/flask~before-reset", "f", bytes(""))).rejects.toMatchObject(taken);
        await expect(first!.progress.save({ ...progress, answers: {} })).rejects.toMatchObject(taken);
        await expect(first!.progress.clear("images/flask")).rejects.toMatchObject(taken);
        expect(await first!.workspace.load("images/flask")).toEqual(new Map([["f", bytes("two")]]));
        expect(await first!.progress.load("images/flask")).toEqual(progress);
        await first!.workspace.put("images/layers", "f", bytes("still"));
    });

    test("a database of the first version keeps what it has", async () => {
        const old = await openDB("older", 1, {
            upgrade(created) {
                created.createObjectStore("progress", { keyPath: "lesson" });
                created.createObjectStore("workspaces", { keyPath: "lesson" });
                created.createObjectStore("files", { keyPath: ["lesson", "path"] });
            },
        });
        await old.put("progress", progress);
        old.close();
        const storage = await openIndexedDb("older", "tab");
        expect(await storage.progress.load("images/flask")).toEqual(progress);
        expect(await storage.claims.pass("images/flask", undefined, "tab")).toBe(true);
    });

    test("full storage is storage.full, and what was there stays", async () => {
        const { workspace } = await openIndexedDb("full");
        await workspace.put("a/b", "f", bytes("one"));
        const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
            throw new DOMException("full", "QuotaExceededError");
        });
        await expect(workspace.put("a/b", "f", bytes("two"))).rejects.toMatchObject({ code: "storage.full" });
        put.mockRestore();
        expect(await workspace.load("a/b")).toEqual(new Map([["f", bytes("one")]]));
    });

    test("no database: memory with a notice", async () => {
        vi.spyOn(indexedDB, "open").mockImplementation(() => {
            throw new DOMException("private", "SecurityError");
        });
        const storage = await openStorage("private");
        expect(storage.notice).toMatchObject({ code: "storage.unavailable" });
        await storage.progress.save(progress);
        expect(await storage.progress.load("images/flask")).toEqual(progress);
    });

    test("a database is used without a notice", async () => {
        expect((await openStorage("fine")).notice).toBeUndefined();
    });
});
