/** The interface as a student uses it: by role and text, never through a test hook. */
import type { Locator, Page } from "playwright-core";
import { DrydockError } from "../../src/base/errors";

export interface CommandMeasure {
    command: string;
    code: number;
    seconds: number;
    /** Guest instructions. */
    instructions: number;
}

/**
 * How long one command may take before the page counts as hung. Generous, because the machines that run this are slow.
 */
const COMMAND_TIMEOUT = 240_000;

/**
 * Milliseconds. By default Playwright asks on every frame, which makes the browser draw sixty frames a second that
 * nobody needs: a tenth of the processor's time, and of what is measured.
 */
const POLLING = 100;

export class Student {
    #ended = 0;

    constructor(readonly page: Page) {}

    /** Opens a lesson and waits for a prompt with the engine up. */
    async open(url: string, lesson = "images/flask"): Promise<void> {
        await this.page.goto(`${url}#/${lesson}`);
        await this.ready();
    }

    async ready(): Promise<void> {
        this.#ended = 0;
        await this.page.waitForFunction(
            () =>
                ["engine", "prompt", "editor"].every(
                    moment => performance.getEntriesByName(`drydock:${moment}`).length > 0,
                ),
            undefined,
            {
                timeout: COMMAND_TIMEOUT,
                polling: POLLING,
            },
        );
    }

    /** Ignores commands that have already ended. */
    async skipEnded(): Promise<void> {
        this.#ended = await this.page.evaluate(() => performance.getEntriesByName("drydock:command").length);
    }

    /** What the visible terminal shows. */
    async terminalText(): Promise<string> {
        const rows = await this.page.locator('[role="tabpanel"]:visible .xterm-rows > div').allTextContents();
        return rows
            .map(row => row.replace(/\u00a0/g, " ").trimEnd())
            .join("\n")
            .trimEnd();
    }

    async focusTerminal(): Promise<void> {
        await this.page.locator(".xterm-helper-textarea:visible, .xterm:visible textarea").first().focus();
    }

    /** Types a command and Enter, and waits for it to end. */
    async type(command: string, options: { timeout?: number } = {}): Promise<CommandMeasure> {
        await this.focusTerminal();
        await this.page.keyboard.type(command);
        await this.page.keyboard.press("Enter");
        return this.commandEnd(options);
    }

    /** The next command to end in any terminal after the last one that was waited for. */
    async commandEnd({ timeout = COMMAND_TIMEOUT }: { timeout?: number } = {}): Promise<CommandMeasure> {
        const index = this.#ended++;
        const handle = await this.page
            .waitForFunction(
                at => {
                    const entry = performance.getEntriesByName("drydock:command")[at] as
                        { detail?: unknown; duration: number } | undefined;
                    return (
                        entry && {
                            ...(entry.detail as { command: string; code: number; instructions: number }),
                            seconds: entry.duration / 1000,
                        }
                    );
                },
                index,
                { timeout, polling: POLLING },
            )
            .catch(async (thrown: unknown) => {
                throw new DrydockError(
                    "browser.no-end",
                    "The command did not end.",
                    "The terminal's text is the cause.",
                    { cause: new Error(await this.terminalText(), { cause: thrown }) },
                );
            });
        return handle.jsonValue() as Promise<CommandMeasure>;
    }

    step(title: string): Locator {
        return this.page.locator("section.step", { has: this.page.getByRole("heading", { name: title }) });
    }

    /** Unfolds a step by clicking its heading. */
    async openStep(title: string): Promise<void> {
        const head = this.step(title).locator("h2 button");
        if ((await head.getAttribute("aria-expanded")) !== "true") await head.click();
    }

    /** Creates or replaces a file through the tree and Monaco. */
    async writeFile(name: string, text: string): Promise<void> {
        const tree = this.page.getByRole("region", { name: "Editor" });
        const existing = tree.getByRole("treeitem", { name, exact: true });
        if ((await existing.count()) > 0) await existing.first().click();
        else {
            await tree.getByRole("button", { name: "New file" }).first().click();
            await this.page.keyboard.type(name);
            await this.page.keyboard.press("Enter");
        }
        await tree.getByRole("tab", { name: new RegExp(`^${name.replace(".", "\\.")}`), selected: true }).waitFor();
        await this.page.locator(".monaco-editor:visible .view-lines").first().click();
        await this.page.keyboard.press("Control+a");
        await this.page.keyboard.press("Delete");
        // insertText does what an input method does: Monaco then neither indents nor closes brackets
        for (const [index, line] of text.split("\n").entries()) {
            if (index > 0) await this.page.keyboard.press("Enter");
            // the editor copies the previous line's indentation
            if (index > 0) await this.page.keyboard.press("Shift+Home");
            await this.page.keyboard.insertText(line);
        }
        await this.page.keyboard.press("Control+s");
    }
}
