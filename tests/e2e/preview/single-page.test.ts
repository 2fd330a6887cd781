/** The preview at a classroom's plain http address, where browsers offer no service worker. */
import type { BrowserContext, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
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
    const address = new URL(stage.server.url);
    address.hostname = "classroom.test";
    await page.goto(address.href);
    await page.waitForFunction(() => "preview" in window);
});
afterEach(async () => context.close());

/** Looked up by name, because the frame's document is replaced on each page. */
const shown = (): Frame => page.frame({ name: "shown" })!;

async function open(port: number, path = "/"): Promise<Frame> {
    await page.evaluate(([port, path]) => window.preview.open(port, path), [port, path] as const);
    return shown();
}

test("one page with its styles and pictures inside and a notice; no script runs", async () => {
    expect(await page.evaluate(() => [isSecureContext, window.preview.mode, window.preview.url(5000)])).toEqual([
        false,
        "single-page",
        undefined,
    ]);
    const frame = await open(5000);
    await frame.getByRole("heading", { name: "absolute" }).waitFor();
    await frame.getByRole("note").waitFor();
    const look = await page.evaluate(() => {
        const inner = document.querySelector("iframe")!.contentDocument!;
        const colour = (id: string) => getComputedStyle(inner.getElementById(id)!).color;
        return [
            colour("absolute"),
            colour("relative"),
            (inner.getElementById("image") as HTMLImageElement).naturalWidth,
            inner.scripts.length,
            inner.getElementById("script")!.textContent,
        ];
    });
    expect(look).toEqual(["rgb(1, 2, 3)", "rgb(4, 5, 6)", 1, 0, ""]);
});

test("links, redirects, forms, cookies and the history work", async () => {
    await open(5000);
    await shown().getByRole("link", { name: "Moved" }).click();
    await page.getByText("5000 /about About").waitFor();
    await shown().getByRole("link", { name: "Deeper" }).click();
    await page.getByText("5000 /sub/page Deep").waitFor();
    await page.evaluate(() => window.preview.go(-2));
    await page.getByText("5000 / Home").waitFor();
    await shown().getByRole("button", { name: "Send" }).click();
    await page.getByText("5000 /form Form").waitFor();
    expect(await shown().locator("#got").textContent()).toContain(
        "POST application/x-www-form-urlencoded;charset=UTF-8 http://localhost:5000 16 name=M%C3%BCller",
    );
    await open(5000, "/login");
    await page.getByText("5000 /login In").waitFor();
    await open(5000, "/who");
    await page.getByText("5000 /who Who").waitFor();
    expect(await shown().locator("#cookie").textContent()).toBe("session=abc");
});

test("a page that does not answer yet appears by itself once it does", async () => {
    await open(8000);
    await shown().getByRole("heading", { name: "Nothing answers on port 8000 yet" }).waitFor();
    await shown().getByText("This page tries again every 3 seconds.").waitFor();
    await page.route("**/guest/8000/**", route =>
        route.continue({ url: route.request().url().replace("/guest/8000/", "/guest/5000/") }),
    );
    await shown().getByRole("heading", { name: "absolute" }).waitFor();
});

test("nothing that a hostile page tries runs, and a missing listener is explained in words", async () => {
    await open(5000, "/hostile");
    await page.getByText("5000 /hostile Hostile").waitFor();
    expect(await shown().locator("#out").textContent()).toBe("");
    expect(await page.locator("iframe[name=shown]").getAttribute("sandbox")).not.toContain("allow-scripts");
    await open(8000);
    await shown().getByRole("heading", { name: "Nothing answers on port 8000 yet" }).waitFor();
    await open(5000, "/leave");
    await shown().getByText("leads out of the machine").waitFor();
});
