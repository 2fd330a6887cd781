/** Security headers of both origins. */

export interface Origins {
    page: string;
    /**
     * The first is the preview's; the others replace it if a page there never ends. Empty: the preview shows single
     * pages.
     */
    previews: readonly string[];
}

/**
 * The page loads nothing from elsewhere, online or not (see `onlinePolicy`). `wasm-unsafe-eval` and `worker-src blob:`
 * are for v86: it compiles its translated code, and its yield helper is a worker made from a blob. `style-src
 * 'unsafe-inline'` is for xterm.js and Monaco, which write style elements. No script is ever inline.
 */
export function pagePolicy({ previews }: Origins, development: boolean): string {
    return [
        "default-src 'none'",
        // Vite's development client is an inline module.
        development
            ? "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:"
            : "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        // zstddec fetches its own code from a data: address, which reaches no host. The page asks the preview's server
        // to find out whether the browser can reach it at all.
        ["connect-src 'self' data:", ...previews.slice(0, 1), ...(development ? ["ws: blob:"] : [])].join(" "),
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self'",
        "manifest-src 'self'",
        frameSources(previews),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ].join("; ");
}

/**
 * The script of the worker that sends requests to outside hosts, as named by the build and by Vite's development
 * server.
 */
export const isOnlineWorker = (path: string): boolean => /\/online-worker[\w.-]*$/.test(path);

/**
 * For that worker alone, which runs only while the student has switched the internet on. A worker follows the policy
 * that its own script came with, so the page keeps the strict one: even markup smuggled into the page cannot reach
 * another host.
 */
export function onlinePolicy(development: boolean): string {
    return `default-src 'none'; script-src 'self'; connect-src https:${development ? " ws:" : ""}`;
}

/** For our own documents on the preview origin; what the guest serves gets its policy from the service worker. */
export function bridgePolicy(embedders: readonly string[]): string {
    return `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors ${embedders.join(" ")}`;
}

/**
 * Sent with every answer from the preview's origin. `src/preview/translate.ts` gives the reasons, and sets the same
 * headers on the guest's pages.
 */
export const previewHeaders: Record<string, string> = {
    "Origin-Agent-Cluster": "?1",
    "X-DNS-Prefetch-Control": "off",
    "Connection-Allowlist": "(response-origin); redirects=allow",
};

/** For the page that frames a guest's page in a tab of its own. */
export function tabPolicy({ previews }: Origins): string {
    return `default-src 'none'; style-src 'unsafe-inline'; ${frameSources(previews)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

const frameSources = (previews: readonly string[]): string => `frame-src ${previews.join(" ") || "'none'"}`;

/** Sent with every answer of both servers. */
export const commonHeaders: Record<string, string> = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
};

/**
 * On this computer the preview has its own host name: ports separate neither cookies nor processes, and the student's
 * own programs are on localhost. Chromium and Firefox resolve every name below localhost themselves; the page tests
 * whether its browser does (`src/app/config.ts`).
 *
 * A page that never ends occupies its process and its service worker for half a minute and more, and anything else
 * opened on that name goes to the same process. Names that are separate sites get separate processes.
 */
const previewHosts = ["preview.localhost", "preview-1.localhost", "preview-2.localhost", "preview-3.localhost"];

/** Names by which a browser on this computer reaches the page. A policy cannot name [::1]. */
const pageHosts = ["localhost", "127.0.0.1"];

/**
 * The page's origins as seen by the browser that sent `hostHeader`: it may have used another name or address than the
 * one printed. undefined if the header is not a plain host, so that no part of it gets into our own headers.
 *
 * On another computer the preview has no origin: plain http allows no service worker there, and a second port of the
 * same host would share its cookies.
 */
export function originsFor(
    hostHeader: string | undefined,
    ports: { page: number; preview: number },
): Origins | undefined {
    const host = hostOf(hostHeader);
    if (host === undefined) return undefined;
    const isHere = pageHosts.includes(host);
    return { page: originOf(host, ports.page), previews: isHere ? previewOrigins(ports.preview) : [] };
}

/**
 * Origins that may frame the preview's own documents; undefined if the browser used a name that is not the preview's.
 */
export function embeddersFor(
    hostHeader: string | undefined,
    ports: { page: number; preview: number },
): string[] | undefined {
    return previewHosts.includes(hostOf(hostHeader) ?? "")
        ? pageHosts.map(host => originOf(host, ports.page))
        : undefined;
}

export const previewOrigins = (port: number): string[] => previewHosts.map(host => originOf(host, port));

const hostOf = (header: string | undefined): string | undefined =>
    /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(header ?? "")?.[1]!.toLowerCase();

/** As browsers write it: without port 80. */
const originOf = (host: string, port: number): string => `http://${host}${port === 80 ? "" : `:${port}`}`;
