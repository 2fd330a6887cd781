/** A file of the bundle as an HTTP answer: validator, one range, HEAD. */
import type { Bytes } from "../base/bytes";
import { DrydockError } from "../base/errors";
import { byteRange, contentRange, type ByteRange } from "./byte-range";
import type { Bundle } from "./internet";

/** `etag` is the content's hash. A file that the index names but the bundle lacks becomes a 500 that says so. */
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
    const condition = request.headers.get("If-Range");
    const range =
        condition === null || condition === tag ? byteRange(request.headers.get("Range"), file.bytes) : undefined;
    if (range === "unsatisfiable") {
        await file.body.cancel();
        return new Response(null, {
            status: 416,
            headers: { ...headers, "Content-Range": contentRange(undefined, file.bytes) },
        });
    }
    const { start, end } = range ?? { start: 0, end: file.bytes };
    headers["Content-Length"] = String(end - start);
    if (range) headers["Content-Range"] = contentRange(range, file.bytes);
    const status = range ? 206 : 200;
    if (request.method === "HEAD") {
        await file.body.cancel();
        return new Response(null, { status, headers });
    }
    return new Response(range ? file.body.pipeThrough(slice(range)) : file.body, { status, headers });
}

/** Passes on only the bytes of the range. */
function slice({ start, end }: ByteRange): TransformStream<Bytes, Bytes> {
    let at = 0;
    return new TransformStream({
        transform(chunk, controller) {
            const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
            at += chunk.byteLength;
            if (part.byteLength > 0) controller.enqueue(part);
            if (at >= end) controller.terminate();
        },
    });
}
