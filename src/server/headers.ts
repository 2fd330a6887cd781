/** Security headers of both origins. */

export interface Origins {
    page: string;
    preview: string;
}

/**
 * The page loads nothing from elsewhere, online or not (see `onlinePolicy`). `wasm-unsafe-eval` and `worker-src blob:` are v86's: it compiles its translated
 * code, and its yield helper is a worker made from a blob. `style-src 'unsafe-inline'` is xterm.js's and Monaco's, which
 * write style elements; no script is ever inline.
 */
export function pagePolicy({ preview }: Origins, development: boolean): string {
    return [
        "default-src 'none'",
        // Vite's development client is an inline module.
        development
            ? "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:"
            : "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        // zstddec fetches its own code from a data: address, which reaches nothing.
        development ? "connect-src 'self' data: ws: blob:" : "connect-src 'self' data:",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self'",
        "manifest-src 'self'",
        `frame-src ${preview}`,
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ].join("; ");
}

/** The script of the worker that asks hosts outside: as the build names it, and as Vite's development server does. */
export const isOnlineWorker = (path: string): boolean => /\/online-worker[\w.-]*$/.test(path);

/**
 * Of that worker alone, and it runs only while the student has switched the internet on. A worker goes by the policy that its own
 * script came with, so the page keeps the strict one: markup that somebody smuggles into it still reaches no other host.
 */
export function onlinePolicy(development: boolean): string {
    return `default-src 'none'; script-src 'self'; connect-src https:${development ? " ws:" : ""}`;
}

/** Of our own documents on the preview origin; what the guest serves gets its policy from the service worker. */
export function bridgePolicy({ page }: Origins): string {
    return `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors ${page}`;
}

/** On every answer of both servers. */
export const commonHeaders: Record<string, string> = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
};

/**
 * Both origins as the browser that sent `hostHeader` sees them: it may have come by another name or address than the one
 * printed. undefined when the header is no plain host, so that nothing of it gets into a header of ours.
 */
export function originsFor(
    hostHeader: string | undefined,
    ports: { page: number; preview: number },
): Origins | undefined {
    const match = /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.exec(hostHeader ?? "");
    if (!match) return undefined;
    const host = match[1]!.toLowerCase();
    return { page: originOf(host, ports.page), preview: originOf(host, ports.preview) };
}

/** As browsers write it: port 80 unsaid. */
const originOf = (host: string, port: number): string => `http://${host}${port === 80 ? "" : `:${port}`}`;
