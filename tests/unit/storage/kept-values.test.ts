import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";
import type { DrydockError } from "../../../src/base/errors";
import { KeptValues, type TextStorage } from "../../../src/storage/kept-values";

class FakeStorage implements TextStorage {
    readonly texts = new Map<string, string>();
    getItem = (key: string) => this.texts.get(key) ?? null;
    setItem = (key: string, text: string) => void this.texts.set(key, text);
    removeItem = (key: string) => void this.texts.delete(key);
}

const number = (text: string) => {
    const found = Number(text);
    if (Number.isNaN(found)) throw new TypeError(`${text} is no number`);
    return found;
};
const refuse = () => {
    throw new DOMException("blocked", "SecurityError");
};
let warn: MockInstance;
beforeEach(() => void (warn = vi.spyOn(console, "warn").mockImplementation(() => undefined)));
afterEach(() => warn.mockRestore());

describe("kept values", () => {
    test("come back parsed, in the next visit too", () => {
        const storage = new FakeStorage();
        new KeptValues(() => storage).write("size", "7");
        expect(new KeptValues(() => storage).read("size", "size", number)).toBe(7);
        expect(new KeptValues(() => storage).read("none", "size", number)).toBeUndefined();
    });

    test("a damaged one is set aside, told once, and the others are there", () => {
        const storage = new FakeStorage();
        storage.texts.set("size", "large").set("other", "1");
        const told: DrydockError[] = [];
        const kept = new KeptValues(
            () => storage,
            error => told.push(error),
        );
        expect(kept.read("size", "sizes", number)).toBeUndefined();
        expect(told).toMatchObject([{ code: "storage.value-damaged", message: "The saved sizes could not be read." }]);
        expect(kept.read("size", "sizes", number)).toBeUndefined();
        expect(told).toHaveLength(1);
        expect(kept.read("other", "other", number)).toBe(1);
        const aside = [...storage.texts.keys()].find(key => key.startsWith("size.damaged-"))!;
        expect(storage.texts.get(aside)).toBe("large");
        expect(storage.texts.has("size")).toBe(false);
    });

    test.each<[string, () => TextStorage | undefined]>([
        ["that may not be looked at", refuse],
        ["that is missing", () => undefined],
        ["that refuses every call", () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })],
    ])("in a storage %s, values last as long as the page", (_name, open) => {
        const kept = new KeptValues(open);
        expect(kept.read("size", "size", number)).toBeUndefined();
        kept.write("size", "7");
        expect(kept.read("size", "size", number)).toBe(7);
        kept.write("size", "large");
        expect(kept.read("size", "size", number)).toBeUndefined();
    });
});
