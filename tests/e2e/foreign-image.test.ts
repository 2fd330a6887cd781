/**
 * An image from elsewhere, in Chromium: nothing that it brings along runs in the page except the emulator that the page
 * knows.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { openBrowser, type Browser } from "../browser/chromium";
import { ensurePage } from "../../src/server/page";
import { startServer, type RunningServer } from "../../src/server/server";
import type { ImageManifest } from "../../src/vm/image/image";
import { writePatchedEmulator } from "../../src/vm/node/patch-emulator";
import { manifest } from "../unit/vm/fake-manifest";

/** Shows that it ran: the request that it makes can be seen. */
const script = `fetch(new URL("ran", import.meta.url)); export class V86 { constructor() { fetch(new URL("ran", import.meta.url)); } }`;

let folder: string;
let server: RunningServer;
let browser: Browser;
let page: Page;
let asked: string[];
let known: { module: Buffer; wasm: Buffer };

beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "drydock-foreign-"));
    const patched = await writePatchedEmulator(join(folder, "patched"));
    known = { module: await readFile(patched.module), wasm: await readFile(patched.wasm) };
    server = await startServer({ port: 0, dist: await ensurePage(), image: join(folder, "image") });
});
afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
    await rm(join(folder, "image"), { recursive: true, force: true });
    browser = await openBrowser(); // names stand for contents, but here the contents change: the HTTP cache must be empty
    page = await browser.context.newPage();
    asked = [];
    browser.context.on("request", request => asked.push(new URL(request.url()).pathname));
});
afterEach(async () => browser?.close());

async function put(path: string, content: string | Uint8Array): Promise<void> {
    const at = join(folder, "image", path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
}

/** An image with this script and this WebAssembly; `said` overrides what its manifest says about them. */
async function image(module: string | Buffer, wasm: Buffer, said?: Partial<ImageManifest["emulator"]>): Promise<void> {
    const { emulator, disk, ...rest } = manifest();
    const table = Buffer.alloc(disk.table.bytes);
    const whole: ImageManifest = {
        ...rest,
        disk: { ...disk, table: { ...disk.table, sha256: createHash("sha256").update(table).digest("hex") } },
        emulator: {
            version: emulator.version,
            module: { ...emulator.module, bytes: module.length },
            wasm: { ...emulator.wasm, bytes: wasm.length },
            ...said,
        },
    };
    await put("image.json", JSON.stringify(whole));
    await put(emulator.module.path, module);
    await put(emulator.wasm.path, wasm);
    await put(disk.table.path, table);
}

const says = (words: string | RegExp) => page.getByText(words).first().waitFor({ timeout: 120_000 });

describe("an image from elsewhere", () => {
    test("with a script of its own is refused with a named error, and the script is not even requested", async () => {
        const { emulator } = manifest();
        const sha256 = createHash("sha256").update(script).digest("hex");
        await image(script, known.wasm, {
            module: { ...emulator.module, bytes: script.length, sha256 },
        });
        await page.goto(server.url);
        await says("an emulator that this page does not know");
        expect(asked).toContain("/vm/image.json");
        expect(asked).not.toContain(`/vm/${emulator.module.path}`);
        expect(asked).not.toContain("/vm/ran");
    });

    test("whose script differs from its manifest does not run", async () => {
        await image(script, known.wasm);
        await page.goto(server.url);
        await says(`arrived damaged (${manifest().emulator.module.path})`);
        expect(asked).not.toContain("/vm/ran");
    });

    test("whose WebAssembly differs from its manifest is not compiled, though it would compile", async () => {
        const other = Buffer.concat([known.wasm, Buffer.from([0, 2, 1, 0x78])]); // a section without meaning
        expect(await WebAssembly.compile(new Uint8Array(other))).toBeInstanceOf(WebAssembly.Module);
        await image(known.module, other);
        await page.goto(server.url);
        await says(`arrived damaged (${manifest().emulator.wasm.path})`);
    });

    test("with the emulator that the page knows gets as far as its other files allow", async () => {
        await image(known.module, known.wasm);
        await page.goto(server.url);
        await says("Part of the machine could not be loaded");
        expect(asked).toContain(`/vm/${manifest().emulator.module.path}`);
    });
});
