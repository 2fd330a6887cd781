// @vitest-environment happy-dom
/** What the interface itself stores in localStorage. */
import { beforeEach, describe, expect, test } from "vitest";
import { studentSeed } from "../../../src/app/student";
import type { DrydockError } from "../../../src/base/errors";
import { KeptValues } from "../../../src/storage/kept-values";
import { paneStorage } from "../../../src/ui/common/pane-storage";
import { Settings } from "../../../src/ui/common/settings.svelte";

let told: DrydockError[];
let kept: KeptValues;
beforeEach(() => {
    localStorage.clear();
    told = [];
    kept = new KeptValues(
        () => localStorage,
        error => told.push(error),
    );
});

describe("settings", () => {
    test("come back", () => {
        new Settings(kept).chooseTheme("dark");
        expect(new Settings(kept).theme).toBe("dark");
        expect(told).toEqual([]);
    });

    test.each(["{", "null", "[]", "7", '"dark"'])("damaged ones (%s) are set aside, and the defaults hold", text => {
        localStorage.setItem("drydock.settings", text);
        expect(new Settings(kept).theme).toBe("system");
        expect(told).toMatchObject([{ code: "storage.value-damaged" }]);
    });

    test("an unknown value of one field leaves the others", () => {
        localStorage.setItem("drydock.settings", '{"theme":"pink","screenReader":true}');
        const settings = new Settings(kept);
        expect([settings.theme, settings.screenReader]).toEqual(["system", true]);
        expect(told).toEqual([]);
    });
});

describe("the student's number", () => {
    test("stays the same", () => {
        const seed = studentSeed(kept);
        expect(seed).toMatch(/^[0-9a-f]{16}$/);
        expect(studentSeed(kept)).toBe(seed);
    });

    test("is chosen again if it is damaged, and the student is told", () => {
        localStorage.setItem("drydock.student", "undefined");
        expect(studentSeed(kept)).toMatch(/^[0-9a-f]{16}$/);
        expect(told).toMatchObject([{ code: "storage.value-damaged" }]);
    });
});

describe("sizes of the panes", () => {
    const key = '1:{"minSize":18},2:{"minSize":28}';

    test("come back as paneforge wrote them", () => {
        const text = JSON.stringify({ [key]: { expandToSizes: {}, layout: [40, 60] } });
        paneStorage(kept).setItem("paneforge:rows", text);
        expect(paneStorage(kept).getItem("paneforge:rows")).toBe(text);
        expect(told).toEqual([]);
    });

    test.each([
        ["no JSON", "{"],
        ["no sizes", JSON.stringify({ [key]: { layout: [40, 60] } })],
        ["a size too few", JSON.stringify({ [key]: { expandToSizes: {}, layout: [100] } })],
        ["text for a size", JSON.stringify({ [key]: { expandToSizes: {}, layout: [40, "60"] } })],
    ])("damaged ones (%s) never reach paneforge", (_name, text) => {
        localStorage.setItem("paneforge:rows", text);
        expect(paneStorage(kept).getItem("paneforge:rows")).toBeNull();
        expect(told).toMatchObject([{ code: "storage.value-damaged" }]);
    });
});
