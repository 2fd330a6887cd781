// @vitest-environment happy-dom
import { render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { expect, test } from "vitest";
import { Store } from "../../../src/base/store";
import OpenElsewhere from "../../../src/ui/status/OpenElsewhere.svelte";
import { expectAccessible } from "./accessible";

type State = { kind: "elsewhere"; refusal: string | undefined } | { kind: "asking" | "taking" | "here" | "lost" };

function shown({ moved = false } = {}) {
    const state = new Store<State>({ kind: "elsewhere", refusal: undefined });
    const taken: boolean[] = [];
    const claim = { state, take: async ({ force = false } = {}) => void taken.push(force) };
    render(OpenElsewhere, { claim, lesson: "Flask in a container", moved });
    return { state, taken };
}

const button = () => screen.getByRole("button");

test("says where the lesson is, and takes it by the button that has the focus", async () => {
    const { taken } = shown();
    expect(screen.getByRole("heading").textContent).toBe("This lesson is open in another tab");
    expect(document.activeElement).toBe(button());
    expect(button().textContent?.trim()).toBe("Use it here");
    button().click();
    expect(taken).toEqual([false]);
    await expectAccessible(document.body);
});

test("says that the other tab saves, and keeps the focus meanwhile", async () => {
    const { state } = shown();
    state.set({ kind: "taking" });
    await tick();
    expect(screen.getByRole("status").textContent).toContain("Waiting for the other tab");
    expect(button().getAttribute("aria-disabled")).toBe("true");
    expect(document.activeElement).toBe(button());
});

test("names what the other tab could not save before it is lost", async () => {
    const { state, taken } = shown();
    state.set({ kind: "elsewhere", refusal: "The other tab could not save app.py." });
    await tick();
    expect(screen.getByRole("alert").textContent).toContain("could not save app.py");
    expect(button().textContent?.trim()).toBe("Use it here anyway");
    button().click();
    expect(taken).toEqual([true]);
});

test("a tab that had the lesson says that its work is saved", () => {
    shown({ moved: true });
    expect(screen.getByRole("heading").textContent).toBe("You moved this lesson to another tab");
    expect(document.body.textContent).toContain("Your files and progress are saved");
    expect(button().textContent?.trim()).toBe("Take it back");
});
