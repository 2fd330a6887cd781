/** A page of the guest that never ends: the lesson goes on, and the preview shows another page when the student asks for one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "./stage";

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(async () => stage.close());

test("the student gets the preview back from a page that never ends", async () => {
    const page = await stage.browser.newPage();
    await page.goto(stage.server.url);
    await page.waitForFunction(() => window.readyOutcome === "ready");
    const spinning = `<title>Spins</title><script>for (;;) ;</script>`;
    await page.evaluate(
        path => window.preview.open(5000, path),
        `/hostile/page?spins&html=${encodeURIComponent(spinning)}`,
    );
    await stage.until("/hostile/page?spins");
    expect(
        await page.evaluate(
            () => new Promise<number>(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))),
        ),
    ).toBeGreaterThan(0);
    await page.evaluate(() => window.preview.open(5000, "/about"));
    await page
        .frameLocator("iframe[name=shown]")
        .getByRole("heading", { name: "About first" })
        .waitFor({ timeout: 120_000 });
});
