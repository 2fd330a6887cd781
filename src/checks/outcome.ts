/** How a kind reports pass and fail: short to write, and only with failure codes that the kind documents. */
import type { CheckResult } from "./check";

export type Fail = Extract<CheckResult, { status: "fail" }>;

export const pass = (message: string): CheckResult => ({ status: "pass", message });

export interface Failure {
    message: string;
    expected: string;
    found: string;
    excerpt?: string | undefined;
}

/** Makes a function that accepts only the failure codes in a kind's table. */
export function failer<Table extends Record<string, string>>(
    _table: Table,
): (code: keyof Table & string, failure: Failure) => Fail {
    return (code, { excerpt, ...failure }) => ({ status: "fail", code, ...failure, ...(excerpt ? { excerpt } : {}) });
}

/** Maximum lines and characters of an excerpt: what fits under a sentence without scrolling. */
const excerptLines = 12;
const excerptCharacters = 2_000;

/** The end of a log. */
export function lastLines(text: string, count = excerptLines): string {
    return text.trimEnd().split("\n").slice(-count).join("\n").slice(-excerptCharacters);
}

/** The beginning of a page or file. */
export function firstLines(text: string, count = excerptLines): string {
    const lines = text.trim().split("\n");
    const cut = lines.slice(0, count).join("\n").slice(0, excerptCharacters);
    return cut.length < text.trim().length ? `${cut}\n…` : cut;
}

/** ["a", "b", "c"] -> "a, b and c" */
export function spoken(words: readonly (string | number)[], last = "and"): string {
    return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/** As one would type it in a shell: words with spaces in quotes. */
export const shellWords = (words: readonly string[]): string =>
    words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
