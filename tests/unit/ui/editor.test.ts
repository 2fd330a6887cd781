// @vitest-environment happy-dom
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WorkspaceChange } from "../../../src/workspace/workspace";
import { makeLesson, makeStep, makeWorkbench, type Made } from "./fakes";

const text = async ({ workspace }: Made, path: string) => new TextDecoder().decode(await workspace.read(path));

describe("editor", () => {
    let made: Made;
    let outside: (change: WorkspaceChange) => void = () => undefined;
    beforeEach(async () => {
        vi.useFakeTimers();
        made = await makeWorkbench(makeLesson([makeStep("one")], { "app.py": "start\n", "lib/a.py": "a\n" }));
        const { workspace } = made;
        const changes = workspace.changes.bind(workspace);
        workspace.changes = listener => ((outside = listener), changes(listener));
        made.workbench.start();
        await made.workbench.editor.show("app.py");
    });
    afterEach(() => vi.useRealTimers());

    test("saves after a pause in typing", async () => {
        const file = made.workbench.editor.active!;
        made.workbench.editor.edited(file, "typed\n");
        expect(file.dirty).toBe(true);
        expect(await text(made, "app.py")).toBe("start\n");
        await vi.runAllTimersAsync();
        expect(await text(made, "app.py")).toBe("typed\n");
        expect(file.dirty).toBe(false);
    });

    test("a change in the guest appears when nothing is unsaved", async () => {
        const file = made.workbench.editor.active!;
        await made.workspace.write("app.py", "theirs\n");
        outside({ kind: "changed", path: "app.py", by: "guest" });
        await vi.waitFor(() => expect(file.text).toBe("theirs\n"));
        expect(file.conflict).toBeUndefined();
    });

    test("a change in the guest to a file with unsaved text asks the student", async () => {
        const { editor } = made.workbench;
        const file = editor.active!;
        editor.edited(file, "mine\n");
        await made.workspace.write("app.py", "theirs\n");
        outside({ kind: "changed", path: "app.py", by: "guest" });
        await vi.waitFor(() => expect(file.conflict).toEqual({ kind: "changed", text: "theirs\n" }));
        expect(file.text).toBe("mine\n");
        await editor.resolve(file, "mine");
        expect(await text(made, "app.py")).toBe("mine\n");
        expect(file.dirty).toBe(false);
    });

    test("a file deleted in the guest closes, or asks when it has unsaved text", async () => {
        const { editor } = made.workbench;
        const file = editor.active!;
        editor.edited(file, "mine\n");
        await made.workspace.remove("app.py");
        outside({ kind: "removed", path: "app.py", by: "guest" });
        await vi.waitFor(() => expect(file.conflict?.kind).toBe("removed"));
        await editor.resolve(file, "theirs");
        expect(editor.open).toEqual([]);
    });

    test("a deleted folder comes back with Undo", async () => {
        const { editor, notices } = made.workbench;
        await editor.remove("lib");
        await expect(made.workspace.read("lib/a.py")).rejects.toThrow();
        notices.list.find(notice => notice.action?.label === "Undo")!.action!.run();
        await vi.waitFor(async () => expect(await text(made, "lib/a.py")).toBe("a\n"));
    });

    test("a rename follows in the tab", async () => {
        const { editor } = made.workbench;
        await editor.rename("app.py", "main.py");
        expect(editor.active?.path).toBe("main.py");
        flushSync();
        expect(await text(made, "main.py")).toBe("start\n");
    });

    test("what is not text is refused with a sentence", async () => {
        const { editor, notices } = made.workbench;
        await made.workspace.write("image.bin", new Uint8Array([0xff, 0x00, 0xfe]));
        await editor.show("image.bin");
        expect(editor.active?.path).toBe("app.py");
        expect(notices.list.at(-1)?.text).toBe("image.bin is not text.");
    });

    test("a text equal to the lesson's start is replaced without asking", async () => {
        await made.workbench.editor.propose("app.py", "next\n");
        expect(made.workbench.editor.proposal).toBeUndefined();
        expect(await text(made, "app.py")).toBe("next\n");
    });
});
