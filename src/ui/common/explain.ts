import { DrydockError, isAbort, messageOf } from "../../base/errors";
import type { Notices } from "./notices.svelte";

/** Shows an error as a sentence and advice. Shows nothing when the student cancelled the action. */
export function explain(notices: Notices, thrown: unknown): void {
    if (isAbort(thrown)) return;
    if (thrown instanceof DrydockError) notices.problem(thrown.message, thrown.advice);
    else notices.problem(messageOf(thrown), "Try again. If that fails too, reload the page; your files are kept.");
}

/** An error and its causes, outermost first, for readers who want the details. */
export function chain(error: unknown): string[] {
    const lines: string[] = [];
    for (
        let at: unknown = error;
        at !== undefined && lines.length < 10;
        at = at instanceof Error ? at.cause : undefined
    )
        lines.push(at instanceof DrydockError ? `${at.message} [${at.code}]` : messageOf(at));
    return lines;
}
