import { describe, expect, test } from "vitest";
import { ShellMarks, type ShellMark } from "../../../src/agent/osc";
import { decodeText, encodeText } from "../../../src/base/bytes";

/** Output with the marks as `<kind>`. */
function shown(chunks: string[]): string {
    const marks = new ShellMarks();
    let text = "";
    for (const chunk of chunks)
        for (const part of marks.take(encodeText(chunk)))
            text += "mark" in part ? `<${describeMark(part.mark)}>` : decodeText(part.bytes);
    return text + decodeText(marks.rest());
}

function describeMark(mark: ShellMark): string {
    if (mark.kind === "commandEnd") return `end ${mark.code}${mark.nonce ? ` ${mark.nonce}` : ""}`;
    return mark.kind === "commandLine" ? `line ${JSON.stringify(mark.command)} ${mark.nonce}` : mark.kind;
}

const whole =
    "a\x1b[1mb\x1b]633;A\x07$ \x1b]633;B\x1b\\ls\r\n\x1b]633;C\x07\x1b]633;E;echo \\\\ \\x3b\\x0a;abc\x07out\x1b]0;title\x07\x1b]633;D;7\x07\x1b]633;D\x07end";
const expected =
    'a\x1b[1mb<promptStart>$ <promptEnd>ls\r\n<commandStart><line "echo \\\\ ;\\n" abc>out\x1b]0;title\x07<end 7><end undefined>end';

describe("shell marks", () => {
    test("come out of the output in their places", () => {
        expect(shown([whole])).toBe(expected);
    });

    test("at any split of the output", () => {
        for (let at = 1; at < whole.length; at++) expect(shown([whole.slice(0, at), whole.slice(at)])).toBe(expected);
        expect(shown([...whole])).toBe(expected);
    });

    test("a sequence broken off by another passes through", () => {
        expect(shown(["x\x1b]633;A\x1b[0my\x1b]633;B\x07z"])).toBe("x\x1b]633;A\x1b[0my<promptEnd>z");
    });

    test("a sequence that never ends is passed on eventually", () => {
        const long = `\x1b]633;E;${"x".repeat(70_000)}`;
        expect(shown([long.slice(0, 100), long.slice(100)])).toBe(long);
        expect(shown(["\x1b]633;A"])).toBe("\x1b]633;A");
    });
});
