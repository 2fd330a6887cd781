/**
 * The regular expressions of lessons. The author of a lesson must not be able to hang the page, and with the browser's
 * own expressions `(a+)+$` takes longer than anybody lives. RE2's take a time that grows with the text and with the
 * expression, and no more.
 */
import { DrydockError, messageOf } from "../base/errors";

/** Compiled. */
export interface Pattern {
    /** Whether it matches somewhere in `text`, or in the part of it that may be searched. */
    test(text: string): boolean;
}

/** Instructions that an expression may compile to: `[ab]{400}` compiles to some four hundred. */
export const LARGEST_PATTERN = 500;

/**
 * An expression's instructions times the text's characters. The worst case found takes a second for this many on a busy
 * computer; an ordinary expression, of 20 instructions, searches the first 200,000 characters and takes some
 * milliseconds.
 */
const MOST_STEPS = 4_000_000;

type Engine = typeof import("re2js");

/** Loaded with the first expression: 46 KB over the network that the start does not need. */
async function loadEngine(): Promise<Engine> {
    try {
        return await import("re2js");
    } catch (thrown) {
        throw new DrydockError(
            "checks.unreachable",
            "A part of the page that this check needs could not be loaded.",
            "Check the connection and reload the page.",
            { cause: thrown },
        );
    }
}

/**
 * `^` and `$` match at the ends of a line. Rejects with "checks.bad-pattern", which `lint` reports before a student
 * sees it, or "checks.unreachable".
 */
export async function toPattern(source: string): Promise<Pattern> {
    return compilePattern(await loadEngine(), source);
}

/** Throws "checks.bad-pattern". */
export function compilePattern({ RE2JS }: Engine, source: string): Pattern {
    let compiled;
    try {
        compiled = RE2JS.compile(source, RE2JS.MULTILINE);
    } catch (thrown) {
        throw badPattern(source, whatIsWrong(source, messageOf(thrown)), thrown);
    }
    const size = compiled.programSize();
    if (size > LARGEST_PATTERN)
        throw badPattern(source, `it is too large: ${size} instructions, where ${LARGEST_PATTERN} are the most`);
    const characters = Math.floor(MOST_STEPS / size);
    return { test: text => compiled.test(beginningOf(text, characters)) };
}

/**
 * Whole lines, since `$` must not match where the text was cut; if it is a single long line, a character stands for the
 * rest.
 */
function beginningOf(text: string, characters: number): string {
    if (text.length <= characters) return text;
    const lastLine = text.lastIndexOf("\n", characters);
    return lastLine < 0 ? `${text.slice(0, characters)}…` : text.slice(0, lastLine);
}

const badPattern = (source: string, why: string, cause?: unknown) =>
    new DrydockError(
        "checks.bad-pattern",
        `The regular expression ${source} cannot be used: ${why}.`,
        "Tell whoever wrote the lesson.",
        {
            cause,
        },
    );

/** What authors are likely to try, explained in words; otherwise the engine's own message is used. */
const foreign: [found: RegExp, words: string][] = [
    [/\(\?<?[=!]/, "look-ahead and look-behind, (?=...), (?!...), (?<=...), (?<!...), do not exist here"],
    [/\\[1-9]|\\k</, "back-references, \\1 or \\k<name>, do not exist here"],
    [/\\u[0-9a-fA-F]{4}/, "\\u0041 is written \\x{0041} here"],
    [/\[\^?\]/, "an empty class, [] or [^], does not exist here; any character is [\\s\\S]"],
];

function whatIsWrong(source: string, said: string): string {
    const known = foreign.find(([found]) => found.test(source));
    return known ? known[1] : said.replace(/^error parsing regexp: /, "");
}
