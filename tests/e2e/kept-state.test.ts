/** The unpacked state that Chromium keeps for the next visit: read instead of the snapshot, and done without when it is damaged. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { openBrowser, type Browser } from "../../src/cli/browser/chromium";
import { Student } from "../../src/cli/browser/student";
import { currentImage } from "../../src/cli/image/current";
import { ensurePage } from "../../src/cli/page";
import { startServer, type RunningServer } from "../../src/cli/serve/server";

describe("a machine's state in the browser's storage", () => {
    let server: RunningServer;
    let browser: Browser;
    let page: Page;
    let student: Student;
    let content: { bytes: number; sha256: string };
    let snapshots = 0;

    beforeAll(async () => {
        const { folder, manifest } = await currentImage();
        content = manifest.snapshot.raw;
        server = await startServer({ port: 0, dist: await ensurePage(), image: folder });
        browser = await openBrowser();
        page = browser.context.pages()[0] ?? (await browser.context.newPage());
        browser.context.on("request", request => {
            if (request.url().endsWith(manifest.snapshot.file.path)) snapshots++;
        });
        student = new Student(page);
    });

    afterAll(async () => {
        await browser?.close();
        await server?.close();
    });

    /** Bytes of the kept file, 0 where there is none. */
    const kept = () =>
        page.evaluate(async name => {
            try {
                const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("snapshots");
                return (await (await folder.getFileHandle(name)).getFile()).size;
            } catch {
                return 0; // not yet
            }
        }, content.sha256);

    const whole = () => expect.poll(kept, { timeout: 120_000, interval: 500 }).toBe(content.bytes + content.sha256.length);

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

    test("the next one starts from that, without the snapshot", async () => {
        await page.reload();
        await works();
        expect(snapshots).toBe(1);
    });

    test("a kept state that was cut off is not used, and made anew", async () => {
        await page.goto("about:blank"); // its machine reads no more
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
