/**
 * The `Range` header of HTTP: one range of bytes. For several ranges, or other units, the whole is sent, as the
 * standard allows.
 */

export interface ByteRange {
    start: number;
    /** Not included. */
    end: number;
}

/**
 * The part of `bytes` bytes that is asked for; undefined: all of it. "unsatisfiable": none of it exists (status 416).
 */
export function byteRange(header: string | null | undefined, bytes: number): ByteRange | "unsatisfiable" | undefined {
    const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
    if (!match || (match[1] === "" && match[2] === "")) return undefined;
    const fromEnd = match[1] === "";
    const start = fromEnd ? Math.max(bytes - Number(match[2]), 0) : Number(match[1]);
    const end = fromEnd || match[2] === "" ? bytes : Math.min(Number(match[2]) + 1, bytes);
    return start >= end ? "unsatisfiable" : { start, end };
}

/** The `Content-Range` of an answer with `range`, or of a refusal. */
export const contentRange = (range: ByteRange | undefined, bytes: number): string =>
    `bytes ${range ? `${range.start}-${range.end - 1}` : "*"}/${bytes}`;
