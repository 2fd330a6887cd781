/**
 * The way out of the page, in Chromium with the policies that the server sends. "The internet" is a server on loopback
 * that every other name leads to.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type RunningServer } from "../../src/server/server";
import type { Exchange } from "../../src/internet/traffic";

const source = resolve(import.meta.dirname, "../../src");

/** The page's own parts below the interface; its only lab is empty. */
const script = `
    import { createNetwork } from ${JSON.stringify(`${source}/app/network`)};
    import { StandInChoice } from ${JSON.stringify(`${source}/app/stand-ins`)};
    import { createInternet } from ${JSON.stringify(`${source}/internet/router`)};
    const bundle = { open: async () => ({ bytes: 15, body: new Blob(['{"packages":{}}']).stream() }) };
    const network = createNetwork(createInternet(bundle), new StandInChoice({ read: () => undefined, write: () => undefined }));
    globalThis.setOnline = network.setOnline;
    globalThis.ask = async (url, init) => {
        const response = await network.internet(new Request(url, init));
        return { status: response.status, text: await response.text() };
    };
    globalThis.record = () => network.exchanges.state;
`;

let folder: string;
let server: RunningServer;
let outside: Server;
let browser: Browser;
let page: Page;
let seen: IncomingMessage[] = [];

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "drydock-online-"));
    mkdirSync(join(folder, "page"));
    writeFileSync(
        join(folder, "page/index.html"),
        "<!doctype html><title>online</title><script type=module src=/page.ts></script>",
    );
    writeFileSync(join(folder, "page/page.ts"), script);
    await build({
        configFile: false,
        root: join(folder, "page"),
        logLevel: "error",
        worker: { format: "es" },
        build: { outDir: join(folder, "dist"), target: "es2022" },
    });
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    execFileSync(
        "openssl",
        [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-subj",
            "/CN=outside",
            "-days",
            "2",
        ],
        { stdio: "ignore" },
    );
    outside = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
        if (!request.headers.host?.endsWith(".outside.dev")) return void response.writeHead(404).end(); // Chromium's own requests
        seen.push(request);
        if (request.headers.host?.startsWith("open.")) response.setHeader("Access-Control-Allow-Origin", "*");
        response.setHeader("Set-Cookie", "visited=1; SameSite=None; Secure").end(`hello from ${request.headers.host}`);
    });
    await new Promise<void>(listening => outside.listen(0, "127.0.0.1", listening));
    server = await startServer({ port: 0, dist: join(folder, "dist"), image: folder });
    browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            `--host-resolver-rules=MAP * 127.0.0.1:${(outside.address() as AddressInfo).port}, EXCLUDE localhost`,
        ],
    });
    page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction("typeof ask === 'function'");
});

afterAll(async () => {
    await browser?.close();
    await server?.close();
    outside?.close();
    rmSync(folder, { recursive: true, force: true });
});

const ask = (url: string, init: RequestInit = {}) =>
    page.evaluate(`ask(${JSON.stringify(url)}, ${JSON.stringify(init)})`) as Promise<{ status: number; text: string }>;
const record = () => page.evaluate("record()") as Promise<Exchange[]>;

test("off: nothing leaves the page, and the page's own policy would not let it", async () => {
    expect((await ask("http://open.outside.dev/hello")).status).toBe(404);
    expect(await page.evaluate("fetch('https://open.outside.dev/').then(() => 'went', () => 'stopped')")).toBe(
        "stopped",
    );
    expect(page.workers()).toHaveLength(0);
    expect(seen).toHaveLength(0);
});

test("on: a host that lets pages read it answers; no cookie, token or referrer goes along", async () => {
    await page.evaluate("setOnline(true)");
    for (const _ of [1, 2])
        expect(
            await ask("http://open.outside.dev/hello?x=1", {
                headers: { Authorization: "Bearer secret", "X-Own": "1" },
            }),
        ).toEqual({ status: 200, text: "hello from open.outside.dev" });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /hello?x=1", "GET /hello?x=1"]);
    for (const name of ["cookie", "authorization", "referer", "x-own"])
        expect(seen[1]!.headers[name], name).toBeUndefined();
    await expect
        .poll(async () => (await record()).at(-1))
        .toMatchObject({
            answeredBy: "online",
            online: "https://open.outside.dev/hello?x=1",
            status: 200,
            bytesDown: 27,
            end: "complete",
        });
});

test("on: a host that does not is asked, and the answer says why it cannot be shown", async () => {
    seen = [];
    const { status, text } = await ask("http://closed.outside.dev/");
    expect(status).toBe(502);
    expect(text).toContain("closed.outside.dev did not let this page read its answer");
    expect(seen).toHaveLength(1);
    await expect
        .poll(async () => (await record()).at(-1))
        .toMatchObject({ answeredBy: "refused", online: "https://closed.outside.dev/", end: "complete" });
});

test("on: the page itself still reaches nothing, nor does a request to the student's own network", async () => {
    seen = [];
    expect(await page.evaluate("fetch('https://open.outside.dev/').then(() => 'went', () => 'stopped')")).toBe(
        "stopped",
    );
    expect((await ask("http://192.168.0.1/")).status).toBe(404);
    expect((await ask("http://db/")).status).toBe(404);
    expect(seen).toHaveLength(0);
});

test("off again: the worker that could ask is gone", async () => {
    seen = [];
    expect(page.workers()).toHaveLength(1);
    await page.evaluate("setOnline(false)");
    await expect.poll(() => page.workers().length).toBe(0);
    expect((await ask("http://open.outside.dev/hello")).status).toBe(404);
    expect(seen).toHaveLength(0);
});
