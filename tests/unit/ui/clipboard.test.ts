// @vitest-environment happy-dom
import { render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { copyText } from "../../../src/ui/common/clipboard";
import LessonPane from "../../../src/ui/lesson/LessonPane.svelte";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench } from "./fakes";

/** The text that was selected when the copy command ran. */
let commanded: string[] = [];
let allowed = true;

beforeEach(() => {
    [commanded, allowed] = [[], true];
    document.body.innerHTML = "";
    document.execCommand = command => {
        const area = document.activeElement as HTMLTextAreaElement;
        if (allowed) commanded.push(`${command} ${area.value.slice(area.selectionStart, area.selectionEnd)}`);
        return allowed;
    };
});
const offer = (clipboard: { writeText(text: string): Promise<void> } | undefined) =>
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: clipboard });

describe("copying", () => {
    test("uses the clipboard where the browser offers it", async () => {
        const written: string[] = [];
        offer({ writeText: async text => void written.push(text) });
        await copyText("docker ps");
        expect(written).toEqual(["docker ps"]);
        expect(commanded).toEqual([]);
    });

    test("uses the copy command at a plain http address, and leaves focus and page as they were", async () => {
        offer(undefined);
        const button = document.createElement("button");
        document.body.append(button);
        button.focus();
        await copyText("two\nlines");
        expect(commanded).toEqual(["copy two\nlines"]);
        expect(document.activeElement).toBe(button);
        expect(document.querySelector("textarea")).toBeNull();
    });

    test("uses the copy command where the browser refuses its clipboard", async () => {
        offer({ writeText: () => Promise.reject(new DOMException("no", "NotAllowedError")) });
        await copyText("text");
        expect(commanded).toEqual(["copy text"]);
    });

    test("says what to do when the browser allows neither", async () => {
        allowed = false;
        offer(undefined);
        await expect(copyText("text")).rejects.toMatchObject({ code: "ui.not-copied" });
        const cause = new DOMException("no", "NotAllowedError");
        offer({ writeText: () => Promise.reject(cause) });
        await expect(copyText("text")).rejects.toMatchObject({ code: "ui.not-copied", cause });
    });
});

describe("the Copy button of a command", () => {
    const lesson = makeLesson([makeStep("one", { prose: "Run this:\n\n```bash run\ndocker ps\n```" })]);
    const press = async () => {
        const { workbench } = await makeWorkbench(lesson);
        render(Bench, { workbench, show: LessonPane });
        const button = await screen.findByRole("button", { name: "Copy to the clipboard" });
        button.click();
        return { button, notices: workbench.notices };
    };

    test("says Copied at a plain http address", async () => {
        offer(undefined);
        const { button } = await press();
        await vi.waitFor(() => expect(button.textContent).toBe("Copied"));
        expect(commanded).toEqual(["copy docker ps"]);
    });

    test("says how to copy when nothing was copied", async () => {
        allowed = false;
        offer(undefined);
        const { button, notices } = await press();
        await vi.waitFor(() => expect(notices.list.map(({ text }) => text)).toEqual([expect.stringMatching(/copy/)]));
        expect(button.textContent).toBe("Copy");
    });
});
