import { expect, test } from "vitest";
import { Feed } from "../../../src/base/store";

test("a late listener finds what happened before; a mark leaves out what is older", () => {
    const feed = new Feed<string>(10);
    feed.emit("one");
    const heard: string[] = [];
    const stop = feed.listen(event => heard.push(event));
    const mark = feed.count;
    feed.emit("two");
    stop();
    feed.emit("three");
    expect(heard).toEqual(["two"]);
    expect(feed.since()).toEqual(["one", "two", "three"]);
    expect(feed.since(mark)).toEqual(["two", "three"]);
    expect(feed.since(feed.count)).toEqual([]);
});

test("only the last events are kept, and a mark that is older than them gives all of them", () => {
    const feed = new Feed<number>(3);
    for (let event = 1; event <= 5; event++) feed.emit(event);
    expect(feed.since()).toEqual([3, 4, 5]);
    expect(feed.since(1)).toEqual([3, 4, 5]);
    expect(feed.since(4)).toEqual([5]);
    expect(feed.count).toBe(5);
});

test("the source is opened by the first listener, once", () => {
    let opened = 0;
    const feed = new Feed<number>(3, () => opened++);
    expect(opened).toBe(0);
    feed.listen(() => undefined)();
    feed.listen(() => undefined);
    expect(opened).toBe(1);
});
