/** Parses a fence's info string: ```bash run terminal=2 interrupt, ```python save=app.py, ```text copy. */
import { suggestion } from "../base/closest";

export type FenceAction =
    /** A click types it into a terminal; `interrupt` sends Ctrl-C first. */
    | { kind: "run"; /** from 1 */ terminal: number; interrupt: boolean }
    /** A click saves it as `path` in the workspace, after showing the changes. */
    | { kind: "save"; path: string }
    | { kind: "copy" }
    | { kind: "plain" };

export interface Fence {
    /** "text" if none is given. */
    language: string;
    action: FenceAction;
    /** What is wrong with the info string: one sentence each, with advice. */
    mistakes: { message: string; advice: string }[];
}

export const fenceLanguages = [
    "bash",
    "console",
    "css",
    "diff",
    "dockerfile",
    "go",
    "html",
    "ini",
    "java",
    "javascript",
    "json",
    "nginx",
    "python",
    "sql",
    "text",
    "toml",
    "typescript",
    "xml",
    "yaml",
];

const words = ["run", "copy", "save=<path>", "terminal=<number>", "interrupt"];

export function parseFence(info: string): Fence {
    const parts = info
        .trim()
        .split(/\s+/)
        .filter(part => part !== "");
    const fence: Fence = { language: "text", action: { kind: "plain" }, mistakes: [] };
    const mistake = (message: string, advice: string) => fence.mistakes.push({ message, advice });
    const first = parts[0];
    if (first !== undefined && !isWord(first)) {
        parts.shift();
        if (fenceLanguages.includes(first)) fence.language = first;
        else mistake(`"${first}" is not a known language.`, suggestion(first, fenceLanguages));
    }

    const actions: FenceAction[] = [];
    let terminal: number | undefined;
    let interrupt = false;
    for (const part of parts) {
        if (part === "run") actions.push({ kind: "run", terminal: 1, interrupt: false });
        else if (part === "copy") actions.push({ kind: "copy" });
        else if (part === "interrupt") interrupt = true;
        else if (part.startsWith("save=")) {
            const path = part.slice("save=".length);
            if (isWorkspacePath(path)) actions.push({ kind: "save", path });
            else
                mistake(
                    `"${path}" is not a path in the workspace.`,
                    "Write it relative to the workspace, without ./ or ..: save=app.py.",
                );
        } else if (part.startsWith("terminal=")) {
            const number = Number(part.slice("terminal=".length));
            if (Number.isInteger(number) && number >= 1 && number <= 9) terminal = number;
            else mistake(`"${part}" does not name a terminal.`, "Number terminals from 1 to 9: terminal=2.");
        } else mistake(`"${part}" is not a word that a fence understands.`, suggestion(part, words));
    }

    const action = actions[0];
    if (actions.length > 1)
        mistake(
            `The fence has more than one action: ${actions.map(one => one.kind).join(" and ")}.`,
            "Keep one of run, save= and copy.",
        );
    if (action?.kind === "run") fence.action = { kind: "run", terminal: terminal ?? 1, interrupt };
    else {
        if (action) fence.action = action;
        if (terminal !== undefined || interrupt)
            mistake(
                "terminal= and interrupt work only with run.",
                'Add the word "run", or remove terminal= and interrupt.',
            );
    }
    return fence;
}

const isWord = (part: string) => part === "run" || part === "copy" || part === "interrupt" || part.includes("=");

/** A plain relative path that stays inside the workspace. */
export function isWorkspacePath(path: string): boolean {
    return (
        path !== "" &&
        !path.startsWith("/") &&
        !/[\\\0]/.test(path) &&
        path.split("/").every(part => part !== "" && part !== "." && part !== "..")
    );
}
