/** The figures of a student's browser: start, bytes, main-thread tasks, commands typed in the terminal. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { openBrowser } from "../browser/chromium";
import { Student } from "../browser/student";
import type { Run, Runner } from "./runner";

export interface StartFigures {
    /** Seconds from navigation to a prompt. */
    prompt: number;
    /** Seconds from navigation to the end of `docker ps`, typed as soon as there was a prompt. */
    dockerPs: number;
    /** MB received over the network (0 where the HTTP cache had it) until the prompt, and until `docker ps` had answered. */
    promptMegabytes: number;
    dockerPsMegabytes: number;
}

/** A first visit goes on for some seconds: the page stores things for the next one. Milliseconds. */
const FIRST_VISIT = 15_000;

/** Adds up the bytes that go over the network, workers included. */
function countBytes(page: Page): () => Promise<number> {
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request: Request) => {
        sizes.push(
            request
                .sizes()
                .then(size => size.responseBodySize + size.responseHeadersSize)
                .catch(() => 0), // the page has been left meanwhile
        );
    });
    return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const megabytes = (bytes: number) => Math.round(bytes / 1e4) / 100;

/**
 * The longest main-thread tasks that the page itself has seen since navigation, in milliseconds. The browser reports
 * anything above 50 ms.
 */
export async function longTasks(page: Page): Promise<number[]> {
    return page.evaluate(() => (globalThis as unknown as { drydockLongTasks?: number[] }).drydockLongTasks ?? []);
}

/** Makes the page record its own long tasks. Call it before navigation. */
export async function watchLongTasks(page: Page): Promise<void> {
    await page.addInitScript(() => {
        const kept: number[] = [];
        (globalThis as unknown as { drydockLongTasks: number[] }).drydockLongTasks = kept;
        new PerformanceObserver(list =>
            kept.push(...list.getEntries().map(entry => Math.round(entry.duration))),
        ).observe({ type: "longtask" as "measure" /* Node's types know no long tasks */, buffered: true });
    });
}

export interface Visit {
    student: Student;
    /** Types into the visit's terminal. */
    runner: Runner;
}

export interface BrowserBench extends Visit {
    first: StartFigures;
    again: StartFigures;
    /** Ends the current visit. The next one, with the same profile, starts at a prompt with the engine up. */
    visitAgain(): Promise<Visit>;
    close(): Promise<void>;
}

const visitOf = (student: Student): Visit => ({
    student,
    runner: {
        name: "chromium",
        async run(command): Promise<Run> {
            const measured = await student.type(command);
            return {
                seconds: measured.seconds,
                code: measured.code,
                output: measured.code === 0 ? "" : await student.terminalText(),
                instructions: measured.instructions,
            };
        },
    },
});

async function startFigures(page: Page, url: string): Promise<StartFigures> {
    const bytes = countBytes(page);
    const student = new Student(page);
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName("drydock:prompt").length > 0, undefined, {
        timeout: 120_000,
        polling: 50,
    });
    const promptBytes = await bytes();
    await student.type("docker ps");
    const [prompt, dockerPs] = await page.evaluate(() => {
        const command = performance.getEntriesByName("drydock:command")[0]!;
        return [performance.getEntriesByName("drydock:prompt")[0]!.startTime, command.startTime + command.duration];
    });
    return {
        prompt: prompt! / 1000,
        dockerPs: dockerPs! / 1000,
        promptMegabytes: megabytes(promptBytes),
        dockerPsMegabytes: megabytes(await bytes()),
    };
}

/**
 * Visits twice with one profile: first with an empty HTTP cache, then with a warm one; the runner stays in the second
 * visit.
 */
export async function openBench(url: string): Promise<BrowserBench> {
    const profile = mkdtempSync(join(tmpdir(), "drydock-bench-"));
    const visit = async () => {
        const browser = await openBrowser({ profile });
        const page = browser.context.pages()[0] ?? (await browser.context.newPage());
        await watchLongTasks(page);
        return { browser, page };
    };
    const one = await visit();
    const first = await startFigures(one.page, url);
    await one.page.waitForTimeout(FIRST_VISIT);
    await one.browser.close();

    let last = await visit();
    const again = await startFigures(last.page, url);
    const student = new Student(last.page);
    await student.skipEnded();
    return {
        ...visitOf(student),
        first,
        again,
        async visitAgain() {
            await last.browser.close();
            last = await visit();
            const next = new Student(last.page);
            await last.page.goto(url);
            await next.ready();
            return visitOf(next);
        },
        close: async () => {
            await last.browser.close();
            rmSync(profile, { recursive: true, force: true });
        },
    };
}
