import type { BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seen } from "./guest";
import { openStage, type Stage } from "./stage";

let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
    stage = await openStage();
});
afterAll(async () => stage.close());

beforeEach(async () => {
    context = await stage.browser.newContext();
    page = await context.newPage();
    await page.goto(stage.server.url);
    await page.waitForFunction(() => "preview" in window);
});
afterEach(async () => context.close());

const shown = (): Frame => page.frame({ name: "shown" })!;

async function open(port: number, path = "/"): Promise<Frame> {
    await page.evaluate(([port, path]) => window.preview.open(port, path), [port, path] as const);
    await page.waitForFunction(
        place => document.getElementById("address")!.textContent?.startsWith(place),
        `${port} ${path}`,
    );
    return shown();
}

const textOf = (frame: Frame, selector: string) => frame.locator(selector).textContent();
const inFrame = (frame: Frame, code: string): Promise<unknown> => frame.evaluate(code);

describe("a site of the guest", () => {
    test("shows HTML, CSS and images by absolute and by relative address, runs scripts that fetch", async () => {
        const frame = await open(5000);
        expect(await textOf(frame, "h1")).toBe("absolute");
        await frame.locator("#script", { hasText: "first answers GET" }).waitFor();
        expect(await inFrame(frame, `getComputedStyle(document.getElementById("absolute")).color`)).toBe(
            "rgb(1, 2, 3)",
        );
        expect(await inFrame(frame, `getComputedStyle(document.getElementById("relative")).color`)).toBe(
            "rgb(4, 5, 6)",
        );
        expect(await inFrame(frame, `document.getElementById("image").naturalWidth`)).toBe(1);
    });

    test("links from the root stay on their port, and the address bar follows", async () => {
        const frame = await open(5000);
        await frame.getByRole("link", { name: "About" }).click();
        await page.getByText("5000 /about About").waitFor();
        expect(await textOf(shown(), "#host")).toBe("localhost:5000");
        expect(await textOf(shown(), "#referer")).toBe("http://localhost:5000/");
        await shown().getByRole("link", { name: "Deeper" }).click();
        await page.getByText("5000 /sub/page Deep").waitFor();
        await page.evaluate(() => window.preview.go(-1));
        await page.getByText("5000 /about About").waitFor();
        await inFrame(shown(), `history.pushState(null, "", "made-by-script#part")`);
        await page.getByText("5000 /made-by-script#part").waitFor();
    });

    test("a page that answers slowly comes, though the page before it tries again every few seconds", async () => {
        await page.evaluate(() => window.preview.open(6000));
        await page.getByText("6000 / Nothing answers on port 6000 yet").waitFor();
        await page.evaluate(() => window.preview.open(5000, "/slow"));
        await page.getByText("5000 /slow Slow").waitFor();
    });

    test("redirects lead to the preview's own addresses", async () => {
        const frame = await open(5000);
        await frame.getByRole("link", { name: "Moved" }).click();
        await page.getByText("5000 /about About").waitFor();
        await page.evaluate(() => window.preview.open(5000, "/moved-full"));
        await page.getByText("5000 /about?from=full").waitFor();
        expect(
            await inFrame(
                shown(),
                `fetch("/moved").then(r => r.redirected + " " + new URL(r.url).pathname + " " + r.status)`,
            ),
        ).toMatch(/^true \/p\/5000~\w+\/about 200$/);
    });

    test("a redirect out of the machine says so", async () => {
        await open(5000, "/leave");
        expect(await textOf(shown(), "h1")).toBe("This link leads out of the machine");
        expect(await textOf(shown(), "main")).toContain("example.invalid");
    });

    test("forms post with their length, origin and text", async () => {
        const frame = await open(5000);
        await frame.getByRole("button", { name: "Send" }).click();
        await page.getByText("5000 /form Form").waitFor();
        expect(await textOf(shown(), "#got")).toBe(
            "POST application/x-www-form-urlencoded http://localhost:5000 16 name=M%C3%BCller",
        );
    });

    test("post, redirect, get: the cookie set on the way is there", async () => {
        const frame = await open(5000);
        await inFrame(
            frame,
            `{ const form = document.querySelector("form"); form.action = "/form-redirect"; form.submit() }`,
        );
        await page.getByText("5000 /about About").waitFor();
        const next = await open(5000, "/who");
        expect(await textOf(next, "#cookie")).toBe("flash=sent");
    });

    test("cookies are kept by port, expired ones dropped", async () => {
        await open(5000, "/login");
        expect(await textOf(await open(5000, "/who"), "#cookie")).toBe("session=abc");
        expect(await textOf(await open(7000, "/who"), "#cookie")).toBe("nobody");
    });

    test("methods, statuses and headers arrive as they are", async () => {
        const frame = await open(5000, "/about");
        const look = (path: string, method: string) =>
            inFrame(
                frame,
                `fetch("${path}", { method: "${method}" }).then(async r => [r.status, r.statusText, r.headers.get("x-pot"), await r.text()])`,
            );
        expect(await look("/teapot", "GET")).toEqual([418, "I'm a teapot", "yes", "short and stout"]);
        expect(await look("/teapot", "HEAD")).toEqual([418, "I'm a teapot", "yes", ""]);
        expect(await look("/empty", "GET")).toEqual([204, "No Content", null, ""]);
        expect(await look("/api", "DELETE")).toEqual([200, "OK", null, "first answers DELETE"]);
    });

    test("large bodies both ways", async () => {
        const frame = await open(5000, "/about");
        expect(
            await inFrame(
                frame,
                `fetch("/large").then(r => r.arrayBuffer()).then(b => { const u = new Uint8Array(b); return [u.length, u[0], u[65536 * 200], u[u.length - 1]] })`,
            ),
        ).toEqual([320 * 65_536, 0, 200, 319 % 256]);
        expect(
            await inFrame(
                frame,
                `fetch("/length", { method: "POST", body: new Uint8Array(12_000_000) }).then(r => r.text())`,
            ),
        ).toBe("12000000");
    });

    test("giving up reaches the guest", async () => {
        const frame = await open(5000, "/about");
        const before = seen.cancelled;
        await inFrame(
            frame,
            `{ const c = new AbortController(); fetch("/endless", { signal: c.signal }).then(r => r.body.getReader().read()).then(() => c.abort()) }`,
        );
        await expect.poll(() => seen.cancelled, { timeout: 10_000 }).toBe(before + 1);
    });

    test("streamed events arrive one by one", async () => {
        const frame = await open(5000, "/events-page");
        await frame.locator("li:nth-child(3)").waitFor();
        expect(await frame.locator("li").allTextContents()).toEqual(["1", "2", "3"]);
    });

    test("two ports side by side; addresses of the student's own computer mean the guest", async () => {
        const frame = await open(7000);
        expect(await textOf(frame, "h1")).toBe("the other app");
        expect(await inFrame(frame, `fetch("http://localhost:5000/api").then(r => r.text())`)).toBe(
            "first answers GET",
        );
        expect(
            await inFrame(
                frame,
                `fetch("http://127.0.0.1:5000/api", { method: "PUT", headers: { "X-Own": "1" }, body: "x" }).then(r => r.text())`,
            ),
        ).toBe("first answers PUT");
    });

    test("reload asks the guest again", async () => {
        const frame = await open(5000, "/about");
        await inFrame(frame, `document.querySelector("h1").textContent = "changed"`);
        await page.evaluate(() => window.preview.reload());
        await shown().getByText("About first").waitFor();
    });
});

test("two tabs of Drydock, each with its own machine, do not mix", async () => {
    const other = await context.newPage();
    await other.goto(stage.server.url);
    await other.waitForFunction(() => "preview" in window);
    for (const [tab, name] of [
        [page, "a"],
        [other, "b"],
    ] as const) {
        await tab.evaluate(name => ((window.tab = name), window.preview.open(5000, "/tab")), name);
        await tab
            .frame({ name: "shown" })!
            .getByRole("heading", { name: `tab ${name}` })
            .waitFor();
    }
    for (const [tab, name] of [
        [page, "a"],
        [other, "b"],
        [page, "a"],
    ] as const) {
        const frame = tab.frame({ name: "shown" })!;
        expect(await inFrame(frame, `fetch("/tab").then(r => r.text())`)).toContain(`tab ${name}`);
        await frame.getByRole("link", { name: "Again" }).click();
        await tab.getByText("5000 /tab?again Tab").waitFor();
        expect(await textOf(tab.frame({ name: "shown" })!, "h1")).toBe(`tab ${name}`);
    }
});

describe("what the preview says itself", () => {
    test("nothing listens: which port, what to look at, and the page comes by itself once something does", async () => {
        const frame = await open(8000);
        expect(await textOf(frame, "h1")).toBe("Nothing answers on port 8000 yet");
        expect(await textOf(frame, "main")).toContain("docker ps");
        expect(await inFrame(frame, `document.querySelector("meta[http-equiv=refresh]").content`)).toBe("3");
        const asking = await open(5000, "/about");
        expect(
            await inFrame(
                asking,
                `fetch("http://localhost:8000/x").then(async r => [r.status, (await r.text()).split("\\n")[0]])`,
            ),
        ).toEqual([502, "Nothing answers on port 8000 yet"]);
    });

    test("the machine's tab is closed while the preview is in a tab of its own", async () => {
        await open(5000, "/about");
        const alone = await context.newPage();
        await alone.goto((await page.evaluate(() => window.preview.url(5000, "/about")))!);
        await alone.frameLocator("iframe").getByRole("heading", { name: "About first" }).waitFor();
        await page.close();
        await alone.reload();
        await alone.frameLocator("iframe").getByRole("heading", { name: "The machine's page is closed" }).waitFor();
    });

    test("a page of the guest alone in a tab, where nothing would confine it", async () => {
        await open(5000, "/about");
        const alone = await context.newPage();
        const response = await alone.goto(`${stage.server.previewUrl}p/5000/about`);
        expect(response?.status()).toBe(403);
        expect(await alone.locator("body").textContent()).toContain("inside Drydock only");
    });
});

describe("a page that asks another port of the guest", () => {
    const other = (body: string) => `/hostile/page?html=${encodeURIComponent(`<title>Front</title>${body}`)}`;

    test("by fetch, XMLHttpRequest, a picture, also by an address made of its own host name", async () => {
        const frame = await open(5000, "/about");
        const text = (code: string) => inFrame(frame, code);
        expect(await text(`fetch("http://localhost:7000/api").then(r => r.text())`)).toBe("second answers GET");
        expect(
            await text(
                `fetch(new Request("http://127.0.0.1:7000/api", { method: "POST", body: "x" })).then(r => r.text())`,
            ),
        ).toBe("second answers POST");
        expect(
            await text(`fetch(location.protocol + "//" + location.hostname + ":7000/api").then(r => r.text())`),
        ).toBe("second answers GET");
        expect(
            await text(
                `new Promise(resolve => { const x = new XMLHttpRequest(); x.onload = () => resolve(x.responseText); x.open("PUT", "http://localhost:7000/api"); x.send() })`,
            ),
        ).toBe("second answers PUT");
        expect(
            await text(
                `new Promise(resolve => { const i = new Image(); i.onload = () => resolve(i.naturalWidth); i.src = "http://localhost:7000/static/dot.png" })`,
            ),
        ).toBe(1);
        expect(
            await text(
                `new Promise(resolve => { document.body.insertAdjacentHTML("beforeend", '<img id="late" src="http://localhost:7000/static/dot.png">'); late.onload = () => resolve(late.naturalWidth) })`,
            ),
        ).toBe(1);
    });

    test("by a frame, a form, a link, and by going there", async () => {
        const frame = await open(5000, other(`<iframe name="inner" src="http://localhost:7000/"></iframe>`));
        await frame.frameLocator("iframe").getByRole("heading", { name: "the other app" }).waitFor();
        await open(
            5000,
            other(
                `<form method="post" action="http://localhost:7000/form"><input name="a" value="b"><button>Send</button></form>`,
            ),
        );
        await shown().getByRole("button", { name: "Send" }).click();
        await page.getByText("7000 /form Form").waitFor();
        expect(await textOf(shown(), "#got")).toContain(
            "POST application/x-www-form-urlencoded http://localhost:5000 3 a=b",
        );
        await (await open(5000)).getByRole("link", { name: "Other port" }).click();
        await page.getByText("7000 / Other").waitFor();
        await inFrame(
            await open(5000, "/about"),
            `void setTimeout(() => (location.href = "http://localhost:7000/about"))`,
        );
        await page.getByText("7000 /about About").waitFor();
    });
});

describe("what the guest serves is not trusted", () => {
    test("a page reaches neither Drydock's page, nor the internet, nor the service worker", async () => {
        const requests: string[] = [];
        page.on("request", request => requests.push(request.url()));
        const frame = await open(5000, "/hostile");
        await expect
            .poll(async () => (await textOf(frame, "#out"))!.trim().split("\n").length, { timeout: 10_000 })
            .toBe(6);
        const out = (await textOf(frame, "#out"))!;
        expect(out).toContain("page document: refused SecurityError");
        expect(out).toContain("page storage: refused SecurityError");
        expect(out).toContain("outside: refused TypeError");
        expect(out).toContain("worker: refused");
        expect(new URL(page.url()).origin).toBe(new URL(stage.server.url).origin);
        expect(requests.filter(url => url.includes("example.invalid"))).toEqual([]);
    });

    test("only Drydock's page can frame the bridge", async () => {
        const frame = await open(5000, "/about");
        await inFrame(
            frame,
            `new Promise(resolve => { const f = document.createElement("iframe"); f.src = "/bridge.html"; f.onload = resolve; document.body.append(f) })`,
        );
        const inner = frame.childFrames()[0];
        expect(inner?.url() === `${stage.server.previewUrl}bridge.html`).toBe(false);
    });
});

describe("updates", () => {
    test("a worker of an older build is replaced before the first page is shown", async () => {
        const old = await stage.browser.newContext();
        try {
            stage.install(code => code.replaceAll(/\bPROTOCOL = \d+\b/g, "PROTOCOL = 0"));
            const before = await old.newPage();
            await before.goto(stage.server.url);
            // The old bridge frame and worker agree; the page is from the new build and answers nothing in the old
            // protocol.
            await before.waitForFunction(() => window.readyOutcome === "ready");
            await before.evaluate(() => window.preview.open(5000, "/about"));
            await before.frame({ name: "shown" })!.getByRole("heading", { name: "Drydock was updated" }).waitFor();
            stage.install();
            await before.reload();
            await before.waitForFunction(() => window.readyOutcome === "ready");
            await before.evaluate(() => window.preview.open(5000, "/about"));
            await before.frame({ name: "shown" })!.getByRole("heading", { name: "About first" }).waitFor();
        } finally {
            stage.install();
            await old.close();
        }
    });
});
