/**
 * The page's side of one request: asks the guest, streams both bodies, and turns every failure into a page that says
 * why.
 */
import { headersOf } from "../agent/http";
import { abortable, within } from "../base/abort";
import { type Bytes, concatBytes, encodeText } from "../base/bytes";
import { DrydockError, isAbort, messageOf } from "../base/errors";
import { RawRequest } from "../base/http";
import { type Port, receiveBody, sendBody } from "./body";
import type { CookieJar } from "./cookies";
import { type OwnPage, pageParts, pages } from "./pages";
import { type AnswerMessage, PROTOCOL, type RequestMessage } from "./protocol";
import { guestUrl, type Here, locationFor, requestHeaders, responseHeaders } from "./translate";

/** Sends a request to a port of the guest. Rejects with "agent.refused" if nothing listens there. */
export type AskGuest = (port: number, request: Request) => Promise<Response>;

export interface Answerer extends Here {
    http: AskGuest;
    jar: CookieJar;
    userAgent: string;
    /** Seconds until the guest's first byte; default 120, since an emulated processor may take 30 s for a first import. */
    patience?: number;
}

/**
 * Bytes of a request's body that are gathered to find its length: many small servers (Python's http.server above all)
 * read Content-Length and do not understand chunks. A longer upload is streamed without it.
 */
const GATHER = 8 << 20;

/** Statuses without a body; Response's constructor insists on that. */
const bodiless = new Set([101, 204, 205, 304]);

/** Answers `message` on `port`. Resolves when the exchange is over; never rejects. Aborting `signal` cancels it. */
export async function answer(
    message: RequestMessage,
    port: Port,
    options: Answerer,
    signal: AbortSignal,
): Promise<void> {
    const post = (answer: AnswerMessage) => port.postMessage(answer);
    if (message.protocol !== PROTOCOL) return post({ kind: "refused", protocol: PROTOCOL });
    post({ kind: "accepted" });
    try {
        const response = await ask(message, port, options, signal);
        const received = headersOf(response);
        const encoding = response.headers.get("Content-Encoding")?.toLowerCase();
        const decoder = encoding === "gzip" || encoding === "deflate" ? new DecompressionStream(encoding) : undefined;
        const hasBody = response.body !== null && message.method !== "HEAD" && !bodiless.has(response.status);
        const location = response.headers.get("Location");
        if (
            message.navigation &&
            location !== null &&
            response.status >= 300 &&
            response.status < 400 &&
            locationFor(location, message, options) === undefined
        ) {
            await response.body?.cancel();
            return await sendPage(port, pages.outside(hostOf(location)), true, signal);
        }
        options.jar.keep(
            message.port,
            message.path,
            received.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value),
        );
        const rewrites = hasBody && message.navigation && isMarkup(response.headers.get("Content-Type"));
        const rewriter = rewrites ? (await import("./markup")).rewriteMarkup(options) : undefined;
        const headers = responseHeaders(received, message, options, {
            unpacked: hasBody && decoder !== undefined,
            rewritten: rewriter !== undefined,
        });
        post({ kind: "head", status: response.status, statusText: response.statusText, headers, hasBody });
        if (hasBody) {
            let body = response.body as ReadableStream<Bytes>;
            if (decoder) body = body.pipeThrough<Bytes>(decoder as ReadableWritablePair<Bytes, Bytes>);
            if (rewriter) body = body.pipeThrough(rewriter);
            await sendBody(port, body, signal);
        } else await response.body?.cancel();
    } catch (thrown) {
        if (signal.aborted || isAbort(thrown)) return port.postMessage({ kind: "broken", message: messageOf(thrown) });
        await sendPage(port, pageFor(thrown, message, options), message.navigation, signal);
    }
}

async function ask(message: RequestMessage, port: Port, options: Answerer, signal: AbortSignal): Promise<Response> {
    const body = message.hasBody ? await gather(receiveBody(port)) : undefined;
    const bytes = body instanceof Uint8Array ? body.byteLength : undefined;
    const headers = requestHeaders(message, options.origin, options.jar, bytes, options.userAgent);
    const streamed = body instanceof ReadableStream ? { duplex: "half" as const } : {};
    const limit = new AbortController();
    const given = { method: message.method, body, signal: AbortSignal.any([signal, limit.signal]), ...streamed };
    const request = new RawRequest(guestUrl(message.port, message.path), given, headers);
    try {
        return await within(
            abortable(options.http(message.port, request), signal),
            (options.patience ?? 120) * 1000,
            `Port ${message.port}`,
        );
    } catch (thrown) {
        limit.abort(thrown);
        throw thrown;
    }
}

/** The whole body if it is short enough, otherwise a stream of all of it. */
async function gather(source: ReadableStream<Bytes>): Promise<Bytes | ReadableStream<Bytes>> {
    const reader = source.getReader();
    const parts: Bytes[] = [];
    let size = 0;
    while (size <= GATHER) {
        const { done, value } = await reader.read();
        if (done) return concatBytes(parts);
        parts.push(value);
        size += value.byteLength;
    }
    return new ReadableStream<Bytes>({
        async pull(controller) {
            const part = parts.shift();
            if (part) return controller.enqueue(part);
            const { done, value } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
        },
        cancel: reason => reader.cancel(reason),
    });
}

/** How Go's HTTP client says that the other side closed the connection before answering. */
const droppedConnection = /\bEOF\b|reset by peer|broken pipe|closed (idle )?connection/;

/** The page for a request that failed. */
export function pageFor(
    thrown: unknown,
    message: Pick<RequestMessage, "port" | "method">,
    options: Pick<Answerer, "patience"> = {},
): OwnPage {
    if (!(thrown instanceof DrydockError)) return pages.brokenAnswer(message.port, messageOf(thrown));
    if (thrown.code === "agent.bad-reply")
        return droppedConnection.test(thrown.message)
            ? pages.notReady(message.port, message.method === "GET")
            : pages.brokenAnswer(message.port, thrown.message);
    if (thrown.code === "agent.refused") return pages.noListener(message.port, message.method === "GET");
    if (thrown.code === "base.timeout") return pages.silent(message.port, options.patience ?? 120);
    return pages.failed(thrown.message, thrown.advice);
}

async function sendPage(port: Port, page: OwnPage, navigation: boolean, signal: AbortSignal): Promise<void> {
    const { status, headers, body } = pageParts(page, navigation);
    port.postMessage({ kind: "head", status, statusText: "", headers, hasBody: true } satisfies AnswerMessage);
    await sendBody(port, new Response(encodeText(body)).body as ReadableStream<Bytes>, signal);
}

/** True for pages whose tags can be read without decoding them, which rules out UTF-16. */
const isMarkup = (type: string | null): boolean => /^\s*text\/html\b(?!.*utf-16)/i.test(type ?? "");

const hostOf = (location: string): string => (URL.canParse(location) ? new URL(location).host : location);
