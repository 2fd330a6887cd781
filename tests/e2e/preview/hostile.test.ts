/**
 * A page of the guest tries to reach the student's own programs, the page and the internet; nobody may hear from it.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hostilePage, leavings, paths, type Targets } from "./hostile-page";
import { type Listener, startEar, startProgram } from "./listener";
import { openStage, type Stage } from "./stage";

/**
 * The listener under a name that the preview does not take for the guest's; the test's browser finds it on loopback.
 */
const ELSEWHERE = "classroom.test";

let stage: Stage;
let program: Listener;
let turned: Awaited<ReturnType<typeof startEar>>;
let context: BrowserContext;
let page: Page;
let targets: Targets;

beforeAll(async () => {
    [program, turned] = [await startProgram(), await startEar()];
    stage = await openStage();
    targets = { at: `http://localhost:${program.port}`, turn: turned.port };
});
afterAll(async () => {
    await stage.close();
    for (const one of [program, turned]) one.close();
});

beforeEach(async () => {
    context = await stage.browser.newContext();
    const own = await context.newPage();
    await own.goto(`${targets.at}/login`);
    expect(await own.evaluate(() => document.cookie)).toBe("secret=1; wide=1");
    page = await context.newPage();
    await page.goto(stage.server.url);
    await page.waitForFunction(() => "preview" in window);
    program.heard.clear();
});
afterEach(async () => context.close());

const shown = (): Frame => page.frame({ name: "shown" })!;
const inFrame = (frame: Frame, code: string): Promise<unknown> => frame.evaluate(code);

async function open(path: string): Promise<Frame> {
    await page.waitForFunction(() => window.readyOutcome === "ready");
    await page.evaluate(path => window.preview.open(5000, path), path);
    return shown();
}

const tryPage = (page: string): string => `/hostile/page?html=${encodeURIComponent(page)}`;

/** What the listener has heard by the time it answers a request sent after all the others. */
async function heard(): Promise<string[]> {
    await fetch(`${targets.at}/last`);
    return [...program.heard].filter(path => path !== "/last" && path !== "/favicon.ico").sort();
}

describe("a page of the guest that tries to leave the machine", () => {
    test("is heard in every way if nothing confines it, so the listener works", async () => {
        const ear = await startEar();
        const page = hostilePage({ ...targets, turn: ear.port });
        const server = createServer((request, response) =>
            request.url?.startsWith("/hostile/redirect")
                ? response.writeHead(302, { Location: `${targets.at}/redirect` }).end()
                : response.writeHead(200, { "Content-Type": "text/html" }).end(page),
        );
        try {
            const alone = await context.newPage();
            await alone.goto(await addressOf(server));
            await alone.waitForFunction(() => document.title === "Tried");
            expect(await alone.evaluate(() => document.cookie)).toContain("secret=1");
            await expect.poll(heard, { timeout: 10_000 }).toEqual(paths);
            await expect.poll(() => ear.connections(), { timeout: 10_000 }).toBeGreaterThan(0);
        } finally {
            server.close();
            server.closeAllConnections();
            ear.close();
        }
    });

    test.each([
        ["localhost", "which means the guest"],
        [ELSEWHERE, "which means nothing in the machine"],
    ])("reaches nobody at %s (%s): frames, forms, requests of every kind, workers, windows, WebRTC", async host => {
        const frame = await open(tryPage(hostilePage({ ...targets, at: `http://${host}:${program.port}` })));
        await frame.waitForFunction(() => document.title === "Tried");
        expect(await heard()).toEqual([]);
        expect(turned.connections()).toBe(0);
        expect(context.pages().length).toBe(2);
    });

    test.each(Object.keys(leavings))("does not get away: %s", async way => {
        const moved = page.waitForEvent("framenavigated", {
            predicate: frame => frame.name() === "shown" && frame.url().includes("/hostile/"),
        });
        const frame = await open(
            tryPage(`<title>Leaving</title>${leavings[way]!(`http://${ELSEWHERE}:${program.port}`)}`),
        );
        await moved;
        // Either it is refused at once, or the frame shows that it was.
        await expect
            .poll(async () => frame.url().startsWith("chrome-error:") || (await titleOf(frame)) === "Leaving")
            .toBe(true);
        expect(await heard()).toEqual([]);
        expect(page.url()).toBe(stage.server.url);
        // And the preview still works.
        await page.evaluate(() => window.preview.open(5000, "/about"));
        await page.frameLocator("iframe[name=shown]").getByRole("heading", { name: "About first" }).waitFor();
        expect(await heard()).toEqual([]);
    });

    test("by a redirect that a person follows", async () => {
        const frame = await open("/hostile/redirect?to=http://leak.test/x");
        await frame.getByRole("heading", { name: "This link leads out of the machine" }).waitFor();
    });
});

describe("what is not the guest's", () => {
    test("cookies of the student's own programs are neither seen nor changed", async () => {
        const frame = await open("/about");
        await frame.getByRole("heading", { name: "About first" }).waitFor();
        expect(await inFrame(frame, `document.cookie`)).toBe("");
        expect(await inFrame(frame, `cookieStore.getAll().then(all => all.length)`)).toBe(0);
        await inFrame(
            frame,
            `for (const domain of ["", "; domain=localhost", "; domain=" + location.hostname]) document.cookie = "tossed=1; path=/" + domain`,
        );
        await open("/who");
        expect(await shown().locator("#cookie").textContent()).toBe("nobody");
        const own = await context.newPage();
        await own.goto(`${targets.at}/again`);
        expect(await own.evaluate(() => document.cookie)).toBe("secret=1; wide=1");
        const main = await context.cookies(stage.server.url);
        expect(main.map(({ name }) => name)).not.toContain("tossed");
    });

    test("the page, its storage and its window; there is no opener", async () => {
        await page.evaluate(() => localStorage.setItem("progress", "kept"));
        const frame = await open("/about");
        await frame.getByRole("heading", { name: "About first" }).waitFor();
        expect(
            await inFrame(
                frame,
                `(() => { const refused = act => { try { return String(act()) } catch (problem) { return problem.name } };
                    return [refused(() => parent.document.title), refused(() => parent.localStorage.length), refused(() => top.eval("1")),
                        String(opener), String(localStorage.getItem("progress")), String(crossOriginIsolated), String(originAgentCluster)] })()`,
            ),
        ).toEqual(["SecurityError", "SecurityError", "SecurityError", "null", "null", "false", "true"]);
        expect(await inFrame(frame, `(document.domain = "localhost", document.domain)`).catch(() => "refused")).toBe(
            "refused",
        );
    });

    test("a worker of its own is refused, even through the bridge, and the preview's own worker still runs", async () => {
        const frame = await open("/about");
        await frame.getByRole("heading", { name: "About first" }).waitFor();
        const register = (window: string, script: string, scope: string) =>
            inFrame(
                frame,
                `(async () => { try { await ${window}.navigator.serviceWorker.register("${script}", { scope: "${scope}" }); return "registered" } catch (problem) { return problem.name } })()`,
            );
        const prefix = new URL(frame.url()).pathname.replace(/about$/, "");
        const bridge = `[...Array(parent.length).keys()].map(index => parent[index]).find(one => one !== window)`;
        for (const window of ["window", bridge])
            for (const [script, scope] of [
                ["/own-worker.js", "/"],
                [`${prefix}own-worker.js`, prefix],
                ["/bridge-frame.js", prefix],
                ["/waiting.js", prefix],
            ] as const)
                expect(await register(window, script, scope), `${window} ${script}`).not.toBe("registered");
        await page.reload();
        await page.waitForFunction(() => window.readyOutcome === "ready");
        await open("/about");
        await shown().getByRole("heading", { name: "About first" }).waitFor();
    });

    test("a page that never ends does not stop the lesson", async () => {
        await open(tryPage(`<title>Spins</title><script>for (;;) ;</script>`).replace("?", "?spins&"));
        // The page draws frames and runs its script while the other one spins; the browser shows that by making this
        // request.
        await stage.until("/hostile/page?spins");
        expect(
            await page.evaluate(
                () => new Promise<number>(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))),
            ),
        ).toBeGreaterThan(0);
    });
});

async function addressOf(server: Server): Promise<string> {
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

async function titleOf(frame: Frame): Promise<string> {
    try {
        return await frame.title();
    } catch {
        return ""; // between two documents
    }
}
