/** SECURITY.md names a test for each line; every one of them must exist. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(resolve(root, "SECURITY.md"), "utf8");

/** `tests/unit/x.test.ts`: "the title" */
const named = [...page.matchAll(/`(tests\/[^`]+)`: "([^"]+)"/g)].map(([, file, title]) => ({
    file: file!,
    title: title!,
}));
const rows = page.split("\n").filter(line => /^\| (?!cannot|---)/.test(line));

describe("the threat model", () => {
    test("names a test in each line", () => {
        expect(rows.length).toBeGreaterThan(20);
        for (const row of rows) expect(row).toMatch(/\| `tests\/[^`]+`: "/);
        // every file is named with a title, so that none is skipped below
        expect(page.match(/`tests\/[^`]+\.ts`: /g)?.length).toBe(named.length);
    });

    test.each(named)("$file: $title", ({ file, title }) => {
        expect(existsSync(resolve(root, file)), file).toBe(true);
        const titles = [...readFileSync(resolve(root, file), "utf8").matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(
            ([, text]) => text,
        );
        expect(titles).toContain(title);
    });
});
