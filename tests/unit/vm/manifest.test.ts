import { describe, expect, test } from "vitest";
import { parseManifest } from "../../../src/vm/image/manifest";
import { manifest } from "./fake-manifest";

const without = (path: string) => {
    const copy = structuredClone(manifest()) as unknown as Record<string, unknown>;
    const parts = path.split(".");
    const last = parts.pop()!;
    let at = copy;
    for (const part of parts) at = at[part] as Record<string, unknown>;
    delete at[last];
    return JSON.stringify(copy);
};

describe("manifest", () => {
    test("parses what the builder writes", () => {
        expect(parseManifest(JSON.stringify(manifest()))).toEqual(manifest());
    });

    test("ignores what a later builder adds", () => {
        expect(parseManifest(JSON.stringify({ ...manifest(), compiledCode: { path: "x" } }))).toEqual(manifest());
    });

    test.each(["format", "emulator.wasm", "disk.table.sha256", "snapshot.memory"])("names a missing %s", path => {
        expect(() => parseManifest(without(path))).toThrow(
            expect.objectContaining({ code: "image.wrong-format", message: expect.stringContaining(path) }),
        );
    });

    test.each([
        ["another format", { ...manifest(), format: 1 }],
        ["a path out of the folder", { ...manifest(), bios: { ...manifest().bios, path: "../secret" } }],
        ["an absolute address", { ...manifest(), bios: { ...manifest().bios, path: "https://elsewhere.test/bios" } }],
        ["an absolute path", { ...manifest(), bios: { ...manifest().bios, path: "/etc/passwd" } }],
        ["a disk that is no whole number of chunks", { ...manifest(), disk: { ...manifest().disk, bytes: 12345 } }],
        [
            "a table of another length",
            { ...manifest(), disk: { ...manifest().disk, table: { ...manifest().disk.table, bytes: 8 } } },
        ],
        ["a list", []],
        ["null", null],
    ])("refuses %s", (_name, value) => {
        expect(() => parseManifest(JSON.stringify(value))).toThrow(
            expect.objectContaining({ code: "image.wrong-format" }),
        );
    });

    test("refuses what is not JSON", () => {
        expect(() => parseManifest('{"format": 1,')).toThrow(
            expect.objectContaining({ code: "image.wrong-format", cause: expect.any(SyntaxError) }),
        );
    });
});
