/**
 * solve.sh: what a machine types to pass, one section for each step.
 *
 * ```
 * ## step: build
 * #: save Dockerfile
 * #: answer cache-order = Only the last steps
 * docker build -t docker-flask:1.0 .
 * ```
 * `#: save` copies the file with that path from solution/ to the workspace; `#: answer` answers a question with the rest of the
 * line, unchanged. Every other line that is not empty and not a comment is typed into a terminal, and the next one waits
 * until the command has ended.
 */
export type SolveAction =
    | { kind: "type"; line: string }
    /** From solution/ into the workspace, same path. */
    | { kind: "save"; path: string }
    | { kind: "answer"; question: string; text: string };

export interface SolveSection {
    step: string;
    /** of the heading */ line: number;
    lines: { text: string; line: number }[];
}

const heading = /^##\s*step:\s*(\S+)\s*$/;

/** The sections in order. Lines before the first heading belong to none and are stray. */
export function splitSolveScript(text: string): { sections: SolveSection[]; stray: { text: string; line: number }[] } {
    const sections: SolveSection[] = [];
    const stray: { text: string; line: number }[] = [];
    text.split(/\r?\n/).forEach((content, index) => {
        const line = index + 1;
        const step = heading.exec(content)?.[1];
        if (step !== undefined) sections.push({ step, line, lines: [] });
        else if (content.trim() === "" || (/^\s*#/.test(content) && !content.startsWith("#:"))) return;
        else (sections.at(-1)?.lines ?? stray).push({ text: content, line });
    });
    return { sections, stray };
}

/** undefined for a `#:` line that is neither save nor answer. */
export function parseSolveLine(line: string): SolveAction | undefined {
    if (!line.startsWith("#:")) return { kind: "type", line };
    const [, path] = /^#:\s*save\s+(\S+)\s*$/.exec(line) ?? [];
    if (path !== undefined) return { kind: "save", path };
    const [, question, text] = /^#:\s*answer\s+([a-z0-9-]+)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (question !== undefined && text !== undefined) return { kind: "answer", question, text };
    return undefined;
}

/** The actions of a step in a lesson that the parser has accepted. */
export function solveActions(solve: readonly string[]): SolveAction[] {
    return solve.map(parseSolveLine).filter(action => action !== undefined);
}
