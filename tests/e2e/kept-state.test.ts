/**
 * The unpacked state that Chromium keeps for the next visit: it is read instead of the snapshot, and ignored if it is
 * damaged.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { openBrowser, type Browser } from "../browser/chromium";
import { Student } from "../browser/student";
import { currentImage } from "../../src/host/current-image";
import { ensurePage } from "../../src/server/page";
import { startServer, type RunningServer } from "../../src/server/server";

describe("a machine's state in the browser's storage", () => {
    let server: RunningServer;
    let browser: Browser;
    let page: Page;
    let student: Student;
    let content: { bytes: number; sha256: string };
    let wasm: string;
    let profile: string;
    let snapshots = 0;

    beforeAll(async () => {
        const { folder, manifest } = await currentImage();
        content = manifest.snapshot.raw;
        wasm = manifest.emulator.wasm.path;
        profile = await mkdtemp(join(tmpdir(), "drydock-kept-"));
        server = await startServer({ port: 0, dist: await ensurePage(), image: folder });
        browser = await openBrowser({ profile });
        page = browser.context.pages()[0] ?? (await browser.context.newPage());
        browser.context.on("request", request => {
            if (request.url().endsWith(manifest.snapshot.file.path)) snapshots++;
        });
        student = new Student(page);
    });

    afterAll(async () => {
        await browser?.close();
        await server?.close();
        await rm(profile, { recursive: true, force: true });
    });

    /** Whether Chromium's cache of compiled code contains v86: its entries name the address that they belong to. */
    const optimisedKept = async () => {
        const folder = join(profile, "Default/Code Cache/wasm");
        const entries = await readdir(folder).catch(() => []);
        const contents = await Promise.all(
            entries.map(async entry => readFile(join(folder, entry)).catch(() => Buffer.alloc(0))),
        );
        return contents.some(content => content.subarray(0, 4096).includes(wasm));
    };

    /** Bytes of the kept file, 0 if there is none. */
    const kept = () =>
        page.evaluate(async name => {
            try {
                const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("snapshots");
                return (await (await folder.getFileHandle(name)).getFile()).size;
            } catch {
                return 0; // not yet
            }
        }, content.sha256);

    const whole = () =>
        expect.poll(kept, { timeout: 120_000, interval: 500 }).toBe(content.bytes + content.sha256.length);

    const works = async () => {
        await student.ready();
        expect((await student.type("docker images | grep -c busybox")).code).toBe(0);
    };

    test("the first visit unpacks the snapshot and keeps what came out", async () => {
        await student.open(server.url);
        await works();
        await whole();
        expect(snapshots).toBe(1);
    });

    test("and makes the browser cache the emulator's optimised code", async () => {
        await expect.poll(optimisedKept, { timeout: 120_000, interval: 500 }).toBe(true);
    });

    test("the next one starts from that, without the snapshot", async () => {
        await page.reload();
        await works();
        expect(snapshots).toBe(1);
    });

    test("a truncated kept state is not used, and is written again", async () => {
        await page.goto("about:blank"); // its machine no longer reads anything
        await page.goto(`${server.url}/icon.svg`);
        await page.evaluate(async name => {
            const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("snapshots");
            const stream = await (await folder.getFileHandle(name)).createWritable({ keepExistingData: true });
            await stream.truncate(1_000_000);
            await stream.close();
        }, content.sha256);
        await student.open(server.url);
        await works();
        expect(snapshots).toBe(2);
        await whole();
    });
});
