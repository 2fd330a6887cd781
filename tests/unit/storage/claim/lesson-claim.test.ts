/** One lesson, several tabs, with Web Locks and without. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LessonClaim } from "../../../../src/storage/claim/lesson-claim";
import { RecordedLock } from "../../../../src/storage/claim/recorded-lock";
import { lockedLessons, WebLock } from "../../../../src/storage/claim/web-lock";
import { createMemoryStorage } from "../../../../src/storage/memory";
import { FakeChannels, FakeLocks } from "./fakes";

const LESSON = "images/flask";
const LOCK = `drydock-lesson:${LESSON}`;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Runs everything that waits, with the timers in order. */
const settled = () => vi.runAllTimersAsync();

describe.each(["Web Locks", "a record"])("with %s", kind => {
    function browser() {
        const channels = new FakeChannels();
        const locks = new FakeLocks();
        const { claims } = createMemoryStorage();
        let names = 0;
        const open = () => {
            const tab = `tab ${++names}`;
            const channel = channels.open();
            const parts = { lesson: LESSON, tab, channel, claims };
            const lock =
                kind === "Web Locks"
                    ? new WebLock({ ...parts, locks: locks as unknown as LockManager })
                    : new RecordedLock(parts);
            const claim = new LessonClaim({ tab, channel, lock });
            return { tab, channel, claim, kind: () => claim.state.state.kind };
        };
        /** As in a browser: the dead tab says nothing and holds no lock. */
        const crash = (one: ReturnType<typeof open>) => {
            one.channel.die();
            if (kind === "Web Locks") locks.drop(LOCK);
        };
        return { open, crash, claims, locks };
    }

    async function twoTabs() {
        const made = browser();
        const [first, second] = [made.open(), made.open()];
        await first.claim.ask();
        const asked = second.claim.ask();
        await settled();
        expect(await asked).toBe(false);
        return { ...made, first, second };
    }

    test("the first tab has the lesson, the second is told so", async () => {
        const { first, second, claims } = await twoTabs();
        expect([first.kind(), second.kind()]).toEqual(["here", "elsewhere"]);
        expect(await claims.holder(LESSON)).toBe(first.tab);
    });

    test("of two tabs opened at the same moment, one has it", async () => {
        const { open } = browser();
        const tabs = [open(), open()];
        const asked = tabs.map(tab => tab.claim.ask());
        await settled();
        expect((await Promise.all(asked)).sort()).toEqual([false, true]);
        expect(tabs.map(tab => tab.kind()).sort()).toEqual(["elsewhere", "here"]);
    });

    test("the other takes over once the first has saved its work", async () => {
        const { first, second, claims } = await twoTabs();
        let finish: () => void = () => undefined;
        first.claim.onGive(() => new Promise(resolve => (finish = resolve)));
        const taken = second.claim.take();
        await vi.advanceTimersByTimeAsync(10_000);
        expect([first.kind(), second.kind()]).toEqual(["here", "taking"]);
        finish();
        await settled();
        await taken;
        expect([first.kind(), second.kind()]).toEqual(["lost", "here"]);
        expect(await claims.holder(LESSON)).toBe(second.tab);
    });

    test("unsaved work keeps the lesson where it is, until the student wants it anyway", async () => {
        const { first, second } = await twoTabs();
        first.claim.onGive(() => Promise.reject(new Error("app.py is not saved.")));
        void second.claim.take();
        await settled();
        expect(first.kind()).toBe("here");
        expect(second.claim.state.state).toEqual({ kind: "elsewhere", refusal: "app.py is not saved." });
        void second.claim.take({ force: true });
        await settled();
        expect([first.kind(), second.kind()]).toEqual(["lost", "here"]);
    });

    test("a frozen tab does not hold it for ever, and has lost it when it wakes", async () => {
        const { first, second } = await twoTabs();
        const save = vi.fn(async () => undefined);
        first.claim.onGive(save);
        first.channel.freeze();
        void second.claim.take();
        await settled();
        expect(second.kind()).toBe("here");
        first.channel.thaw();
        await first.claim.verify();
        await settled();
        expect([first.kind(), second.kind()]).toEqual(["lost", "here"]);
        expect(save).not.toHaveBeenCalled();
    });

    test("nor does one whose save hangs", async () => {
        const { first, second } = await twoTabs();
        first.claim.onGive(() => new Promise(() => undefined));
        void second.claim.take();
        await settled();
        expect([first.kind(), second.kind()]).toEqual(["lost", "here"]);
    });

    test("the lesson of a tab that crashed is free", async () => {
        const { first, second, crash } = await twoTabs();
        crash(first);
        const asked = second.claim.ask();
        await settled();
        expect(await asked).toBe(true);
        expect(second.kind()).toBe("here");
    });

    test("the lesson of a closed tab is free at once", async () => {
        const { first, second } = await twoTabs();
        first.claim.leave();
        await vi.advanceTimersByTimeAsync(0);
        void second.claim.ask();
        await vi.advanceTimersByTimeAsync(0); // it does not wait for an answer
        expect(second.kind()).toBe("here");
    });

    test("a third tab that wants it after the second gets it from the second", async () => {
        const { first, second, open, claims } = await twoTabs();
        const third = open();
        void third.claim.ask();
        await settled();
        void second.claim.take();
        await settled();
        void third.claim.take();
        await settled();
        expect([first.kind(), second.kind(), third.kind()]).toEqual(["lost", "lost", "here"]);
        expect(await claims.holder(LESSON)).toBe(third.tab);
    });

    test("a lesson that the page does not show is given to the tab that opens it, saved", async () => {
        const { open, claims } = browser();
        const [first, second] = [open(), open()];
        const save = vi.fn(async () => undefined);
        await first.claim.ask();
        first.claim.onGive(save);
        first.claim.rest(true);
        const asked = second.claim.ask();
        await vi.advanceTimersByTimeAsync(0); // it does not wait for an answer
        expect(await asked).toBe(true);
        expect([first.kind(), second.kind()]).toEqual(["lost", "here"]);
        expect(save).toHaveBeenCalledOnce();
        expect(await claims.holder(LESSON)).toBe(second.tab);
    });

    test("a lesson that could not be saved is not", async () => {
        const { open } = browser();
        const [first, second] = [open(), open()];
        await first.claim.ask();
        first.claim.onGive(() => Promise.reject(new Error("full")));
        first.claim.rest(true);
        void second.claim.ask();
        await vi.advanceTimersByTimeAsync(0);
        expect(first.kind()).toBe("here");
    });

    test("pressing the button during the check whether the lesson is free takes it once", async () => {
        const { first, second, crash } = await twoTabs();
        crash(first);
        void second.claim.ask();
        void second.claim.take();
        await settled();
        expect(second.kind()).toBe("here");
    });
});

test("Web Locks tell which lessons are open", async () => {
    const locks = new FakeLocks();
    void locks.request(LOCK, {}, () => new Promise(() => undefined));
    void locks.request("drydock-hub", {}, () => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(0);
    expect(await lockedLessons(locks as unknown as LockManager)).toEqual([LESSON]);
});

test("a failing database does not keep the lesson closed", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const channel = new FakeChannels().open();
    const claims = {
        holder: () => Promise.reject(new Error("broken")),
        pass: () => Promise.reject(new Error("broken")),
        take: () => Promise.reject(new Error("broken")),
    };
    const lock = new RecordedLock({ lesson: LESSON, tab: "tab", channel, claims });
    expect(await new LessonClaim({ tab: "tab", channel, lock }).ask()).toBe(true);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("broken"));
    warn.mockRestore();
});
