/**
 * The main path at a classroom's plain http address, where browsers offer no clipboard, no locks, no private files, no
 * WebCrypto and no service worker: each has its fallback. One visit; the tests build on each other.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLASSROOM } from "../browser/chromium";
import type { Student } from "../browser/student";
import { Visit } from "./visit";

describe("a student at a classroom's address", () => {
    let visit: Visit;
    let page: Page;
    let student: Student;

    beforeAll(async () => {
        visit = await Visit.open({ host: CLASSROOM });
        ({ page, student } = visit);
    });

    afterAll(async () => visit?.close());

    beforeEach(({ task }) => console.log(`${new Date().toISOString().slice(11, 19)} ${task.name}`));

    test("gets a prompt with the engine up", async () => {
        await visit.start();
        const offered = () => [
            isSecureContext,
            "clipboard" in navigator,
            "locks" in navigator,
            "storage" in navigator,
            "serviceWorker" in navigator,
            "subtle" in crypto,
        ];
        expect(await page.evaluate(offered)).toEqual([false, false, false, false, false, false]);
    });

    test("writes the app and passes", async () => visit.writeApp());

    test("copies a command from the lesson and a line from the terminal", async () => {
        await student.openStep("Build the image");
        const copy = student.step("Build the image").getByRole("button", { name: "Copy to the clipboard" }).first();
        await copy.click();
        await expect.poll(() => copy.textContent()).toBe("Copied");
        const pasted = async () => {
            await visit.address.focus();
            await page.keyboard.press("Control+a");
            await page.keyboard.press("Control+v");
            return visit.address.inputValue();
        };
        expect(await pasted()).toMatch(/^docker build /);
        await student.type("clear; echo copied-from-here");
        await page
            .locator(".xterm-rows:visible > div")
            .getByText("copied-from-here", { exact: true })
            .first()
            .dblclick({ force: true });
        await page.keyboard.press("Control+Shift+C");
        expect(await pasted()).toBe("copied-from-here");
        await page.keyboard.press("Escape");
    });

    test("runs a container and sees its page, one page at a time", async () => {
        await student.writeFile("index.html", "<h1>From the classroom</h1><script>document.title = 'ran'</script>");
        const command = "docker run -d -p 5000:80 -v /workspace:/www busybox httpd -f -h /www";
        expect((await student.type(command)).code).toBe(0);
        await visit.previewShows(5000, "From the classroom");
        await visit.previewed.getByRole("note").filter({ hasText: "without its scripts" }).waitFor();
    });

    test("finds files and progress again after a reload", async () => {
        await visit.findsAgain("Write the app", "index.html", "From the classroom");
    });

    test("nothing in the page failed", () => expect(visit.complaints).toEqual([]));
});
