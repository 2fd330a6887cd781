import { DrydockError, isAbort, messageOf } from "../../base/errors";
import type { Notices } from "./notices.svelte";

/** Shows what went wrong as sentence and advice. What the student cancelled themselves is no problem. */
export function explain(notices: Notices, thrown: unknown): void {
    if (isAbort(thrown)) return;
    if (thrown instanceof DrydockError) notices.problem(thrown.message, thrown.advice);
    else notices.problem(messageOf(thrown), "Try again; if it happens again, reload the page. Your files stay.");
}

/** An error and its causes, outermost first, for the person who looks under the hood. */
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
