// @vitest-environment happy-dom
import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Lesson } from "../../../src/lesson/lesson";
import Layout from "../../../src/ui/Layout.svelte";
import { expectAccessible } from "./accessible";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench } from "./fakes";

/** Whether the page is wide, or that of a phone. */
let wide: boolean;
beforeEach(() => {
    wide = true;
    vi.stubGlobal("matchMedia", (query: string) => ({
        matches: query.includes("min-width") ? wide : query.includes("max-width") && !wide,
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
    }));
});

async function shown(panes: Lesson["open"]["panes"]) {
    const lesson = { ...makeLesson([makeStep("one")]), open: { panes, file: undefined } };
    const made = await makeWorkbench(lesson);
    made.workbench.start();
    render(Bench, { workbench: made.workbench, show: Layout });
    await waitFor(() => expect(screen.getByRole("article")).toBeDefined());
    return made;
}
const has = (pane: string) => document.getElementById(`pane-${pane}`) !== null;

describe("the panes at the start", () => {
    test("are those that the lesson opens", async () => {
        await shown(["editor", "terminal", "preview"]);
        expect(["editor", "terminal", "preview"].map(has)).toEqual([true, true, true]);
        expect(screen.queryByRole("button", { name: /^Show the/ })).toBeNull();
    });

    test("a closed editor is opened by its button, and gets the focus", async () => {
        await shown(["terminal"]);
        expect(["editor", "terminal", "preview"].map(has)).toEqual([false, true, false]);
        await expectAccessible(document.querySelector(".middle")!);
        screen.getByRole("button", { name: "Show the editor" }).click();
        await waitFor(() => expect(has("editor")).toBe(true));
        await waitFor(() => expect(document.activeElement?.id).toBe("pane-editor"));
        expect(screen.queryByRole("button", { name: "Show the editor" })).toBeNull();
    });

    test("a closed terminal opens when a command is run", async () => {
        const { workbench, sandbox } = await shown(["editor", "preview"]);
        expect(["editor", "terminal", "preview"].map(has)).toEqual([true, false, true]);
        await workbench.run("ls");
        await waitFor(() => expect(has("terminal")).toBe(true));
        await waitFor(() => expect(sandbox.shells[0]?.typed).toEqual(["ls\r"]));
    });

    test("the student's own choice for the preview takes precedence", async () => {
        const { settings } = await shown(["terminal"]);
        settings.showPreview(true);
        await waitFor(() => expect(has("preview")).toBe(true));
    });

    test("on a phone they are all there, as tabs", async () => {
        wide = false;
        await shown(["terminal"]);
        expect(screen.getAllByRole("tab", { name: /Lesson|Editor|Terminal$|Preview|Network/ }).length).toBeGreaterThan(
            4,
        );
        expect(["editor", "terminal", "preview"].map(has)).toEqual([true, true, true]);
    });
});
