import { describe, expect, test, vi } from "vitest";
import { LARGEST_PATTERN, toPattern } from "../../../src/checks/patterns";
import { check } from "./fakes";

const matches = async (source: string, text: string) => (await toPattern(source)).test(text);

/** As much of a page as an `http` check reads. */
const megabyte = 1 << 20;

describe("a lesson's regular expressions", () => {
    // Each would keep the browser's own engine busy longer than anybody lives; a test that hangs fails at its time
    // limit.
    test.each(["(a+)+$", "(a|aa)+$", "(a|b?a)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){20}[xyz]"])(
        "%s on a long text ends",
        async source => {
            const text = `${"a".repeat(megabyte)}!`;
            expect(await matches(source, text)).toBe(false);
            expect(await check("file", { path: "long", matches: source }, { files: { long: text } })).toMatchObject({
                code: "file.no-match",
            });
        },
        60_000,
    );

    test("even one that keeps all its instructions busy", async () => {
        let value = 1;
        const next = () => (value = (Math.imul(value, 1_103_515_245) + 12_345) >>> 0);
        const text = Array.from({ length: megabyte }, () => "ab"[(next() >>> 16) & 1]).join("");
        expect(await matches("[ab]*a[ab]{400}[^ab\\n]$", text)).toBe(false);
    }, 60_000);

    test("`^` and `$` mean the ends of a line, and it may match anywhere", async () => {
        expect(await matches("^b$", "a\nb\nc")).toBe(true);
        expect(await matches("b", "abc")).toBe(true);
        expect(await matches("^bc", "abc")).toBe(false);
        expect(await matches("(?i)^B$", "a\nb")).toBe(true);
    });

    test("an ordinary one searches some hundred thousand characters, and a larger one fewer", async () => {
        expect(await matches("end$", `${" ".repeat(200_000)}end`)).toBe(true);
        expect(await matches("[^ ]{400}", " ".repeat(200_000) + "x".repeat(400))).toBe(false);
        expect(await matches("[^ ]{400}", " ".repeat(5_000) + "x".repeat(400))).toBe(true);
    });

    test.each([
        ["one line", "ab".repeat(megabyte), "[ab]$"],
        ["lines", "ab\n".repeat(megabyte), "[ab]{3}$|^[ab]$"],
    ])("where a long text of %s is cut, no line ends", async (_name, text, source) => {
        expect(await matches(source, text)).toBe(false);
        expect(await matches("^ab", text)).toBe(true);
    });

    test.each([
        ["(?=a)b", "look-ahead"],
        ["(?<!a)b", "look-behind"],
        ["(a)\\1", "back-references"],
        ["(?<x>a)\\k<x>", "back-references"],
        ["\\u0041", "\\x{0041}"],
        ["[^]", "[\\s\\S]"],
        ["(", "missing closing )"],
        ["a{1001}", "invalid repeat count"],
        ["([ab]?){500}", `${LARGEST_PATTERN} are the most`],
    ])("%s is refused by name", async (source, words) => {
        await expect(toPattern(source)).rejects.toMatchObject({
            code: "checks.bad-pattern",
            message: expect.stringContaining(words),
        });
        expect(await check("answer", { question: "q", matches: source }, { answers: { q: "a" } })).toMatchObject({
            status: "error",
            code: "checks.bad-pattern",
        });
    });

    test("an engine that does not load is named", async () => {
        vi.resetModules();
        vi.doMock("re2js", () => {
            throw new Error("offline");
        });
        const fresh = await import("../../../src/checks/patterns");
        await expect(fresh.toPattern("a")).rejects.toMatchObject({ code: "checks.unreachable" });
        vi.doUnmock("re2js");
    });
});
