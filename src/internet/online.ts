/**
 * The way out, off by default: if nothing in the page has the answer, the real host is asked, as far as a browser lets
 * a page do that.
 *
 * These leave the page: the requested address, the headers in `PASSED_ON`, and the body that the guest sends. These
 * stay here: cookies, tokens, every other header, requests to hosts that exist in the page, and names of private
 * networks, since a program in the guest must not explore the student's own network.
 */
import { readAll, type Bytes } from "../base/bytes";
import { isAbort, messageOf } from "../base/errors";
import type { Readable } from "../base/store";
import type { Internet } from "./internet";
import { untold } from "./told";

export interface OutsideRequest {
    /** https: */
    url: string;
    method: string;
    headers: readonly (readonly [string, string])[];
    body: Bytes | undefined;
    signal: AbortSignal;
}

/**
 * Asks a host outside the page. Rejects if the browser does not show the answer, whatever the reason: it does not say
 * which.
 */
export type Passage = (request: OutsideRequest) => Promise<{
    url: string;
    status: number;
    headers: readonly (readonly [string, string])[];
    body: ReadableStream<Bytes>;
}>;

export interface OnlineOptions {
    /** The switch. */
    on: Readable<boolean>;
    passage: Passage;
}

/** What a browser sends without asking the host first; Authorization is not among these. */
const PASSED_ON = ["accept", "accept-language", "content-language", "content-type", "range"];

/** These describe the body as it was transferred; the browser has since decompressed it. */
const NOT_PASSED_BACK = ["content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"];

/** Bytes. A page cannot stream the body of a request. */
const LARGEST_BODY = 16 << 20;

/** Statuses whose answer has no body. */
const EMPTY = [204, 205, 304];

export function withOnline(internet: Internet, { on, passage }: OnlineOptions): Internet {
    return async (request, tell = untold) => {
        if (!on.state) return internet(request, tell);
        let unknownHost = false;
        // the body is needed twice only if nothing in the page reads it
        const own = await internet(request, told => {
            if (told.kind === "unknown-host") unknownHost = true;
            tell(told);
        });
        const outside = outsideAddress(new URL(request.url));
        if (outside === undefined || !(unknownHost || isMissing(request, own))) return own;
        let body: Bytes | undefined;
        try {
            body =
                request.body && !request.body.locked
                    ? await readAll(request.body as ReadableStream<Bytes>, LARGEST_BODY)
                    : undefined;
        } catch (thrown) {
            if (!(thrown instanceof RangeError)) throw thrown;
            tell({ kind: "outside", address: outside, problem: "The request's body is too large to pass on." });
            return text(413, `This request is too large: the page can pass on at most ${LARGEST_BODY >> 20} MB.`);
        }
        try {
            const headers = PASSED_ON.flatMap(name =>
                request.headers.has(name) ? [[name, request.headers.get(name)!] as const] : [],
            );
            const found = await passage({
                url: outside,
                method: request.method,
                headers,
                body,
                signal: request.signal,
            });
            await own.body?.cancel();
            tell({ kind: "outside", address: found.url, problem: undefined });
            return answerOf(found, request.method);
        } catch (thrown) {
            if (request.signal.aborted || isAbort(thrown)) throw thrown;
            const problem = `${new URL(outside).host} did not let this page read its answer: most hosts answer only their own pages (CORS), or the network is down. (${messageOf(thrown)})`;
            tell({ kind: "outside", address: outside, problem });
            return unknownHost ? text(502, problem) : own; // a mirror's own message says more than ours
        }
    };
}

/** True for something that a mirror does not have. Requests that change something are not tried elsewhere. */
const isMissing = ({ method }: Request, { status }: Response): boolean =>
    status === 404 && (method === "GET" || method === "HEAD");

/** Always https: a page may request nothing else, and nobody can read the request on its way. */
function outsideAddress({ hostname, pathname, search }: URL): string | undefined {
    return isPublicName(hostname) ? `https://${hostname}${pathname}${search}` : undefined;
}

const PRIVATE = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
    "invalid",
    "example",
    "test",
    "lab",
];

/**
 * True unless it is an address or a name in a private network. A container's own name, such as "db", reaches the page
 * when it is misspelt.
 */
export function isPublicName(hostname: string): boolean {
    const labels = hostname.toLowerCase().replace(/\.$/, "").split(".");
    const last = labels.at(-1)!;
    return labels.length > 1 && /^[a-z][a-z0-9-]*[a-z0-9]$/.test(last) && !PRIVATE.includes(last);
}

function answerOf({ status, headers, body }: Awaited<ReturnType<Passage>>, method: string): Response {
    const passed = headers.filter(([name]) => !NOT_PASSED_BACK.includes(name.toLowerCase())) as [string, string][];
    return new Response(EMPTY.includes(status) || method === "HEAD" ? null : body, { status, headers: passed });
}

const text = (status: number, words: string): Response =>
    new Response(`${words}\n`, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
