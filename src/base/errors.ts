/**
 * The one error class that crosses layers. The student reads `message` and `advice`; the developer follows `code` and `cause`.
 *
 * `code` is stable, lower case, `area.problem` ("vm.worker-died", "image.chunk-damaged"): tests and the interface match on it.
 */
export class DrydockError extends Error {
    override readonly name = "DrydockError";

    constructor(
        readonly code: string,
        /** What happened, in a sentence that a student understands. */
        message: string,
        /** What to do about it, in a sentence. */
        readonly advice: string,
        options?: { cause?: unknown },
    ) {
        super(message, options);
    }
}

/** `thrown` itself if it is already a DrydockError; otherwise a new error that keeps it as its cause. */
export function asDrydockError(thrown: unknown, code: string, message: string, advice: string): DrydockError {
    return thrown instanceof DrydockError ? thrown : new DrydockError(code, message, advice, { cause: thrown });
}

/** True for the rejection of a request that its caller cancelled. */
export function isAbort(thrown: unknown): boolean {
    return thrown instanceof Error && thrown.name === "AbortError";
}

/** What went wrong, in words, for a value caught from anywhere. */
export function messageOf(thrown: unknown): string {
    return thrown instanceof Error ? thrown.message : String(thrown);
}
