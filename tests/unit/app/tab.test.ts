// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { lessonMayBeFree, noteOpen, tabName } from "../../../src/app/tab";

const offerLocks = (held: string[] | undefined) =>
    Object.defineProperty(navigator, "locks", {
        configurable: true,
        value: held && { query: async () => ({ held: held.map(name => ({ name, mode: "exclusive" })), pending: [] }) },
    });

beforeEach(() => {
    localStorage.clear();
    sessionStorage.clear();
    offerLocks(undefined);
});
afterEach(() => dispatchEvent(new Event("pagehide")));

test("a tab keeps its name over a reload; its duplicate gets another one", () => {
    const name = tabName(() => sessionStorage);
    expect(name).toMatch(/^[0-9a-f]{16}$/);
    expect(tabName(() => sessionStorage)).not.toBe(name); // the duplicate has a copy of what is stored now
    sessionStorage.clear();
    const again = tabName(() => sessionStorage);
    dispatchEvent(new Event("pagehide"));
    expect(tabName(() => sessionStorage)).toBe(again);
});

test("Web Locks tell whether the lesson may be free", async () => {
    offerLocks(["drydock-lesson:images/flask", "drydock-hub"]);
    expect(await lessonMayBeFree("images/flask")).toBe(false);
    expect(await lessonMayBeFree("images/layers")).toBe(true);
    expect(await lessonMayBeFree(undefined)).toBe(true); // a course without lessons
});

test("without them a note does, until the page goes", async () => {
    expect(await lessonMayBeFree("images/flask")).toBe(true);
    noteOpen("images/flask", "one");
    expect(await lessonMayBeFree("images/flask")).toBe(false);
    expect(await lessonMayBeFree("images/layers")).toBe(true);
    dispatchEvent(new Event("pagehide"));
    expect(await lessonMayBeFree("images/flask")).toBe(true);
});

test("the note of another tab stays when this one goes", async () => {
    noteOpen("images/flask", "one");
    localStorage.setItem("drydock.open:images/flask", "two");
    dispatchEvent(new Event("pagehide"));
    expect(await lessonMayBeFree("images/flask")).toBe(false);
});
