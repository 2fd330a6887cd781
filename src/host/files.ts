/**
 * Serves a folder's files over HTTP: types, validators, ranges, compression. This is our own code because the libraries
 * fall short: `sirv` answers HEAD with a body, misreads `bytes=-5` (lukeed/sirv#155), ignores If-Range and follows links
 * out of the folder; `send` refuses a suffix longer than the file; neither compresses what it sends.
 */
import { createReadStream } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { byteRange, contentRange } from "../internet/byte-range";

const types: Record<string, string> = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".map": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".webmanifest": "application/manifest+json",
};

const typeOf = (path: string): string => types[extname(path).toLowerCase()] ?? "application/octet-stream";

const packable = new Set([
    ".html",
    ".js",
    ".mjs",
    ".css",
    ".json",
    ".map",
    ".svg",
    ".wasm",
    ".txt",
    ".md",
    ".ttf",
    ".bin",
    ".webmanifest",
]);
const smallestPacked = 1024;
const largestPacked = 32 << 20;

/** What the answer for a file says besides its content. */
export interface FileHeaders {
    cache: "forever" | "revalidate";
    headers?: Record<string, string>;
}

/**
 * The file that `pathname` (still percent-encoded) names below `folder`; undefined if there is none, or if the name
 * leads out of the folder, through ".." or a link, or to a hidden file.
 */
export async function locate(folder: string, pathname: string): Promise<string | undefined> {
    let decoded: string;
    try {
        decoded = decodeURIComponent(pathname);
    } catch {
        return undefined; // not percent-encoding
    }
    if (decoded.includes("\0") || decoded.includes("\\")) return undefined;
    const parts = decoded.split("/").filter(part => part !== "");
    if (parts.some(part => part.startsWith("."))) return undefined;
    try {
        const base = await realpath(folder);
        const path = await realpath(join(base, ...parts));
        return path.startsWith(base + sep) && (await stat(path)).isFile() ? path : undefined;
    } catch {
        return undefined; // missing
    }
}

/** Answers with the file at `path`, which must exist. */
export async function sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    { cache, headers = {} }: FileHeaders,
): Promise<void> {
    const { size, mtimeMs } = await stat(path);
    const tag = `${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}`;
    const encoding =
        packable.has(extname(path)) && size >= smallestPacked && size <= largestPacked && !request.headers.range
            ? encodingFor(request)
            : undefined;
    const etag = encoding ? `"${tag}-${encoding}"` : `"${tag}"`;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("Content-Type", typeOf(path));
    response.setHeader("Cache-Control", cache === "forever" ? "public, max-age=31536000, immutable" : "no-cache");
    response.setHeader("ETag", etag);
    response.setHeader("Accept-Ranges", "bytes");
    if (packable.has(extname(path))) response.setHeader("Vary", "Accept-Encoding");
    if (request.headers["if-none-match"]?.split(",").some(known => known.trim().replace(/^W\//, "") === etag)) {
        response.writeHead(304).end();
        return;
    }
    if (encoding) {
        const packed = await pack(path, tag, encoding);
        response.writeHead(200, { "Content-Encoding": encoding, "Content-Length": packed.byteLength });
        response.end(request.method === "HEAD" ? undefined : packed);
        return;
    }
    const condition = request.headers["if-range"];
    const range =
        condition === undefined || condition === `"${tag}"` ? byteRange(request.headers.range, size) : undefined;
    if (range === "unsatisfiable") {
        response.writeHead(416, { "Content-Range": contentRange(undefined, size) }).end();
        return;
    }
    const { start, end } = range ?? { start: 0, end: size };
    response.writeHead(range ? 206 : 200, {
        "Content-Length": end - start,
        ...(range ? { "Content-Range": contentRange(range, size) } : {}),
    });
    if (request.method === "HEAD" || size === 0) response.end();
    else await pipeline(createReadStream(path, { start, end: end - 1 }), response).catch(ignoreLeft);
}

/** It is no error if a browser goes away in the middle of a file. */
function ignoreLeft(thrown: NodeJS.ErrnoException): void {
    if (thrown.code !== "ERR_STREAM_PREMATURE_CLOSE" && thrown.code !== "ECONNRESET" && thrown.code !== "EPIPE")
        throw thrown;
}

type Encoding = "br" | "gzip";

function encodingFor(request: IncomingMessage): Encoding | undefined {
    const accepted = (request.headers["accept-encoding"] ?? "").split(",").map(part => part.trim().toLowerCase());
    const takes = (name: string) =>
        accepted.some(part => part === name || (part.startsWith(`${name};`) && !/;\s*q=0(\.0*)?$/.test(part)));
    return takes("br") ? "br" : takes("gzip") ? "gzip" : undefined;
}

const packedFiles = new Map<string, Promise<Buffer>>();

/**
 * Compresses once and keeps the result as long as the server runs; quality 5 compresses Monaco in well under a second.
 */
function pack(path: string, tag: string, encoding: Encoding): Promise<Buffer> {
    const key = `${encoding} ${tag} ${path}`;
    const known = packedFiles.get(key);
    if (known) return known;
    const packed = readFile(path).then(content =>
        encoding === "br"
            ? promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
            : promisify(gzip)(content),
    );
    packedFiles.set(key, packed);
    packed.catch(() => packedFiles.delete(key));
    return packed;
}
