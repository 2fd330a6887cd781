/**
 * Translates between the browser's view of a request (preview origin, `/p/5000/...`) and the guest's
 * (`http://localhost:5000/...`). Pure; the page uses it on both sides of `http`.
 */
import type { HeaderPairs } from "../base/http";
import { translated } from "./addresses";
import type { CookieJar } from "./cookies";
import { ADDRESSES_PATH, type RequestMessage } from "./protocol";
import { guestOf, type Loopback, loopbackOf, prefixOf } from "./route";

/** Where this page's previews are. */
export interface Here {
    /** The preview's origin. */
    origin: string;
    session: string;
    /** Origin of Drydock's page, which alone may frame what the guest serves. */
    page: string;
}

export const guestUrl = (port: number, path: string): string => `http://localhost:${port}${path}`;

/**
 * Headers that the browser writes itself for its connection, or that would show the guest the preview's real address.
 */
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

/** Headers of the request as the guest gets them. `bytes` is the length of the body if it is known. */
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
    // The browser does not decode a synthetic response, and compression costs the emulated processor more than the
    // bytes cost us.
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
 * Headers of the guest's answer that are not passed on:
 * - those of the connection, and Set-Cookie, which the jar keeps;
 * - X-Frame-Options, since the preview exists to show the page in a frame. The header protects a user's session at one
 *   site from another site's frame; here the user asked for the frame, and there is no session but the guest's own;
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
    "connection-allowlist",
    "connection-allowlist-report-only",
    "x-dns-prefetch-control",
    "speculation-rules",
]);

/**
 * Directives of the guest's own policy that would refuse our frame, require TLS where there is none, or send reports
 * out.
 */
const notInPolicy = new Set([
    "frame-ancestors",
    "upgrade-insecure-requests",
    "block-all-mixed-content",
    "report-uri",
    "report-to",
    "sandbox",
]);

/**
 * Keeps the previewed page inside the sandbox: it names the preview and nothing else. If it contained
 * `http://localhost:*`, the service worker would answer for that in most cases; but frames that the browser hides from
 * it (sandboxed ones, those of `data:`) inherit the policy, and would reach the student's own programs. Addresses that
 * mean the guest are translated beforehand: see addresses.ts. `webrtc` is there for browsers that will know it.
 */
const ownPolicy = (page: string): string =>
    [
        "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        `frame-ancestors 'self' ${page}`,
        "webrtc 'block'",
    ].join("; ");

/**
 * Sent with every document on the preview's origin, the guest's and ours. It asks for a separate process, so that a
 * page that never ends stops only itself; for no DNS prefetch; and, where the browser knows the header (Chromium 156
 * does), for no connection to anywhere else, including those that a policy does not cover: WebRTC, preconnect, DNS
 * look-ups.
 */
const confinement: readonly (readonly [string, string])[] = [
    ["Origin-Agent-Cluster", "?1"],
    ["X-DNS-Prefetch-Control", "off"],
    ["Connection-Allowlist", "(response-origin); redirects=allow"],
];

/** The student's own computer as a guest's policy names it. */
const loopbackSource = /^(https?:\/\/)?(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:(\d+|\*))?(\/\S*)?$/i;

/** The guest's own policy, adapted to the preview's origin; "" if nothing of it is left. */
export function policyHere(policy: string, origin: string): string {
    const directives = policy
        .split(";")
        .map(directive => directive.trim().split(/\s+/))
        .filter(([name]) => name !== "" && name !== undefined && !notInPolicy.has(name.toLowerCase()));
    const names = directives.map(([name]) => name!.toLowerCase());
    const decidesScripts = (name: string) =>
        ["script-src", "script-src-elem"].includes(name) || (name === "default-src" && !names.includes("script-src"));
    return directives
        .map(([name, ...sources]) => {
            const here = sources.map(source => (loopbackSource.test(source) ? "'self'" : source));
            const isNone = here.length === 0 || here[0]!.toLowerCase() === "'none'";
            if (decidesScripts(name!.toLowerCase()) && !isNone) here.push(`${origin}${ADDRESSES_PATH}`);
            return [name, ...new Set(here)].join(" ");
        })
        .join("; ");
}

/**
 * Headers of the guest's answer as the browser gets them. `changed`: the body is no longer byte for byte the guest's.
 */
export function responseHeaders(
    headers: HeaderPairs,
    request: Loopback,
    here: Here,
    changed: { unpacked: boolean; rewritten: boolean },
): [string, string][] {
    const kept: [string, string][] = [];
    for (const [name, value] of headers) {
        const lower = name.toLowerCase();
        if (lower === "content-security-policy" && policyHere(value, here.origin) !== "")
            kept.push([name, policyHere(value, here.origin)]);
        if (notForBrowser.has(lower)) continue;
        if (lower === "content-encoding" && changed.unpacked) continue;
        if (lower === "content-length" && (changed.unpacked || changed.rewritten)) continue;
        if (lower === "location" || lower === "content-location")
            kept.push([name, locationFor(value, request, here) ?? value]);
        else if (lower === "refresh") kept.push([name, translated(value, "refresh", here)]);
        else kept.push([name, value]);
    }
    kept.push(["Content-Security-Policy", ownPolicy(here.page)]);
    // Links from the root are resolved by the address of the page that contains them: see route.ts.
    kept.push(["Referrer-Policy", "same-origin"]);
    return [...kept, ...confinement.map(([name, value]): [string, string] => [name, value])];
}

/** Where a redirect of the guest leads on the preview origin; undefined if it leaves the sandbox. */
export function locationFor(location: string, request: Loopback, { origin, session }: Here): string | undefined {
    const base = guestUrl(request.port, request.path);
    if (!URL.canParse(location, base)) return undefined;
    const target = new URL(location, base);
    const guest = loopbackOf(target);
    return guest && `${origin}${prefixOf(guest.port, session)}${guest.path}${target.hash}`;
}
