/** Pushed images in Chromium's own storage: the private file system, and IndexedDB if the page has no TLS. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const hub = resolve(import.meta.dirname, "../../src/internet/hub");

/** What the page does, as a module: it pushes 5 MB in one visit and pulls it in the next. */
const pageScript = `
    import { createHub } from ${JSON.stringify(`${hub}/hub`)};
    import { emptySource } from ${JSON.stringify(`${hub}/blob-source`)};
    import { browserStorage } from ${JSON.stringify(`${hub}/storage`)};
    import { digestOf } from ${JSON.stringify(`${hub}/digest`)};
    const layer = new Uint8Array(5_000_000).map((_, at) => at * 7 + (at >> 8));
    const digest = digestOf(layer);
    async function open() {
        const answer = createHub({ source: emptySource, storage: await browserStorage() });
        const credentials = { Authorization: "Basic " + btoa("student:correct horse") };
        const token = await (await answer(new Request("https://auth.docker.io/token?scope=repository:student/app:pull,push", { headers: credentials }))).json();
        return (method, path, body) => answer(new Request("https://registry-1.docker.io" + path, { method, body, headers: { Authorization: "Bearer " + token.token } }));
    }
    globalThis.push = async () => (await (await open())("POST", "/v2/student/app/blobs/uploads/?digest=" + digest, layer)).status;
    globalThis.pull = async () => {
        const got = await (await open())("GET", "/v2/student/app/blobs/" + digest);
        return { status: got.status, same: digestOf(new Uint8Array(await got.arrayBuffer())) === digest };
    };
    globalThis.filesInPrivateFolder = async () => {
        if (!navigator.storage?.getDirectory) return undefined;
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("drydock-hub");
        const sizes = [];
        for await (const file of folder.values()) sizes.push((await file.getFile()).size);
        return sizes;
    };
`;

async function bundle(): Promise<string> {
    const name = "virtual:hub-page";
    const plugin = {
        name: "hub-page",
        resolveId: (id: string) => (id === name ? `\0${name}` : undefined),
        load: (id: string) => (id === `\0${name}` ? pageScript : undefined),
    };
    const built = await build({
        configFile: false,
        logLevel: "error",
        plugins: [plugin],
        build: { write: false, minify: false, rollupOptions: { input: name, output: { format: "es" } } },
    });
    const [output] = Array.isArray(built) ? built : [built];
    if (!output || !("output" in output)) throw new Error("Vite built nothing");
    return output.output[0].code;
}

describe("pushed images in the browser's storage", () => {
    let server: Server;
    let browser: Browser;
    let port: number;

    beforeAll(async () => {
        const script = await bundle();
        server = createServer((request, response) => {
            const isScript = request.url === "/page.js";
            response
                .setHeader("Content-Type", isScript ? "text/javascript" : "text/html")
                .end(isScript ? script : "<!doctype html><title>hub</title><script type=module src=page.js></script>");
        });
        await new Promise<void>(listening => server.listen(0, "127.0.0.1", listening));
        port = (server.address() as AddressInfo).port;
        browser = await chromium.launch({
            executablePath: "/usr/bin/chromium",
            args: ["--no-sandbox", "--host-resolver-rules=MAP without-tls.test 127.0.0.1"],
        });
    });

    afterAll(async () => {
        await browser?.close();
        server?.close();
    });

    test.each([
        ["localhost", [5_000_000]],
        ["without-tls.test", undefined],
    ])("%s: what one visit pushes the next one pulls", async (host, files) => {
        const page = await (await browser.newContext()).newPage();
        const ready = () => page.waitForFunction("typeof push === 'function'");
        await page.goto(`http://${host}:${port}/`);
        await ready();
        expect(await page.evaluate("push()")).toBe(201);
        expect(await page.evaluate("filesInPrivateFolder()")).toEqual(files);
        await page.reload();
        await ready();
        expect(await page.evaluate("pull()")).toEqual({ status: 200, same: true });
    });
});
