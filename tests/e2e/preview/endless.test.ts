/**
 * A page of the guest that never ends: the lesson continues, and the preview shows another page when the student asks
 * for one.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "./stage";

let stage: Stage;
let page: Page;
beforeAll(async () => {
    stage = await openStage();
    page = await stage.browser.newPage();
    await page.goto(stage.server.url);
    await page.waitForFunction(() => window.readyOutcome === "ready");
});
afterAll(async () => stage.close());

const open = (path: string) => page.evaluate(path => window.preview.open(5000, path), path);

async function shows(path: string, heading: string): Promise<void> {
    await open(path);
    await page.frameLocator("iframe[name=shown]").getByRole("heading", { name: heading }).waitFor({ timeout: 60_000 });
}

/**
 * Opens a page that spins: either at once, so that the next page may be requested before it does, or only after the
 * guest has received another request.
 */
async function spin(mark: string, atOnce: boolean): Promise<void> {
    const loop = "for (;;) ;";
    const script = atOnce ? loop : `fetch("/began-${mark}").finally(() => { ${loop} })`;
    await open(`/hostile/page?${mark}&html=${encodeURIComponent(`<title>Spins</title><script>${script}</script>`)}`);
    await stage.until(atOnce ? `/hostile/page?${mark}` : `/began-${mark}`);
}

const host = () => page.evaluate(() => new URL(document.querySelector("iframe")!.src).hostname);

test("the lesson continues, and the student gets the preview back, more often than there are names for it", async () => {
    await open("/login"); // this page sets a cookie
    await stage.until("/login");
    for (let visit = 0; visit < 8; visit++) await shows(`/about?${visit}`, "About first");
    const hosts = new Set([await host()]);
    for (let round = 0; round < 5; round++) {
        await spin(`spins-${round}`, round % 2 === 1);
        expect(
            await page.evaluate(
                () => new Promise<number>(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))),
            ),
        ).toBeGreaterThan(0);
        await shows("/about", "About first");
        hosts.add(await host());
    }
    expect(hosts.size).toBeGreaterThan(1);
    await open("/who");
    await page.getByText("5000 /who Who").waitFor();
    expect(await page.frameLocator("iframe[name=shown]").locator("#cookie").textContent()).toBe("session=abc");
});
