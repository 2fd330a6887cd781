/** From guest to page: the agent opens a stream for each request that the guest makes to its internet. */
import { encodeText, type Bytes } from "../base/bytes";
import { messageOf } from "../base/errors";
import { RawRequest, type HeaderPairs } from "../base/http";
import { badReply } from "./failures";
import { encodeFrame, FRAME, FrameReader, writeData } from "./frames";
import { bodyOf } from "./http";
import type { YamuxStream } from "./yamux-stream";

export type Handler = (request: Request) => Promise<Response> | Response;

/** Methods that a fetch `Request` refuses to carry. */
const REFUSED = ["CONNECT", "TRACE", "TRACK"];

/** Answers one stream. Never rejects: a failure becomes an error for the guest, which sees a 502. */
export async function answer(stream: YamuxStream, handler: Handler | undefined): Promise<void> {
    const input = new FrameReader(stream);
    const gone = new AbortController();
    let replied = false;
    // The agent closes a stream once the answer is complete, or when the guest has given up.
    stream.onPeerEnd = () => stream.reset();
    stream.onFailure = reason => gone.abort(reason);
    try {
        const header = await input.json();
        if (!handler)
            return await refuse(stream, "internet.closed", "The page does not answer requests at the moment.");
        const request = requestOf(header, input, gone);
        if (!request)
            return await refuse(
                stream,
                "internet.bad-request",
                `${String(header.method)} ${String(header.url)} is not a request that the page can answer.`,
            );
        const response = await handler(request);
        replied = true;
        await stream.write(
            encodeText(
                `${JSON.stringify({
                    ok: true,
                    status: response.status,
                    ...(response.statusText === "" ? {} : { reason: response.statusText }),
                    headers: [...response.headers],
                })}\n`,
            ),
        );
        const reader = response.body?.getReader() as ReadableStreamDefaultReader<Bytes> | undefined;
        const stop = () => void reader?.cancel(gone.signal.reason).catch(() => undefined); // the stream itself has failed
        gone.signal.addEventListener("abort", stop);
        if (gone.signal.aborted) stop();
        try {
            for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
                await writeData(stream, part.value);
        } catch (thrown) {
            stop();
            throw thrown;
        }
        await stream.write(encodeFrame(FRAME.end));
        stream.end();
    } catch (thrown) {
        if (replied) stream.reset(thrown);
        else await refuse(stream, "internet.failed", messageOf(thrown)).catch(() => stream.reset(thrown));
    }
}

async function refuse(stream: YamuxStream, code: string, message: string): Promise<void> {
    await stream.write(encodeText(`${JSON.stringify({ error: { code, message } })}\n`));
    stream.end();
}

function requestOf(header: Record<string, unknown>, input: FrameReader, gone: AbortController): Request | undefined {
    const { op, method, url, headers, body } = header;
    if (op !== "fetch" || typeof method !== "string" || typeof url !== "string" || !Array.isArray(headers))
        throw badReply("a request without its fields");
    if (REFUSED.includes(method.toUpperCase()) || !URL.canParse(url)) return undefined;
    const init: RequestInit & { duplex?: "half" } = { method, signal: gone.signal };
    if (body === true && method !== "GET" && method !== "HEAD") {
        init.body = bodyOf(
            input,
            () => undefined,
            reason => gone.abort(reason),
        );
        init.duplex = "half";
    }
    return new RawRequest(url, init, headers as HeaderPairs);
}
