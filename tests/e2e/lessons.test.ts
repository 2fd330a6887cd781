/**
 * From lesson to lesson in one visit: the machine keeps running, and what belongs to a lesson is swapped. The tests
 * build on each other.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { openBrowser, type Browser } from "../browser/chromium";
import { Student } from "../browser/student";
import { currentImage } from "../../src/host/current-image";
import { ensurePage } from "../../src/server/page";
import { startServer, type RunningServer } from "../../src/server/server";

const LIFECYCLE = "The life of a container";
const FLASK = "Flask in a container";
const patience = { timeout: 120_000, interval: 200 };

describe("changing lessons", () => {
    let server: RunningServer;
    let browser: Browser;
    let page: Page;
    let student: Student;
    /** Files of the course that were requested. */
    const asked: string[] = [];
    const complaints: string[] = [];

    beforeAll(async () => {
        const { folder } = await currentImage();
        server = await startServer({ port: 0, dist: await ensurePage(), image: folder });
        browser = await openBrowser();
        page = browser.context.pages()[0] ?? (await browser.context.newPage());
        page.on("request", request => {
            const { pathname } = new URL(request.url());
            if (pathname.startsWith("/lessons/")) asked.push(pathname);
        });
        page.on("pageerror", error => complaints.push(String(error)));
        student = new Student(page);
    });

    afterAll(async () => {
        await browser?.close();
        await server?.close();
    });

    const title = () => page.getByRole("heading", { level: 1 }).textContent();
    const opens = (wanted: string) => expect.poll(title, patience).toBe(wanted);
    /** Types the command, once, and waits until the terminal shows `words`. */
    const prints = async (command: string, words: string) => {
        await student.type(`clear; ${command}`);
        await expect.poll(() => student.terminalText(), patience).toContain(words);
    };

    test("before the prompt, the page requests the opened lesson and no other", async () => {
        await page.goto(`${server.url}#/containers/lifecycle`);
        await page.waitForFunction(() => performance.getEntriesByName("drydock:prompt").length > 0, undefined, {
            timeout: 240_000,
            polling: 20,
        });
        expect([...asked]).toEqual(["/lessons/containers/lifecycle.json"]);
        await student.ready();
        await opens(LIFECYCLE);
    });

    test("another lesson keeps the page, the terminal and the running container", async () => {
        await page.evaluate(() => void Object.assign(window, { sameVisit: true }));
        await student.type("echo kept > note.txt; docker run -d --name keep busybox sleep 10000");
        await page.getByRole("button", { name: /^Lessons:/ }).click();
        await page.getByRole("menuitem", { name: new RegExp(FLASK) }).click();
        await opens(FLASK);
        await page.getByText("Containers and images stay.").waitFor();
        await page.getByRole("tab", { name: /^app\.py/ }).waitFor();
        expect(await page.evaluate(() => "sameVisit" in window)).toBe(true);
        expect(new URL(page.url()).hash).toBe("#/images/flask");
        await expect
            .poll(async () => (await student.type("test -f app.py && test ! -e note.txt")).code, patience)
            .toBe(0);
        await prints("docker ps --format '{{.Names}} {{.State}}'", "keep running");
        expect(await page.getByRole("tab", { name: /^Terminal/ }).count()).toBe(1);
    });

    test("what is typed here is saved here", async () => {
        await student.writeFile("app.py", "print('in Flask')");
        await expect.poll(async () => (await student.type("grep -q 'in Flask' app.py")).code, patience).toBe(0);
    });

    test("back and forward go through the lessons, each as it was left", async () => {
        await page.goBack();
        await opens(LIFECYCLE);
        await expect
            .poll(async () => (await student.type("grep -q kept note.txt && test ! -e app.py")).code, patience)
            .toBe(0);
        await page.goForward();
        await opens(FLASK);
        await expect.poll(async () => (await student.type("grep -q 'in Flask' app.py")).code, patience).toBe(0);
        await prints("docker ps --format '{{.Names}} {{.State}}'", "keep running");
    });

    test("an address can name a step, in this lesson and in another", async () => {
        const unfolded = (name: string) =>
            expect
                .poll(() => student.step(name).locator("h2 button").getAttribute("aria-expanded"), patience)
                .toBe("true");
        await page.evaluate(() => void (location.hash = "#/images/flask/build"));
        await unfolded("Build the image");
        await page.evaluate(() => void (location.hash = "#/containers/lifecycle"));
        await opens(LIFECYCLE);
        await page.evaluate(() => void (location.hash = "#/images/flask/build"));
        await opens(FLASK);
        await unfolded("Build the image");
        expect(await page.evaluate(() => "sameVisit" in window)).toBe(true);
    });

    test("a lesson that does not exist leaves the present one open and says so", async () => {
        await page.evaluate(() => void (location.hash = "#/images/nowhere"));
        await page.getByText('The lesson "images/nowhere" does not exist here.').waitFor();
        await expect.poll(() => new URL(page.url()).hash, patience).toBe("#/images/flask");
        expect(await title()).toBe(FLASK);
        expect(complaints).toEqual([]);
    });

    test("a reload opens the lesson and the step of the address, with its files", async () => {
        await page.goto(`${server.url}?again#/images/flask/build`);
        await student.ready();
        await opens(FLASK);
        await expect
            .poll(() => student.step("Build the image").locator("h2 button").getAttribute("aria-expanded"), patience)
            .toBe("true");
        expect((await student.type("grep -q 'in Flask' app.py")).code).toBe(0);
    });
});
