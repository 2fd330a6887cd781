/** A visit to a lesson in Chromium, and what a student repeatedly does in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { openBrowser, type Browser } from "../browser/chromium";
import { Student } from "../browser/student";
import { currentImage } from "../../src/host/current-image";
import { root } from "../../src/host/project";
import { ensurePage } from "../../src/server/page";
import { startServer, type RunningServer } from "../../src/server/server";

/** The slowest thing to wait for: pip inside a build on a busy machine. */
export const SLOW = 600_000;

/** A file of the Flask lesson's solution. */
export const solution = (name: string) =>
    readFileSync(join(root, "lessons/02-images/02-flask/solution", name), "utf8").trimEnd();

export class Visit {
    readonly student: Student;
    /** Addresses that the browser requested. */
    readonly asked: string[] = [];
    /** Errors that nothing in the page caught. */
    readonly complaints: string[] = [];

    private constructor(
        readonly server: RunningServer,
        readonly browser: Browser,
        readonly page: Page,
        /** The page's address, with a slash at the end. */
        readonly url: string,
    ) {
        this.student = new Student(page);
        browser.context.on("request", request => this.asked.push(request.url()));
        page.on("pageerror", error => this.complaints.push(String(error)));
    }

    /** `host`: the name that the browser uses for the server. */
    static async open({ host = "localhost" } = {}): Promise<Visit> {
        const { folder } = await currentImage();
        const server = await startServer({ port: 0, dist: await ensurePage(), image: folder });
        const browser = await openBrowser();
        const url = new URL(server.url);
        url.hostname = host;
        return new Visit(server, browser, browser.context.pages()[0] ?? (await browser.context.newPage()), url.href);
    }

    async close(): Promise<void> {
        await this.browser.close();
        await this.server.close();
    }

    async check(title: string): Promise<void> {
        const step = this.student.step(title);
        const button = step.getByRole("button", { name: /^Check/ });
        // a step that has passed automatically meanwhile needs no click
        if (await button.isVisible()) await button.click();
    }

    async passes(title: string): Promise<void> {
        await this.student.openStep(title);
        await this.check(title);
        await this.student.step(title).getByText("(passed)").first().waitFor({ state: "attached", timeout: SLOW });
    }

    async saysWhy(title: string, why: string | RegExp): Promise<void> {
        await this.student.openStep(title);
        await this.student
            .step(title)
            .getByRole("button", { name: /^Check/ })
            .click();
        await this.student.step(title).getByText(why).first().waitFor({ timeout: SLOW });
    }

    get address() {
        return this.page.getByRole("textbox", { name: "Address in the machine" });
    }

    get previewed() {
        return this.page.frameLocator('section[aria-label="Preview"] iframe');
    }

    async previewShows(port: number, text: string): Promise<void> {
        await this.address.fill(`localhost:${port}/`);
        await this.address.press("Enter");
        await this.previewed.getByText(text).waitFor({ timeout: SLOW });
    }

    /** Waits for a prompt, with the engine up. */
    async start(): Promise<void> {
        await this.student.open(this.url);
        const { code } = await this.student.type("docker ps");
        expect(code).toBe(0);
        await expect.poll(() => this.student.terminalText()).toContain("CONTAINER ID");
    }

    /** The Flask lesson's first step. */
    async writeApp(): Promise<void> {
        await this.saysWhy("Write the app", /app\.py/);
        await this.student.writeFile("app.py", solution("app.py"));
        await this.student.writeFile("requirements.txt", solution("requirements.txt"));
        await this.student.type("cat app.py requirements.txt");
        await expect.poll(() => this.student.terminalText()).toContain("flask==3.1.3");
        await this.passes("Write the app");
    }

    /** After a reload, a step is still passed and a file is still in the machine. */
    async findsAgain(step: string, file: string, text: string): Promise<void> {
        await this.page.reload();
        await this.student.ready();
        await this.student.step(step).getByText("(passed)").first().waitFor({ state: "attached" });
        await this.student.type(`cat /workspace/${file}`);
        await expect.poll(() => this.student.terminalText()).toContain(text);
    }
}
