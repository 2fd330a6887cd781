/** One lesson in two tabs: with Web Locks, and without them at a classroom's plain http address. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLASSROOM } from "../browser/chromium";
import { Student } from "../browser/student";
import { Visit } from "./visit";

const ELSEWHERE = "This lesson is open in another tab";
const MOVED = "You moved this lesson to another tab";

describe.each(["localhost", CLASSROOM])("a lesson in two tabs at %s", host => {
    let visit: Visit;
    let first: Page;
    let second: Page;

    beforeAll(async () => {
        visit = await Visit.open({ host });
        first = visit.page;
        second = await visit.browser.context.newPage();
    });

    afterAll(async () => visit?.close());

    beforeEach(({ task }) => console.log(`${new Date().toISOString().slice(11, 19)} ${task.name}`));

    const says = (page: Page, words: string) => page.getByRole("heading", { name: words }).waitFor();
    const works = (page: Page) => page.getByRole("region", { name: "Terminal" }).waitFor();
    const tree = (page: Page, name: string) => page.getByRole("treeitem", { name, exact: true });

    test("the second one says where it is open, and starts no machine", async () => {
        await visit.student.open(visit.url);
        await visit.student.type("echo made-in-the-first > mine.txt");
        await tree(first, "mine.txt").waitFor();
        expect(first.workers().length).toBeGreaterThan(0);
        await second.goto(`${visit.url}#/images/flask`);
        await says(second, ELSEWHERE);
        expect(second.workers()).toEqual([]);
        const other = await visit.browser.context.newPage();
        await other.goto(`${visit.url}#/containers/lifecycle`);
        await works(other); // another lesson is not affected
        await other.close();
    });

    test("it takes the lesson over by the keyboard, with what was typed last, and the first one stops", async () => {
        await visit.student.writeFile("app.py", "typed = 'at the last moment'");
        await first.keyboard.insertText(" # not saved yet");
        await second.keyboard.press("Enter");
        await says(first, MOVED);
        expect(first.workers()).toEqual([]);
        const student = new Student(second);
        await student.ready();
        await student.type("cat mine.txt app.py");
        await expect
            .poll(() => student.terminalText())
            .toMatch(/made-in-the-first[^]*at the last moment' # not saved yet/);
    });

    test("the first one takes it back", async () => {
        await first.bringToFront();
        await first.getByRole("button", { name: "Take it back" }).click();
        await works(first);
        await says(second, MOVED);
        await tree(first, "mine.txt").waitFor();
    });

    test("a frozen tab does not hold it, and knows when it wakes", async () => {
        const session = await visit.browser.context.newCDPSession(first);
        await second.bringToFront();
        await session.send("Page.setWebLifecycleState", { state: "frozen" });
        await second.getByRole("button", { name: "Take it back" }).click();
        await works(second);
        await session.send("Page.setWebLifecycleState", { state: "active" });
        await says(first, MOVED);
    });

    test("a reload keeps the lesson, a tab that crashed or was closed leaves it", async () => {
        await second.reload();
        await works(second);
        await second.goto("chrome://crash").catch(() => undefined); // the error is what a crash causes
        await first.reload();
        await works(first);
        const third = await visit.browser.context.newPage();
        await third.goto(`${visit.url}#/images/flask`);
        await says(third, ELSEWHERE);
        await first.close();
        await third.bringToFront();
        await third.evaluate(() => dispatchEvent(new Event("focus"))); // pages under test never lose focus
        await works(third);
    });

    test("nothing in the page failed", () => expect(visit.complaints).toEqual([]));
});
