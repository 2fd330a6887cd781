/**
 * The lesson images/flask as a student does it, in Chromium, through nothing but the interface: editor, terminal,
 * preview, Check. One visit; the tests build on each other.
 */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { longTasks, watchLongTasks } from "../bench/browser";
import type { Student } from "../browser/student";
import { root } from "../../src/host/project";
import { SLOW, solution, Visit } from "./visit";

const SENTENCE = "Docker and Flask are working!";

describe("a student in Chromium", () => {
    let visit: Visit;
    let page: Page;
    let student: Student;

    beforeAll(async () => {
        visit = await Visit.open();
        ({ page, student } = visit);
        await watchLongTasks(page);
    });

    afterAll(async () => visit?.close());

    beforeEach(({ task }) => console.log(`${new Date().toISOString().slice(11, 19)} ${task.name}`));

    const passes = (title: string) => visit.passes(title);
    const saysWhy = (title: string, why: string | RegExp) => visit.saysWhy(title, why);
    const previewShows = (port: number, text: string) => visit.previewShows(port, text);

    test("gets a prompt with the engine up", async () => visit.start());

    test("is told what is missing, writes the app, and passes", async () => visit.writeApp());

    test("mistypes the Dockerfile and reads why the build fails", async () => {
        await student.writeFile("Dockerfile", solution("Dockerfile").replace("WORKDIR", "WORKDIRR"));
        await saysWhy("Write the Dockerfile", /WORKDIRR/);
        const { code } = await student.type("docker build -t docker-flask:1.0 .", { timeout: SLOW });
        expect(code).not.toBe(0);
        await expect.poll(() => student.terminalText()).toMatch(/unknown instruction:\s+WORKDIRR/i);
    });

    test("corrects it, answers the question, and passes", async () => {
        await student.writeFile("Dockerfile", solution("Dockerfile"));
        await student.openStep("Write the Dockerfile");
        await student.step("Write the Dockerfile").getByRole("radio", { name: "COPY . . and what follows it" }).check();
        await passes("Write the Dockerfile");
    });

    test("builds an app that exits at once and is told so", async () => {
        await student.writeFile(
            "app.py",
            `raise SystemExit("no database")\n# ${SENTENCE} Flask(__name__) host="0.0.0.0"`,
        );
        expect((await student.type("docker build -t docker-flask:1.0 .", { timeout: SLOW })).code).toBe(0);
        await passes("Build the image");
        expect((await student.type("docker run -d --name broken -p 5000:5000 docker-flask:1.0")).code).toBe(0);
        await saysWhy("Run it and open it", /no database/);
        expect((await student.type("docker rm -f broken")).code).toBe(0);
    });

    test("builds the real one by clicking the command", async () => {
        await student.writeFile("app.py", solution("app.py"));
        await student.openStep("Build the image");
        await student.step("Build the image").getByRole("button", { name: "Run" }).first().click();
        expect((await student.commandEnd({ timeout: SLOW })).code).toBe(0);
        // a figure, not a verdict: how long a task takes depends on the machine too, and `bench` compares it with the
        // bar
        const tasks = await longTasks(page);
        console.log(
            `longest tasks of the main thread since navigation: ${tasks
                .sort((a, b) => b - a)
                .slice(0, 5)
                .join(", ")} ms`,
        );
    });

    test("runs it and sees its sentence in the preview", async () => {
        expect((await student.type("docker run -d -p 5000:5000 docker-flask:1.0")).code).toBe(0);
        await student.type("docker ps");
        await previewShows(5000, SENTENCE);
        await passes("Run it and open it");
        await page.screenshot({ path: join(root, "tests/output/lesson.png") });
    });

    test("publishes it on 8000 instead", async () => {
        await student.type("docker rm -f $(docker ps -q)");
        expect((await student.type("docker run -d -p 8000:5000 docker-flask:1.0")).code).toBe(0);
        await student.openStep("Publish it on another port");
        await student.step("Publish it on another port").getByRole("textbox").fill("5000");
        await student.step("Publish it on another port").getByRole("textbox").press("Tab");
        await previewShows(8000, SENTENCE);
        await previewShows(5000, "Nothing answers on port 5000");
        await passes("Publish it on another port");
    });

    test("takes a port that is taken, is told so, and runs the image twice", async () => {
        expect((await student.type("docker run -d --name second -p 8000:5000 docker-flask:1.0")).code).not.toBe(0);
        await expect.poll(() => student.terminalText()).toContain("port is already allocated");
        await saysWhy("Run it twice", /port/);
        await student.type("docker rm second");
        expect((await student.type("docker run -d -p 7000:5000 docker-flask:1.0")).code).toBe(0);
        await previewShows(7000, SENTENCE);
        await previewShows(8000, SENTENCE);
        await passes("Run it twice");
        await page.getByText("Lesson done").waitFor();
    });

    test("`yes` floods the terminal; the page answers, and Ctrl-C brings the prompt back", async () => {
        await student.focusTerminal();
        await page.keyboard.type("yes");
        await page.keyboard.press("Enter");
        const until = Date.now() + 10_000;
        while (Date.now() < until) {
            await page.getByRole("button", { name: /Help/ }).click(); // times out if the page does not respond
            await page.keyboard.press("Escape");
        }
        await student.focusTerminal();
        await page.keyboard.press("Control+c");
        expect((await student.commandEnd()).code).toBe(130);
        expect((await student.type("echo still here")).code).toBe(0);
    });

    test("finds files and progress again after a reload", async () => {
        await visit.findsAgain("Run it twice", "Dockerfile", "FROM python:3.13-slim");
    });

    test("no request left the page's own origins", () => {
        const own = [new URL(visit.server.url).origin, new URL(visit.server.previewUrl).origin];
        const { asked, complaints } = visit;
        expect(asked.length).toBeGreaterThan(20);
        expect(asked.filter(url => !/^(data|blob):/.test(url) && !own.includes(new URL(url).origin))).toEqual([]);
        expect(complaints).toEqual([]);
    });
});
