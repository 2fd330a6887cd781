// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { handOver } from "../../../src/app/hand-over";
import { DrydockError } from "../../../src/base/errors";
import { createEngine } from "../../../src/engine/lesson-engine";
import { createMemoryStorage } from "../../../src/storage/memory";
import { Notices } from "../../../src/ui/common/notices.svelte";
import { Editor } from "../../../src/ui/editor/editor.svelte";
import { createWorkspace } from "../../../src/workspace/create-workspace";
import { fails, makeLesson, makeStep } from "../ui/fakes";

async function tab() {
    const lesson = makeLesson([makeStep("one")], { "app.py": "start\n" });
    const storage = createMemoryStorage();
    const workspace = await createWorkspace({ lesson: lesson.id, start: lesson.start, store: storage.workspace });
    const engine = await createEngine({ lesson, progress: storage.progress, check: fails });
    const editor = new Editor(
        workspace,
        new Notices(),
        () => undefined,
        () => undefined,
    );
    editor.start();
    await editor.show("app.py");
    const kept = async () => new TextDecoder().decode((await storage.workspace.load(lesson.id))?.get("app.py"));
    return { lesson, storage, workspace, engine, editor, kept };
}

test("what was typed and opened last is stored when it resolves", async () => {
    const { lesson, storage, kept, ...parts } = await tab();
    parts.editor.edited(parts.editor.active!, "typed\n");
    parts.engine.showHint("one");
    await handOver(parts, parts.editor);
    expect(await kept()).toBe("typed\n");
    expect(await storage.progress.load(lesson.id)).toMatchObject({ hintsShown: { one: 1 } });
});

test("a text that waits for the student's decision is named", async () => {
    const { kept, ...parts } = await tab();
    const file = parts.editor.active!;
    parts.editor.edited(file, "typed\n");
    file.conflict = { kind: "changed", text: "from the machine\n" };
    await expect(handOver(parts, parts.editor)).rejects.toMatchObject({
        code: "lesson.unsaved",
        message: expect.stringContaining("app.py"),
    });
    expect(await kept()).toBe("start\n");
});

test("so is a storage that accepts nothing", async () => {
    const { storage, ...parts } = await tab();
    const full = new DrydockError("storage.full", "The browser's storage is full.", "Free space.");
    vi.spyOn(storage.workspace, "put").mockRejectedValue(full);
    parts.editor.edited(parts.editor.active!, "typed\n");
    await expect(handOver(parts, parts.editor)).rejects.toMatchObject({
        code: "lesson.unsaved",
        message: expect.stringContaining("storage is full"),
        cause: full,
    });
});
