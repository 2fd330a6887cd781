/** A file of the bundle as an HTTP answer: validator, one range, HEAD. */
import type { Bytes } from "../base/bytes";
import { DrydockError } from "../base/errors";
import type { Bundle } from "./internet";

/** `etag` is the content's hash. A file that the index names and the bundle lacks is a 500 that says so. */
export async function sendBundleFile(
    request: Request,
    bundle: Bundle,
    path: string,
    { etag, type }: { etag: string; type: string },
): Promise<Response> {
    const tag = `"${etag}"`;
    const headers: Record<string, string> = {
        "Content-Type": type,
        ETag: tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000, immutable",
    };
    if (request.headers.get("If-None-Match")?.includes(tag)) return new Response(null, { status: 304, headers });
    let file: Awaited<ReturnType<Bundle["open"]>>;
    try {
        file = await bundle.open(path, request.signal);
    } catch (thrown) {
        if (!(thrown instanceof DrydockError)) throw thrown;
        return new Response(`${thrown.message} ${thrown.advice}\n`, {
            status: 500,
            headers: { "Content-Type": "text/plain; charset=utf-8" },
        });
    }
    const range = rangeOf(request.headers, file.bytes, tag);
    if (range === "unsatisfiable") {
        await file.body.cancel();
        return new Response(null, { status: 416, headers: { ...headers, "Content-Range": `bytes */${file.bytes}` } });
    }
    const { from, to } = range ?? { from: 0, to: file.bytes - 1 };
    headers["Content-Length"] = String(to - from + 1);
    if (range) headers["Content-Range"] = `bytes ${from}-${to}/${file.bytes}`;
    const status = range ? 206 : 200;
    if (request.method === "HEAD") {
        await file.body.cancel();
        return new Response(null, { status, headers });
    }
    return new Response(range ? file.body.pipeThrough(slice(from, to)) : file.body, { status, headers });
}

/** One range; several at once are answered with the whole file, which the standard allows. */
function rangeOf(
    headers: Headers,
    size: number,
    tag: string,
): { from: number; to: number } | "unsatisfiable" | undefined {
    const match = /^bytes=(\d*)-(\d*)$/.exec(headers.get("Range") ?? "");
    const condition = headers.get("If-Range");
    if (!match || (match[1] === "" && match[2] === "") || (condition !== null && condition !== tag)) return undefined;
    const from = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
    const to = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
    return from > to || from >= size ? "unsatisfiable" : { from, to };
}

/** Lets bytes `from` to `to` (inclusive) through. */
function slice(from: number, to: number): TransformStream<Bytes, Bytes> {
    let at = 0;
    return new TransformStream({
        transform(chunk, controller) {
            const part = chunk.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
            at += chunk.byteLength;
            if (part.byteLength > 0) controller.enqueue(part);
            if (at > to) controller.terminate();
        },
    });
}
