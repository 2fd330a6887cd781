import { expect, test } from "vitest";
import { lessonReference } from "../../../src/lesson/reference";

test("every field is in the reference, with a meaning", () => {
    const reference = lessonReference();
    for (const field of [
        "title",
        "requires.images",
        "open.panes",
        "vars.<id>.choose",
        "expect",
        "questions.<id>.ask",
        "hints",
    ])
        expect(reference).toContain(`| \`${field}\` |`);
    expect(reference).toContain("One of: level, edge.");
    const rows = reference.split("\n").filter(line => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(row => /\|\s*\|$/.test(row))).toEqual([]);
});
