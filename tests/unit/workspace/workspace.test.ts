import { describe, expect, test } from "vitest";
import { encodeText } from "../../../src/base/bytes";
import { deferred } from "../../../src/base/deferred";
import { DrydockError } from "../../../src/base/errors";
import { createWorkspace } from "../../../src/workspace/create-workspace";
import { createMemoryStorage } from "../../../src/storage/memory";
import { FILE_LIMIT, type WorkspaceChange } from "../../../src/workspace/workspace";
import { FakeGuestFiles } from "./fake-guest-files";

const start = {
    "app.py": { file: { contents: "print('start')\n" } },
    web: { directory: { "run.sh": { file: { contents: "#!/bin/sh\n" } } } },
};
const lesson = "images/flask";

async function open(storage = createMemoryStorage()) {
    const workspace = await createWorkspace({ lesson, start, store: storage.workspace });
    const changes: WorkspaceChange[] = [];
    workspace.changes(change => changes.push(change));
    const text = async (path: string) => new TextDecoder().decode(await workspace.read(path));
    const stored = async () => {
        await workspace.idle();
        return Object.fromEntries(
            [...((await storage.workspace.load(lesson)) ?? [])]
                .map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])
                .sort(),
        );
    };
    return { workspace, storage, changes, text, stored };
}

async function joined() {
    const opened = await open();
    const guest = new FakeGuestFiles();
    const stop = await opened.workspace.attach(guest);
    opened.changes.length = 0;
    return { ...opened, guest, stop };
}

/** Waits until what the guest reported has been taken over: its reads and our queue take some turns. */
const settled = async (condition: () => boolean | Promise<boolean>) => expect.poll(condition).toBe(true);

describe("before the machine", () => {
    test("starts with the lesson's files, and keeps them", async () => {
        const { workspace, stored } = await open();
        expect(workspace.files.state).toEqual([
            { path: "app.py", kind: "file", size: 15, kept: true },
            { path: "web", kind: "folder", size: 0, kept: true },
            { path: "web/run.sh", kind: "file", size: 10, kept: true },
        ]);
        expect(await stored()).toEqual({ "app.py": "print('start')\n", "web/run.sh": "#!/bin/sh\n" });
    });

    test("what was edited, created, renamed and removed is the same after a reload", async () => {
        const { workspace, storage } = await open();
        await workspace.write("app.py", "edited");
        await workspace.create("new.txt", "file");
        await workspace.rename("web", "site");
        await workspace.remove("new.txt");
        const again = await open(storage);
        expect(again.workspace.files.state.map(entry => entry.path)).toEqual(["app.py", "site", "site/run.sh"]);
        expect(await again.text("app.py")).toBe("edited");
    });

    test("a workspace emptied by the student stays empty", async () => {
        const { workspace, storage } = await open();
        await workspace.remove("app.py");
        await workspace.remove("web");
        expect((await open(storage)).workspace.files.state).toEqual([]);
    });

    test("a damaged file is set aside and named; the others, and the lesson's own in its place, are there", async () => {
        const storage = createMemoryStorage();
        await storage.workspace.put(lesson, "mine.txt", encodeText("mine"));
        const put = (path: string, bytes: unknown) => storage.workspace.put(lesson, path, bytes as Uint8Array);
        await put("../out", encodeText("no path"));
        const load = storage.workspace.load.bind(storage.workspace);
        storage.workspace.load = async of => {
            const found = await load(of);
            if (of === lesson && !aside.includes("app.py")) found?.set("app.py", undefined);
            return found;
        };
        const aside: string[] = [];
        const setAside = storage.workspace.setAside.bind(storage.workspace);
        storage.workspace.setAside = async (of, path) => {
            aside.push(path);
            await setAside(of, path);
        };
        const { workspace, text, stored } = await open(storage);
        expect(aside).toEqual(["../out", "app.py"]);
        expect(await text("mine.txt")).toBe("mine");
        expect(await text("app.py")).toBe("print('start')\n");
        expect(workspace.notices.state.map(({ code, message }) => [code, message])).toEqual([
            ["workspace.file-damaged", 'The saved file "../out" is damaged.'],
            ["workspace.file-damaged", 'The saved file "app.py" is damaged.'],
        ]);
        expect(await stored()).toEqual({ "app.py": "print('start')\n", "mine.txt": "mine" });
        expect((await open(storage)).workspace.notices.state).toEqual([]);
    });

    test.each(["", "/etc/passwd", "../x", "a//b", "a/../b", "a\0b"])("bad path %j", async path => {
        await expect((await open()).workspace.write(path, "")).rejects.toMatchObject({ code: "workspace.bad-path" });
    });

    test("named refusals", async () => {
        const { workspace } = await open();
        await expect(workspace.read("none")).rejects.toMatchObject({ code: "workspace.missing" });
        await expect(workspace.create("app.py", "file")).rejects.toMatchObject({ code: "workspace.exists" });
        await expect(workspace.write("web", "no folder")).rejects.toMatchObject({ code: "workspace.exists" });
        await expect(workspace.rename("none", "x")).rejects.toMatchObject({ code: "workspace.missing" });
        await expect(workspace.rename("app.py", "web")).rejects.toMatchObject({ code: "workspace.exists" });
        await expect(workspace.rename("web", "web/inner")).rejects.toMatchObject({ code: "workspace.exists" });
        await expect(workspace.undo()).rejects.toMatchObject({ code: "workspace.nothing-to-undo" });
        await expect(workspace.write("big", new Uint8Array((1 << 20) + 1))).rejects.toMatchObject({
            code: "workspace.file-too-large",
        });
    });
});

describe("with a machine", () => {
    test("a fresh machine gets the files, scripts executable", async () => {
        const { guest } = await joined();
        expect(guest.workspace).toEqual({ "app.py": "print('start')\n", "web/run.sh": "#!/bin/sh\n" });
        expect(guest.modes.get("/workspace/web/run.sh")).toBe(0o755);
        expect(guest.modes.has("/workspace/app.py")).toBe(false);
    });

    test("the editor's saves are in the guest when write resolves", async () => {
        const { workspace, guest, stored } = await joined();
        await workspace.write("app.py", "v2");
        await workspace.create("deep/er/x", "file");
        await workspace.rename("web/run.sh", "start.sh");
        await workspace.create("empty", "folder");
        expect(guest.workspace).toEqual({ "app.py": "v2", "deep/er/x": "", "start.sh": "#!/bin/sh\n" });
        expect(guest.folders.has("/workspace/empty")).toBe(true);
        expect(await stored()).toEqual(guest.workspace);
    });

    test("the guest's changes appear and are kept", async () => {
        const { workspace, guest, changes, text, stored } = await joined();
        guest.change("/workspace/app.py", "from nano");
        guest.change("/workspace/Dockerfile", "FROM busybox\n");
        guest.change("/workspace/web/run.sh", undefined);
        await settled(async () => (await stored()).Dockerfile !== undefined && !("web/run.sh" in (await stored())));
        expect(await text("app.py")).toBe("from nano");
        expect(await stored()).toEqual({ Dockerfile: "FROM busybox\n", "app.py": "from nano" });
        expect(changes.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
            { kind: "changed", path: "Dockerfile", by: "guest" },
            { kind: "changed", path: "app.py", by: "guest" },
            { kind: "removed", path: "web/run.sh", by: "guest" },
        ]);
        expect(workspace.files.state.map(entry => entry.path)).toContain("Dockerfile");
    });

    test("a folder stays when a program takes its last file, and goes when it is removed", async () => {
        const { workspace, guest } = await joined();
        const paths = () => workspace.files.state.map(entry => entry.path);
        await guest.rename("/workspace/web/run.sh", "/workspace/go.sh");
        await settled(() => paths().includes("go.sh") && !paths().includes("web/run.sh"));
        expect(paths()).toEqual(["app.py", "go.sh", "web"]);
        guest.change("/workspace/web", undefined);
        await expect.poll(paths).toEqual(["app.py", "go.sh"]);
    });

    test("a folder in place of a file, and a file in place of a folder", async () => {
        const { workspace, guest, stored } = await joined();
        guest.change("/workspace/app.py", undefined);
        await guest.makeFolder("/workspace/app.py");
        guest.change("/workspace/web", undefined);
        guest.change("/workspace/web", "a file now");
        await expect
            .poll(() => workspace.files.state.map(({ path, kind }) => [path, kind]))
            .toEqual([
                ["app.py", "folder"],
                ["web", "file"],
            ]);
        expect(await stored()).toEqual({ web: "a file now" });
    });

    test("our own writes are not reported as changes", async () => {
        const { workspace, guest, changes } = await joined();
        await workspace.write("app.py", "one");
        await workspace.write("app.py", "two");
        guest.change("/workspace/mark", "x");
        await settled(() => changes.some(change => change.path === "mark"));
        expect(changes.filter(change => change.by === "guest").map(change => change.path)).toEqual(["mark"]);
        expect(guest.reads).toEqual(["/workspace/mark"]);
    });

    test("a program that writes the file during a save is noticed, even if its text is as long as ours", async () => {
        const { workspace, guest, text, stored } = await joined();
        const write = guest.write.bind(guest);
        guest.write = async (path, bytes, options) => {
            await write(path, bytes, options);
            guest.change(path, "theirs"); // before the answer arrives
        };
        await workspace.write("app.py", "ours__");
        await settled(async () => (await text("app.py")) === "theirs");
        expect((await stored())["app.py"]).toBe("theirs");
    });

    test("the last writer wins", async () => {
        const { workspace, guest, text, stored } = await joined();
        guest.change("/workspace/app.py", "guest first");
        await workspace.write("app.py", "editor last");
        expect(guest.text("/workspace/app.py")).toBe("editor last");
        expect(await text("app.py")).toBe("editor last");
        guest.change("/workspace/app.py", "guest last");
        await settled(async () => (await text("app.py")) === "guest last");
        expect((await stored())["app.py"]).toBe("guest last");
    });

    test("a large file stays in the guest, with a notice, and can be read there", async () => {
        const { workspace, guest, stored } = await joined();
        guest.change("/workspace/big.bin", new Uint8Array((1 << 20) + 1));
        await settled(() => workspace.notices.state.length === 1);
        expect(workspace.notices.state[0]).toMatchObject({ code: "workspace.file-too-large" });
        expect(workspace.files.state.find(entry => entry.path === "big.bin")).toMatchObject({
            kept: false,
            size: (1 << 20) + 1,
        });
        expect((await workspace.read("big.bin")).byteLength).toBe((1 << 20) + 1);
        expect(await stored()).not.toHaveProperty("big.bin");
        guest.change("/workspace/big.bin", undefined);
        await settled(() => workspace.notices.state.length === 0);
    });

    test("all files together have a limit", async () => {
        const { workspace, guest, stored } = await joined();
        for (let index = 0; index < 21; index++) guest.change(`/workspace/part${index}`, new Uint8Array(1 << 20));
        await settled(() => workspace.files.state.length === 3 + 21);
        const kept = workspace.files.state.filter(entry => entry.kept && entry.path.startsWith("part"));
        expect(kept).toHaveLength(19);
        expect(workspace.notices.state.map(notice => notice.code)).toEqual(["workspace.full", "workspace.full"]);
        expect(Object.keys(await stored()).filter(path => path.startsWith("part"))).toHaveLength(19);
    });

    test("a machine that dies: editing continues, a fresh machine gets everything", async () => {
        const { workspace, guest } = await joined();
        guest.change("/workspace/Dockerfile", "FROM busybox\n");
        await settled(() => workspace.files.state.some(entry => entry.path === "Dockerfile"));
        guest.die();
        await workspace.write("app.py", "while away");
        const fresh = new FakeGuestFiles();
        await workspace.attach(fresh);
        expect(fresh.workspace).toEqual({
            Dockerfile: "FROM busybox\n",
            "app.py": "while away",
            "web/run.sh": "#!/bin/sh\n",
        });
    });

    test("the same machine again: its changes come, ours go, and removals of both", async () => {
        const { workspace, guest, stop, text } = await joined();
        stop();
        await workspace.write("app.py", "editor, while away");
        guest.contents.set("/workspace/note.txt", encodeText("guest, while away"));
        guest.contents.delete("/workspace/web/run.sh");
        await workspace.attach(guest);
        expect(guest.workspace).toEqual({ "app.py": "editor, while away", "note.txt": "guest, while away" });
        expect(await text("note.txt")).toBe("guest, while away");
        expect(workspace.files.state.filter(entry => entry.kind === "file").map(entry => entry.path)).toEqual([
            "app.py",
            "note.txt",
        ]);
    });

    test("another lesson's files replace these, which come back with everything that existed only in the machine", async () => {
        const { workspace, guest, stop, stored } = await joined();
        guest.change("/workspace/web/large.bin", new Uint8Array(FILE_LIMIT + 1));
        await settled(() => workspace.files.state.some(entry => entry.path === "web/large.bin"));
        await workspace.write("app.py", "edited");
        stop();
        const other = await createWorkspace({
            lesson: "images/other",
            start: { "one.txt": { file: { contents: "1" } } },
            store: createMemoryStorage().workspace,
        });
        const leave = await other.attach(guest);
        expect(guest.workspace).toEqual({ "one.txt": "1" });
        expect(other.files.state.map(entry => entry.path)).toEqual(["one.txt"]);
        guest.change("/workspace/two.txt", "2");
        await settled(() => other.files.state.length === 2);
        expect(await stored()).toMatchObject({ "app.py": "edited" });
        leave();

        const back = await workspace.attach(guest);
        expect(Object.keys(guest.workspace)).toEqual(["app.py", "web/large.bin", "web/run.sh"]);
        expect(guest.text("/workspace/app.py")).toBe("edited");
        expect((await workspace.read("web/large.bin")).byteLength).toBe(FILE_LIMIT + 1);
        back();
        await other.attach(guest);
        expect(guest.workspace).toEqual({ "one.txt": "1", "two.txt": "2" });
    });

    test("a read still under way when another lesson's files arrive removes nothing", async () => {
        const { workspace, guest, stop } = await joined();
        const list = guest.list.bind(guest);
        const left = deferred<void>();
        const listing = deferred<void>();
        guest.list = async (path, options) => {
            if (!options?.recursive) return list(path, options);
            listing.resolve();
            await left.promise;
            return list(path, options);
        };
        guest.failWatch(new DrydockError("agent.watch-lost", "too many", "")); // now everything is looked at
        await listing.promise;
        stop();
        guest.change("/workspace/app.py", undefined);
        left.resolve();
        await settled(() => guest.workspace["app.py"] === undefined);
        await workspace.idle();
        guest.list = list;
        await guest.list("/workspace", { recursive: true });
        expect(workspace.files.state.map(entry => entry.path)).toContain("app.py");
    });

    test("after more changes than the watch could report everything is looked at", async () => {
        const { workspace, guest } = await joined();
        guest.contents.set("/workspace/missed.txt", encodeText("x"));
        guest.failWatch(new DrydockError("agent.watch-lost", "too many", ""));
        await settled(() => workspace.files.state.some(entry => entry.path === "missed.txt"));
        guest.change("/workspace/later.txt", "y");
        await settled(() => workspace.files.state.some(entry => entry.path === "later.txt"));
    });

    test("a guest that refuses a write says so; the file is kept anyway", async () => {
        const { workspace, guest, stored } = await joined();
        guest.write = () => Promise.reject(new DrydockError("agent.no-space", "The disk is full.", ""));
        await expect(workspace.write("app.py", "kept")).rejects.toMatchObject({ code: "workspace.not-written" });
        expect((await stored())["app.py"]).toBe("kept");
    });
});

describe("reset", () => {
    test("brings the initial files back, and undo brings the student's back, even after a reload", async () => {
        const { workspace, storage, guest, stored } = await joined();
        await workspace.write("app.py", "mine");
        await workspace.write("extra.txt", "mine too");
        expect(workspace.canUndo.state).toBe(false);
        await workspace.reset();
        expect(guest.workspace).toEqual({ "app.py": "print('start')\n", "web/run.sh": "#!/bin/sh\n" });
        expect(await stored()).toEqual(guest.workspace);

        const again = await open(storage);
        expect(again.workspace.canUndo.state).toBe(true);
        const fresh = new FakeGuestFiles();
        await again.workspace.attach(fresh);
        await again.workspace.undo();
        expect(fresh.workspace).toEqual({ "app.py": "mine", "extra.txt": "mine too", "web/run.sh": "#!/bin/sh\n" });
        await again.workspace.undo();
        expect(fresh.workspace).toEqual({ "app.py": "print('start')\n", "web/run.sh": "#!/bin/sh\n" });
    });
});

describe("the store", () => {
    test("full: a notice, files go on, and all is saved when there is room", async () => {
        const storage = createMemoryStorage();
        const opened = await open(storage);
        const { put } = storage.workspace;
        storage.workspace.put = () =>
            Promise.reject(new DrydockError("storage.full", "The browser's storage is full.", ""));
        await opened.workspace.write("app.py", "v2");
        expect(opened.workspace.saved.state).toMatchObject({ kind: "failed", error: { code: "storage.full" } });
        expect(opened.workspace.notices.state.map(notice => notice.code)).toEqual(["storage.full"]);
        expect(await opened.text("app.py")).toBe("v2");
        storage.workspace.put = put;
        await opened.workspace.write("other", "x");
        expect(opened.workspace.saved.state.kind).toBe("saved");
        expect(opened.workspace.notices.state).toEqual([]);
        expect(await opened.stored()).toMatchObject({ "app.py": "v2", other: "x" });
    });

    test("unreadable: a notice and the first files, which do not overwrite what is stored", async () => {
        const storage = createMemoryStorage();
        await storage.workspace.put(lesson, "app.py", encodeText("precious"));
        const { load } = storage.workspace;
        storage.workspace.load = () => Promise.reject(new Error("broken"));
        const { workspace } = await open(storage);
        expect(workspace.notices.state.map(notice => notice.code)).toEqual(["workspace.unreadable"]);
        await workspace.idle();
        expect(new TextDecoder().decode((await load(lesson))!.get("app.py"))).toBe("precious");
    });
});
