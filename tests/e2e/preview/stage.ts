/** Server, guests and browser for the preview's tests; no VM. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as ask, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { buildPreview } from "../../../src/server/preview-build";
import { PARTITIONED } from "../../browser/chromium";
import { type RunningServer, startServer } from "../../../src/server/server";
import { startGuests } from "./guest";

export interface Stage {
    server: RunningServer;
    browser: Browser;
    /** Writes the preview's files, unchanged or changed. */
    install(change?: (code: string) => string): void;
    /** Resolves when a guest has been asked for a path that begins like this. */
    until(path: string): Promise<void>;
    close(): Promise<void>;
}

export async function openStage(options: { host?: string } = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "drydock-preview-"));
    mkdirSync(join(folder, "preview"));
    const files = await buildPreview({ minify: false });
    const install: Stage["install"] = (change = code => code) => {
        for (const [name, content] of files) writeFileSync(join(folder, "preview", name), change(content));
    };
    install();
    const script = await bundle(join(import.meta.dirname, "page.ts"));
    const guests = await startGuests();
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    const until: Stage["until"] = async path => {
        while (!asked.some(one => one.startsWith(path))) await new Promise<void>(resolve => waiting.push(resolve));
    };
    const middleware = (request: IncomingMessage, response: ServerResponse) => {
        const guest = /^\/guest\/(\d+)(\/.*)$/.exec(request.url ?? "");
        if (guest) {
            asked.push(guest[2]!);
            for (const wake of waiting.splice(0)) wake();
            return passOn(request, response, guests.ports.get(Number(guest[1])), guest[2]!);
        }
        if (request.url === "/page.js")
            return void response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
        response
            .writeHead(200, { "Content-Type": "text/html" })
            .end(
                `<!doctype html><title>Page</title><p id="address"></p><iframe name="shown" width="800" height="500"></iframe><script type="module" src="/page.js"></script>`,
            );
    };
    const server = await startServer({ port: 0, host: options.host, dist: folder, image: folder, middleware });
    const browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        // A name other than localhost, so that the browser considers it insecure.
        args: [
            "--host-resolver-rules=MAP classroom.test 127.0.0.1",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            PARTITIONED,
        ],
    });
    return {
        server,
        browser,
        install,
        until,
        close: async () => {
            await browser.close();
            await server.close();
            guests.close();
            rmSync(folder, { recursive: true });
        },
    };
}

async function bundle(path: string): Promise<string> {
    const built = await build({
        configFile: false,
        root: import.meta.dirname,
        logLevel: "error",
        build: {
            write: false,
            minify: false,
            target: "es2022",
            rolldownOptions: { input: path, output: { codeSplitting: false } },
        },
    });
    const outputs = (Array.isArray(built) ? built : [built]).flatMap(result =>
        "output" in result ? result.output : [],
    );
    const chunk = outputs.find(output => output.type === "chunk");
    if (!chunk) throw new Error("the test's page did not build");
    return chunk.code;
}

/**
 * Status and headers are wrapped in headers of our own, so that the browser acts on none of them between guest and
 * page.
 */
function passOn(request: IncomingMessage, response: ServerResponse, port: number | undefined, path: string): void {
    if (port === undefined) return void response.writeHead(200, { "X-Guest-Status": "0" }).end();
    const headers: Record<string, string> = { Host: String(request.headers["x-guest-host"]) };
    for (const [name, value] of JSON.parse(String(request.headers["x-guest-headers"])) as [string, string][])
        headers[name] = value;
    const onward = ask({ host: "127.0.0.1", port, path, method: request.method, headers }, answer => {
        const pairs: [string, string][] = [];
        for (let index = 0; index < answer.rawHeaders.length; index += 2)
            pairs.push([answer.rawHeaders[index]!, answer.rawHeaders[index + 1]!]);
        response.writeHead(200, {
            "X-Guest-Status": answer.statusCode,
            "X-Guest-Status-Text": answer.statusMessage ?? "",
            "X-Guest-Headers": JSON.stringify(pairs),
            "Cache-Control": "no-store",
        });
        answer.pipe(response);
        answer.on("error", () => response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
}
