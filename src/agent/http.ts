import { concatBytes, type Bytes } from "../base/bytes";
import type { Address } from "./agent";
import { openCall } from "./call";
import { badReply } from "./failures";
import { encodeFrame, FRAME, writeData, type FrameReader } from "./frames";
import type { YamuxSession } from "./yamux";
import type { YamuxStream } from "./yamux-stream";

/**
 * A body of up to this many bytes is sent with its length, since simple servers need one. A longer body is sent in
 * chunks.
 */
const KNOWN_LENGTH_LIMIT = 1 << 20;

/** Statuses whose `Response` cannot have a body. */
const EMPTY = [101, 204, 205, 304];

const rawHeaders = new WeakMap<Response, readonly (readonly [string, string])[]>();

/** All headers of a response made by `http`, as received: a browser's `Headers` leaves Set-Cookie out. */
export function headersOf(response: Response): readonly (readonly [string, string])[] {
    return rawHeaders.get(response) ?? [...response.headers];
}

export async function http(session: YamuxSession, address: Address, request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = await beginBody(request);
    const header = {
        op: "http",
        address,
        method: request.method,
        url: url.pathname + url.search,
        host: url.host,
        headers: [...request.headers],
        body: body !== undefined,
        length: body ? lengthOf(body, request) : 0,
    };
    const send = body && ((stream: YamuxStream) => sendBody(stream, body));
    const call = await openCall(session, header, { signal: request.signal, send });
    const { status, headers, length } = call.reply;
    if (typeof status !== "number" || !Array.isArray(headers)) throw badReply("a response without status or headers");
    const pairs = headers as [string, string][];
    const content = bodyOf(
        call.input,
        () => {
            call.stream.end();
            call.done();
        },
        reason => {
            call.stream.reset(reason);
            call.done();
        },
    );
    const empty = request.method === "HEAD" || EMPTY.includes(status);
    if (empty) void content.cancel();
    const response = new Response(empty ? null : content, { status: status === 101 ? 502 : status, headers: pairs });
    if (typeof length === "number" && length >= 0 && !response.headers.has("content-length"))
        response.headers.set("content-length", String(length));
    rawHeaders.set(response, pairs);
    return response;
}

/**
 * Body frames as a stream. `atEnd` is called after the last one, `giveUp` if the body breaks off or its reader cancels.
 */
export function bodyOf(
    input: FrameReader,
    atEnd: () => void,
    giveUp: (reason: unknown) => void,
): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>(
        {
            async pull(controller) {
                try {
                    const part = await input.data();
                    if (part) return controller.enqueue(part);
                } catch (thrown) {
                    giveUp(thrown);
                    throw thrown;
                }
                controller.close();
                atEnd();
            },
            cancel: giveUp,
        },
        { highWaterMark: 0 },
    );
}

interface OutgoingBody {
    first: Bytes;
    rest: ReadableStreamDefaultReader<Bytes> | undefined;
    /** Total bytes, -1 if unknown. */
    length: number;
}

async function beginBody(request: Request): Promise<OutgoingBody | undefined> {
    if (!request.body) return undefined;
    const reader = request.body.getReader() as ReadableStreamDefaultReader<Bytes>;
    const parts: Bytes[] = [];
    for (let size = 0; size <= KNOWN_LENGTH_LIMIT;) {
        const { done, value } = await reader.read();
        if (done) return { first: concatBytes(parts), rest: undefined, length: size };
        parts.push(value);
        size += value.byteLength;
    }
    return { first: concatBytes(parts), rest: reader, length: -1 };
}

/**
 * A caller that knows the length of a body too long to gather gives it in Content-Length, as the preview's uploads do.
 */
function lengthOf(body: OutgoingBody, request: Request): number {
    if (body.length >= 0) return body.length;
    const declared = request.headers.get("Content-Length") ?? "";
    return /^\d+$/.test(declared) ? Number(declared) : -1;
}

async function sendBody(stream: YamuxStream, body: OutgoingBody): Promise<void> {
    try {
        await writeData(stream, body.first);
        while (body.rest) {
            const { done, value } = await body.rest.read();
            if (done) break;
            await writeData(stream, value);
        }
        await stream.write(encodeFrame(FRAME.end));
    } catch (thrown) {
        await body.rest?.cancel(thrown);
        throw thrown;
    }
}
