import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFileBundle } from "../../../src/host/file-bundle";
import { originsFor, previewOrigins } from "../../../src/server/headers";
import { type RunningServer, startServer } from "../../../src/server/server";
import { readAll } from "../../../src/base/bytes";
import { SANDBOX } from "../../../src/preview/bridge";

const script = `console.log("${"long ".repeat(1000)}");\n`;
const blob = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));

let folder: string;
let server: RunningServer;

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "drydock-serve-"));
    for (const name of ["dist/assets", "dist/preview", "image/disk/ab"])
        mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "dist/index.html"), "<!doctype html><title>Drydock</title>");
    writeFileSync(join(folder, "dist/.built-from"), "hidden");
    writeFileSync(join(folder, "dist/assets/app-1234.js"), script);
    for (const [name, content] of [
        ["bridge.html", "bridge"],
        ["service-worker.js", "// worker"],
        ["waiting.html", "waiting"],
    ] as const)
        writeFileSync(join(folder, "dist/preview", name), content);
    writeFileSync(join(folder, "image/image.json"), JSON.stringify({ id: "abc123" }));
    writeFileSync(join(folder, "image/disk/ab/abcd.zst"), blob);
    writeFileSync(join(folder, "image/empty"), "");
    writeFileSync(join(folder, "image/v86.wasm"), Buffer.alloc(5000));
    symlinkSync(join(folder, "secret.txt"), join(folder, "image/link"));
    server = await startServer({
        port: 0,
        host: "127.0.0.1",
        dist: join(folder, "dist"),
        image: join(folder, "image"),
        version: "1.2.3",
    });
});
afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
});

interface Got {
    status: number;
    headers: IncomingHttpHeaders;
    body: Buffer;
}

/** Uses node:http, since fetch normalises paths, decompresses bodies and sets its own host. */
function get(
    path: string,
    headers: Record<string, string> = {},
    options: { base?: string; method?: string } = {},
): Promise<Got> {
    const { hostname, port, host } = new URL(options.base ?? server.url);
    return new Promise((resolve, reject) => {
        request(
            {
                // Browsers resolve preview.localhost themselves, but not every system does.
                host: hostname.replace("preview.localhost", "127.0.0.1"),
                port,
                path,
                method: options.method ?? "GET",
                headers: { Host: host, ...headers },
                agent: false,
            },
            response => {
                const parts: Buffer[] = [];
                response.on("data", part => parts.push(part as Buffer));
                response.on("end", () =>
                    resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
                );
            },
        )
            .on("error", reject)
            .end();
    });
}

const preview = {
    get base() {
        return server.previewUrl;
    },
};

describe("the page's origin", () => {
    test("serves the page with a strict policy that names the preview's origin and no other", async () => {
        const { status, headers, body } = await get("/");
        expect(status).toBe(200);
        expect(body.toString()).toContain("Drydock");
        const policy = String(headers["content-security-policy"]);
        expect(policy).toContain("default-src 'none'");
        expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
        expect(policy).toContain("worker-src 'self' blob:");
        expect(policy).toContain(`frame-src ${previewOrigins(Number(new URL(server.previewUrl).port)).join(" ")};`);
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).not.toContain("unsafe-eval' ");
        expect(headers["x-content-type-options"]).toBe("nosniff");
        expect(headers["cache-control"]).toBe("no-cache");
    });

    test("only the worker that asks hosts outside may connect to them", async () => {
        const policy = async (path: string) => String((await get(path)).headers["content-security-policy"]);
        expect(await policy("/assets/online-worker-Ab_1-x.js")).toBe(
            "default-src 'none'; script-src 'self'; connect-src https:",
        );
        for (const path of ["/", "/assets/app-1234.js", "/assets/online-worker/x.html", "/online-worker/"])
            expect(await policy(path), path).toContain(
                `connect-src 'self' data: ${new URL(server.previewUrl).origin};`,
            );
    });

    test("gives the preview its own host name on this computer; elsewhere there is no preview origin", async () => {
        const port = new URL(server.previewUrl).port;
        for (const host of ["localhost", "127.0.0.1"]) {
            const { headers, body } = await get("/config.json", { Host: `${host}:5173` });
            expect(JSON.parse(body.toString())).toEqual({
                previewOrigins: ["preview", "preview-1", "preview-2", "preview-3"].map(
                    name => `http://${name}.localhost:${port}`,
                ),
                version: "1.2.3",
                image: "abc123",
            });
            expect(headers["cache-control"]).toBe("no-store");
        }
        for (const host of ["classroom.example", "192.168.1.5", "[::1]"]) {
            expect(JSON.parse((await get("/config.json", { Host: `${host}:5173` })).body.toString())).toEqual({
                previewOrigins: [],
                version: "1.2.3",
                image: "abc123",
            });
            expect(String((await get("/", { Host: host })).headers["content-security-policy"])).toContain(
                "frame-src 'none'",
            );
        }
    });

    test("a page of the guest in its own tab gets the same frame as in the pane", async () => {
        const { status, headers, body } = await get("/preview/5000~k3/a/b?x=1&y=2");
        expect(status).toBe(200);
        expect(String(headers["content-security-policy"])).toBe(
            `default-src 'none'; style-src 'unsafe-inline'; frame-src ${previewOrigins(Number(new URL(server.previewUrl).port)).join(" ")}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        );
        expect(body.toString()).toContain(`src="${server.previewUrl}p/5000~k3/a/b?x=1&amp;y=2"`);
        expect(body.toString()).toContain(`sandbox="${SANDBOX}"`);
        const other = await get("/preview/5000~k3~2/a");
        expect(other.body.toString()).toContain(
            `src="${server.previewUrl.replace("preview", "preview-2")}p/5000~k3/a"`,
        );
        for (const path of [`/preview/5000~k3/"><script>`, "/preview/x/", "/preview//a", "/preview/5000~k3~4/"])
            expect((await get(path)).status, path).toBe(404);
        expect((await get("/preview/5000/", { Host: "classroom.example" })).status).toBe(404);
    });

    test.each(["evil.example;script-src *", "a b", "x,y", "[::1", "user@host"])(
        "a host header %j is refused",
        async host => {
            expect((await get("/", { Host: host })).status).toBe(400);
        },
    );

    test.each([
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/../../secret.txt",
        "/.built-from",
        "/%00",
        "/%zz",
        "/..%5csecret.txt",
        "/vm/../../secret.txt",
        "/vm/%2e%2e/%2e%2e/secret.txt",
        "/vm/link",
        "/vm/",
        "/vm",
        "/vm/disk",
        "/assets",
        "/preview/bridge.html",
        "/missing",
    ])("%s is not there", async path => {
        const { status, body } = await get(path);
        expect(status).toBe(404);
        expect(body.toString()).not.toContain("secret\n");
        expect(body.toString()).not.toBe("secret");
    });

    test("a file named after its content is cached for ever, any other is asked for again", async () => {
        const lasting = "public, max-age=31536000, immutable";
        expect((await get("/vm/image.json")).headers["cache-control"]).toBe("no-cache");
        expect((await get("/vm/disk/ab/abcd.zst")).headers["cache-control"]).toBe(lasting);
        expect((await get("/assets/app-1234.js")).headers["cache-control"]).toBe(lasting);
    });

    test("types", async () => {
        expect((await get("/vm/v86.wasm")).headers["content-type"]).toBe("application/wasm");
        expect((await get("/assets/app-1234.js")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
        expect((await get("/vm/disk/ab/abcd.zst")).headers["content-type"]).toBe("application/octet-stream");
    });

    test("scripts are compressed as the browser accepts it, chunks never", async () => {
        const brotli = await get("/assets/app-1234.js", { "Accept-Encoding": "gzip, br" });
        expect(brotli.headers["content-encoding"]).toBe("br");
        expect(brotliDecompressSync(brotli.body).toString()).toBe(script);
        const gzip = await get("/assets/app-1234.js", { "Accept-Encoding": "gzip, br;q=0" });
        expect(gunzipSync(gzip.body).toString()).toBe(script);
        const plain = await get("/assets/app-1234.js");
        expect(plain.body.toString()).toBe(script);
        expect(plain.headers.vary).toBe("Accept-Encoding");
        expect(
            (await get("/vm/disk/ab/abcd.zst", { "Accept-Encoding": "br" })).headers["content-encoding"],
        ).toBeUndefined();
    });

    test("an unchanged file is not sent again", async () => {
        for (const headers of [{}, { "Accept-Encoding": "br" }] as Record<string, string>[]) {
            const { etag } = (await get("/assets/app-1234.js", headers)).headers;
            const again = await get("/assets/app-1234.js", { ...headers, "If-None-Match": `W/"x", ${etag!}` });
            expect([again.status, again.body.byteLength]).toEqual([304, 0]);
        }
        expect((await get("/assets/app-1234.js", { "If-None-Match": `"else"` })).status).toBe(200);
    });

    test.each([
        ["bytes=0-9", 206, 0, 10],
        ["bytes=990-", 206, 990, 1000],
        ["bytes=990-5000", 206, 990, 1000],
        ["bytes=-5", 206, 995, 1000],
        ["bytes=-5000", 206, 0, 1000],
        ["bytes=0-1,5-6", 200, 0, 1000],
        ["items=1-2", 200, 0, 1000],
        ["bytes=-", 200, 0, 1000],
    ])("range %s", async (range, status, from, to) => {
        const got = await get("/vm/disk/ab/abcd.zst", { Range: range });
        expect(got.status).toBe(status);
        expect(got.body.equals(blob.subarray(from, to))).toBe(true);
        if (status === 206) expect(got.headers["content-range"]).toBe(`bytes ${from}-${to - 1}/1000`);
    });

    test("impossible ranges, and a range of a file that has changed", async () => {
        expect((await get("/vm/disk/ab/abcd.zst", { Range: "bytes=1000-" })).status).toBe(416);
        expect((await get("/vm/disk/ab/abcd.zst", { Range: "bytes=9-3" })).status).toBe(416);
        expect((await get("/vm/disk/ab/abcd.zst", { Range: "bytes=0-1", "If-Range": `"old"` })).status).toBe(200);
    });

    test("an empty file, HEAD, and no other method", async () => {
        expect((await get("/vm/empty")).body.byteLength).toBe(0);
        const head = await get("/vm/disk/ab/abcd.zst", {}, { method: "HEAD" });
        expect([head.status, head.headers["content-length"], head.body.byteLength]).toEqual([200, "1000", 0]);
        for (const base of [server.url, server.previewUrl])
            expect((await get("/", {}, { base, method: "POST" })).status).toBe(405);
    });
});

describe("the preview's origin", () => {
    test("serves bridge and worker; only the page may frame them", async () => {
        const bridge = await get("/bridge.html", {}, preview);
        expect(bridge.body.toString()).toBe("bridge");
        expect(String(bridge.headers["content-security-policy"])).toContain(
            `frame-ancestors http://localhost:${new URL(server.url).port} http://127.0.0.1:${new URL(server.url).port}`,
        );
        expect(bridge.headers).toMatchObject({
            "origin-agent-cluster": "?1",
            "x-dns-prefetch-control": "off",
            "connection-allowlist": "(response-origin); redirects=allow",
        });
        const worker = await get("/service-worker.js", {}, preview);
        expect(worker.headers["content-type"]).toContain("text/javascript");
        expect(worker.headers["cache-control"]).toBe("no-cache");
    });

    test("a document request without a worker waits for one; a guest's script does not become one", async () => {
        expect((await get("/p/5000/", { "Sec-Fetch-Dest": "iframe" }, preview)).body.toString()).toBe("waiting");
        expect((await get("/p/5000/own-worker.js", { "Sec-Fetch-Dest": "serviceworker" }, preview)).status).toBe(403);
        expect((await get("/bridge-frame.js", { "Service-Worker": "script" }, preview)).status).toBe(403);
        expect((await get("/service-worker.js", { "Service-Worker": "script" }, preview)).status).toBe(200);
        expect((await get("/p/5000/", { "Sec-Fetch-Dest": "document" }, preview)).status).toBe(403);
    });

    test("answers only to its own name, so that nothing shares the cookies of localhost", async () => {
        for (const host of [
            "localhost",
            "127.0.0.1",
            "classroom.example",
            "x.preview.localhost",
            "preview-4.localhost",
        ])
            expect((await get("/bridge.html", { Host: host }, preview)).status, host).toBe(400);
        expect((await get("/bridge.html", { Host: "preview-3.localhost" }, preview)).status).toBe(200);
    });

    test("serves nothing of the page's origin", async () => {
        for (const path of ["/config.json", "/vm/image.json", "/assets/app-1234.js"])
            expect((await get(path, { "Sec-Fetch-Dest": "script" }, preview)).status).toBe(404);
    });
});

describe("starting", () => {
    test("takes the next pair when a port is taken", async () => {
        const blocker = createServer();
        const taken = await new Promise<number>(resolve =>
            blocker.listen(0, "127.0.0.1", () => resolve((blocker.address() as { port: number }).port)),
        );
        const other = await startServer({ port: taken, host: "127.0.0.1", dist: folder, image: folder });
        try {
            expect(Number(new URL(other.url).port)).toBeGreaterThan(taken);
        } finally {
            await other.close();
            blocker.close();
        }
    });

    test("names the requested port that is not available", async () => {
        const previewPort = Number(new URL(server.previewUrl).port);
        await expect(
            startServer({ port: 0, previewPort, host: "127.0.0.1", dist: folder, image: folder }),
        ).rejects.toMatchObject({ code: "serve.port-taken" });
    });

    test("an address of another machine", async () => {
        await expect(startServer({ port: 0, host: "192.0.2.1", dist: folder, image: folder })).rejects.toMatchObject({
            code: "serve.address",
        });
    });
});

test("origins of every kind of host", () => {
    const ports = { page: 80, preview: 81 };
    expect(originsFor("LocalHost", ports)).toEqual({
        page: "http://localhost",
        previews: previewOrigins(81),
    });
    expect(originsFor("[::1]:80", ports)).toEqual({ page: "http://[::1]", previews: [] });
    for (const host of [undefined, ""]) expect(originsFor(host, ports)).toBeUndefined();
});

test("the bundle reads files of the image and nothing else", async () => {
    const bundle = createFileBundle(join(folder, "image"));
    const { bytes, body } = await bundle.open("disk/ab/abcd.zst");
    expect(bytes).toBe(1000);
    expect(Buffer.from(await readAll(body)).equals(blob)).toBe(true);
    await expect(bundle.open("../secret.txt")).rejects.toMatchObject({ code: "internet.missing" });
});
