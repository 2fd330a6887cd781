/** The web server: the page on one port, the preview's own origin on the next. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { join } from "node:path";
import { DrydockError, messageOf } from "../base/errors";
import { locate, sendFile } from "../host/files";
import { listen, type Listening } from "./listen";
import {
    bridgePolicy,
    commonHeaders,
    embeddersFor,
    isOnlineWorker,
    onlinePolicy,
    type Origins,
    originsFor,
    pagePolicy,
    previewHeaders,
    previewOrigins,
    tabPolicy,
} from "./headers";
import { previewTab } from "./preview-tab";

export interface ServerOptions {
    /** First port to try, default 5173; the next free pair is used. 0 lets the system choose. */
    port?: number;
    /** Default: the port after the page's. */
    previewPort?: number;
    /** Address to listen on, default "localhost" (this machine only). */
    host?: string;
    /** Folder of the built page. */
    dist: string;
    /** Folder of the VM image (with image.json). */
    image: string;
    version?: string;
    /** Serves the page instead of `dist` (Vite's development server). */
    middleware?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RunningServer {
    /** The page's address, with a slash at the end. */
    url: string;
    /** The preview's address for this computer's browser, with a slash at the end. */
    previewUrl: string;
    close(): Promise<void>;
}

/** Ports tried after the first before giving up. */
const TRIES = 20;

/**
 * Rejects with "serve.port-taken" if no pair of ports is free, and with "serve.address" if `host` is not an address of
 * this machine.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
    const host = options.host ?? "localhost";
    const ports = { page: 0, preview: 0 };
    const page = guarded(
        header => originsFor(header, ports),
        (request, response, origins) => servePage(request, response, origins, options),
    );
    const preview = guarded(
        header => embeddersFor(header, ports),
        (request, response, embedders) => servePreview(request, response, embedders, options),
    );
    const first = options.port ?? 5173;
    for (let attempt = 0; ; attempt++) {
        const wanted = first === 0 ? 0 : first + attempt * 2;
        const open: Listening[] = [];
        try {
            open.push(await listen(page, wanted, host));
            ports.page = open[0]!.port;
            open.push(await listen(preview, options.previewPort ?? (wanted === 0 ? 0 : ports.page + 1), host));
            ports.preview = open[1]!.port;
        } catch (thrown) {
            await Promise.all(open.map(one => one.close()));
            const code = (thrown as NodeJS.ErrnoException).code;
            if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
                throw new DrydockError(
                    "serve.address",
                    `This computer has no address ${host}.`,
                    "Use --host localhost, or --host 0.0.0.0 for every address.",
                    { cause: thrown },
                );
            const pinned = options.previewPort !== undefined && options.previewPort !== 0;
            if ((code !== "EADDRINUSE" && code !== "EACCES") || pinned || attempt >= TRIES)
                throw new DrydockError(
                    "serve.port-taken",
                    `Port ${wanted} or the next one cannot be used (${messageOf(thrown)}).`,
                    "Choose another port with --port.",
                    { cause: thrown },
                );
            continue;
        }
        const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
        return {
            url: `http://${name}:${ports.page}/`,
            previewUrl: `${previewOrigins(ports.preview)[0]}/`,
            close: async () => {
                await Promise.all(open.map(one => one.close()));
            },
        };
    }
}

/** What holds for every request: it gets our headers, its host must be one that `known` accepts, and it always ends. */
function guarded<T>(
    known: (hostHeader: string | undefined) => T | undefined,
    handler: (request: IncomingMessage, response: ServerResponse, host: T) => Promise<void>,
): RequestListener {
    return (request, response) => {
        for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
        const host = known(request.headers.host);
        if (host === undefined) return plain(response, 400, "This server does not answer to that host name.");
        handler(request, response, host).catch((thrown: unknown) => {
            console.error(`${request.url}: ${messageOf(thrown)}`);
            if (response.headersSent) response.destroy();
            else plain(response, 500, "The server could not read the file.");
        });
    };
}

function plain(response: ServerResponse, status: number, text: string): void {
    response
        .writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" })
        .end(`${text}\n`);
}

/** Answers a request that wants to change something, since nothing here can be changed. True if it was one. */
function refused(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method === "GET" || request.method === "HEAD") return false;
    response.setHeader("Allow", "GET, HEAD");
    plain(response, 405, "Only GET and HEAD are allowed.");
    return true;
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0]!;

async function servePage(
    request: IncomingMessage,
    response: ServerResponse,
    origins: Origins,
    options: ServerOptions,
): Promise<void> {
    const path = pathOf(request);
    const development = options.middleware !== undefined;
    response.setHeader(
        "Content-Security-Policy",
        isOnlineWorker(path) ? onlinePolicy(development) : pagePolicy(origins, development),
    );
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    const tab = previewTab(request.url ?? "/", origins.previews);
    if (tab !== undefined) {
        response.setHeader("Content-Security-Policy", tabPolicy(origins));
        if (refused(request, response)) return;
        return void response
            .writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" })
            .end(tab);
    }
    if (options.middleware && path !== "/config.json" && !path.startsWith("/vm/"))
        return options.middleware(request, response);
    if (refused(request, response)) return;
    if (path === "/config.json") return sendConfig(response, origins, options);
    if (path.startsWith("/vm/")) {
        const file = await locate(options.image, path.slice("/vm".length));
        if (!file) return plain(response, 404, "The VM image has no such file.");
        return sendFile(request, response, file, { cache: path === "/vm/image.json" ? "revalidate" : "forever" });
    }
    // The preview's files belong to the other origin only.
    const file = path.startsWith("/preview/")
        ? undefined
        : await locate(options.dist, path === "/" ? "/index.html" : path);
    if (!file) return plain(response, 404, "There is no such page.");
    return sendFile(request, response, file, { cache: path.startsWith("/assets/") ? "forever" : "revalidate" });
}

async function servePreview(
    request: IncomingMessage,
    response: ServerResponse,
    embedders: readonly string[],
    options: ServerOptions,
): Promise<void> {
    for (const [name, value] of Object.entries(previewHeaders)) response.setHeader(name, value);
    response.setHeader("Content-Security-Policy", bridgePolicy(embedders));
    if (refused(request, response)) return;
    const isWorker =
        request.headers["service-worker"] === "script" || request.headers["sec-fetch-dest"] === "serviceworker";
    if (isWorker && pathOf(request) !== "/service-worker.js")
        return plain(response, 403, "Only the preview's own script is a service worker here.");
    const folder = join(options.dist, "preview");
    const file = await locate(folder, pathOf(request));
    if (file) return sendFile(request, response, file, { cache: "revalidate" });
    if (request.headers["sec-fetch-dest"] === "document")
        return plain(
            response,
            403,
            "Pages of the machine are shown inside Drydock only. Use the preview pane of its tab.",
        );
    // Anything else is for the guest and should have gone through the service worker: answer with a document that
    // installs it and loads again.
    const waiting =
        request.headers["sec-fetch-dest"] === undefined ||
        /^(iframe|frame)$/.test(String(request.headers["sec-fetch-dest"]))
            ? await locate(folder, "/waiting.html")
            : undefined;
    if (!waiting) return plain(response, 404, "The preview's service worker should answer this, but it is not active.");
    return sendFile(request, response, waiting, { cache: "revalidate" });
}

async function sendConfig(response: ServerResponse, origins: Origins, options: ServerOptions): Promise<void> {
    const image = await imageId(options.image);
    response.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
    response.end(
        JSON.stringify({ previewOrigins: origins.previews, version: options.version ?? "development", image }),
    );
}

/** Read on each request: the image may be built while the server runs. */
async function imageId(folder: string): Promise<string | undefined> {
    try {
        const manifest: unknown = JSON.parse(await readFile(join(folder, "image.json"), "utf8"));
        return typeof manifest === "object" && manifest !== null && "id" in manifest && typeof manifest.id === "string"
            ? manifest.id
            : undefined;
    } catch {
        return undefined; // no image yet; the page says so when it looks for it
    }
}
