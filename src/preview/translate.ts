/**
 * Between the browser's idea of a request (preview origin, `/p/5000/...`) and the guest's (`http://localhost:5000/...`).
 * Pure; the page uses it on both sides of `http`.
 */
import type { HeaderPairs } from "../base/http";
import type { CookieJar } from "./cookies";
import type { RequestMessage } from "./protocol";
import { guestOf, type Loopback, loopbackOf, prefixOf } from "./route";

/** Where this page's previews are. */
export interface Here {
    /** The preview's origin. */
    origin: string;
    session: string;
}

export const guestUrl = (port: number, path: string): string => `http://localhost:${port}${path}`;

/** What the browser writes itself on a connection, or what would let the guest see the preview's real address. */
const notForGuest = new Set([
    "host",
    "origin",
    "referer",
    "cookie",
    "connection",
    "accept-encoding",
    "content-length",
    "upgrade-insecure-requests",
]);

/** Headers of the request as the guest gets them. `bytes` is the length of the body when it is known. */
export function requestHeaders(
    message: RequestMessage,
    origin: string,
    jar: CookieJar,
    bytes: number | undefined,
    userAgent: string,
): [string, string][] {
    const headers: [string, string][] = message.headers
        .filter(([name]) => !notForGuest.has(name.toLowerCase()))
        .map(([name, value]) => [name, value]);
    if (!headers.some(([name]) => name.toLowerCase() === "user-agent")) headers.push(["User-Agent", userAgent]);
    // A synthetic response is not decoded by the browser, and packing costs the emulated processor more than the bytes cost us.
    headers.push(["Accept-Encoding", "identity"]);
    const asker = guestOf(message.referrer, origin);
    if (asker) headers.push(["Referer", guestUrl(asker.port, asker.path)]);
    // As browsers do: on every method that may change something.
    if (message.method !== "GET" && message.method !== "HEAD")
        headers.push(["Origin", asker ? guestUrl(asker.port, "") : guestUrl(message.port, "")]);
    const cookies = jar.header(message.port, message.path);
    if (cookies !== undefined) headers.push(["Cookie", cookies]);
    if (bytes !== undefined) headers.push(["Content-Length", String(bytes)]);
    return headers;
}

/**
 * Headers of the guest's answer that stay behind:
 * - those of the connection, and Set-Cookie, which the jar keeps;
 * - X-Frame-Options, since showing the page in a frame is what the preview is for. It protects a user's session at one
 *   site from another site's frame; here the user asked for the frame and there is no session but the guest's own;
 * - what would change the preview origin itself for longer than the page lives.
 */
const notForBrowser = new Set([
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "trailer",
    "set-cookie",
    "set-cookie2",
    "x-frame-options",
    "content-security-policy",
    "content-security-policy-report-only",
    "referrer-policy",
    "service-worker-allowed",
    "clear-site-data",
    "strict-transport-security",
    "public-key-pins",
    "alt-svc",
    "nel",
    "report-to",
    "reporting-endpoints",
    "origin-agent-cluster",
]);

/** Directives of the guest's own policy that would refuse our frame, ask for TLS that is not there, or call out. */
const notInPolicy = new Set([
    "frame-ancestors",
    "upgrade-insecure-requests",
    "block-all-mixed-content",
    "report-uri",
    "report-to",
    "sandbox",
]);

/**
 * Keeps the previewed page inside the sandbox: its own origin, and addresses of the student's computer, which the service
 * worker answers from the guest. Anything else would be a request to the internet that nobody asked for.
 * `connect-src` names no ws: a WebSocket cannot be answered by a service worker, so it fails at once and says why.
 */
const ownPolicy = (() => {
    const places = "'self' http://localhost:* http://127.0.0.1:* http://0.0.0.0:* https://localhost:* data: blob:";
    return `default-src ${places} 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src 'self' blob:; object-src 'none'; form-action 'self' http://localhost:* http://127.0.0.1:*`;
})();

export function policyWithout(policy: string): string {
    return policy
        .split(";")
        .map(directive => directive.trim())
        .filter(directive => directive !== "" && !notInPolicy.has(directive.split(/\s/, 1)[0]!.toLowerCase()))
        .join("; ");
}

/** Headers of the guest's answer as the browser gets them. `decoded`: the body was packed and is not any more. */
export function responseHeaders(
    headers: HeaderPairs,
    request: Loopback,
    here: Here,
    decoded: boolean,
): [string, string][] {
    const kept: [string, string][] = [];
    for (const [name, value] of headers) {
        const lower = name.toLowerCase();
        if (lower === "content-security-policy" && policyWithout(value) !== "") kept.push([name, policyWithout(value)]);
        if (notForBrowser.has(lower)) continue;
        if (decoded && (lower === "content-encoding" || lower === "content-length")) continue;
        if (lower === "location" || lower === "content-location")
            kept.push([name, locationFor(value, request, here) ?? value]);
        else kept.push([name, value]);
    }
    kept.push(["Content-Security-Policy", ownPolicy]);
    // Links from the root are placed by the address of the page that holds them: see route.ts.
    kept.push(["Referrer-Policy", "same-origin"]);
    return kept;
}

/** Where a redirect of the guest leads on the preview origin; undefined when out of the sandbox. */
export function locationFor(location: string, request: Loopback, { origin, session }: Here): string | undefined {
    const base = guestUrl(request.port, request.path);
    if (!URL.canParse(location, base)) return undefined;
    const target = new URL(location, base);
    const guest = loopbackOf(target);
    return guest && `${origin}${prefixOf(guest.port, session)}${guest.path}${target.hash}`;
}
