/** What happens in a tab before it hands its lesson to another one. */
import { DrydockError } from "../base/errors";
import type { Engine } from "../engine/engine";
import type { Workspace } from "../workspace/workspace";
import type { Editor } from "../ui/editor/editor.svelte";

export interface LessonToGive {
    workspace: Pick<Workspace, "idle" | "saved">;
    engine: Pick<Engine, "idle">;
}

/**
 * Saves everything. `editor`: the editor of the lesson on show; any other lesson was saved when the student left it.
 * Rejects with "lesson.unsaved" if any of the student's work would be lost.
 */
export async function handOver(
    { workspace, engine }: LessonToGive,
    editor: Pick<Editor, "saveAll" | "open"> | undefined,
): Promise<void> {
    await editor?.saveAll();
    await Promise.all([workspace.idle(), engine.idle()]);
    const unsaved = (editor?.open ?? []).filter(file => file.dirty).map(file => file.path);
    if (unsaved.length > 0)
        throw new DrydockError(
            "lesson.unsaved",
            `The other tab could not save your last changes to ${unsaved.join(", ")}.`,
            "Go to that tab and save them there.",
        );
    const { state } = workspace.saved;
    if (state.kind === "failed")
        throw new DrydockError(
            "lesson.unsaved",
            `The other tab could not save its files: ${state.error.message}`,
            state.error.advice,
            { cause: state.error },
        );
}
