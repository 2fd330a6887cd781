import { describe, expect, test } from "vitest";
import { ago, percent, plural } from "../../../src/ui/common/format";
import { nameProblem, textOf } from "../../../src/ui/editor/text";
import { treeRows } from "../../../src/ui/editor/tree";
import { languageOf } from "../../../src/ui/editor/languages";
import { parseTarget } from "../../../src/ui/preview/preview-view.svelte";
import { bootLines, bootSentence } from "../../../src/ui/status/boot-words";

describe("boot words", () => {
    test("the present stage with its megabytes", () => {
        expect(bootSentence({ kind: "starting", stage: "snapshot", loaded: 18_200_000, total: 36_500_000 })).toBe(
            "Loading the machine's memory · 18.2 of 36.5 MB · 50 %",
        );
        expect(bootSentence({ kind: "ready", docker: false, fallback: undefined })).toBe("Docker engine is starting");
    });

    test("a cold boot starts Linux instead of loading its memory", () => {
        const words = bootLines({ kind: "starting", stage: "kernel", loaded: 0, total: 0 }).map(
            line => `${line.state} ${line.words}`,
        );
        expect(words).toEqual([
            "done Loading the emulator",
            "now Starting Linux",
            "next Connecting to the machine",
            "next Copying your files",
        ]);
    });
});

describe("addresses in the preview", () => {
    test.each([
        ["5000", 5000, "/"],
        [":5000/x?y=1", 5000, "/x?y=1"],
        ["localhost:8000", 8000, "/"],
        ["http://127.0.0.1:7000/a#b", 7000, "/a#b"],
        ["localhost", 80, "/"],
        ["/about", 5000, "/about"],
    ])("%s", (typed, port, path) => expect(parseTarget(typed, 5000)).toEqual({ port, path }));

    test.each([
        "",
        "example.com",
        "http://example.com:80/",
        "99999",
        "0",
        "javascript:alert(1)",
        "localhost.example.com:80",
    ])("%s is none", typed => expect(parseTarget(typed, 5000)).toBeUndefined());
});

describe("files", () => {
    test("folders first, then by name, closed folders without their content", () => {
        const entries = [
            { path: "b.py", kind: "file" as const },
            { path: "a/2.txt", kind: "file" as const },
            { path: "a/10.txt", kind: "file" as const },
            { path: "Dockerfile", kind: "file" as const },
        ];
        expect(treeRows(entries, new Set()).map(row => `${row.depth} ${row.path}`)).toEqual([
            "0 a",
            "1 a/2.txt",
            "1 a/10.txt",
            "0 b.py",
            "0 Dockerfile",
        ]);
        expect(treeRows(entries, new Set(["a"])).map(row => row.path)).toEqual(["a", "b.py", "Dockerfile"]);
    });

    test.each(["", "/etc/passwd", "../x", "a//b", "a/./b", "a\\b", "taken.py"])("%j is not a name", name =>
        expect(nameProblem(name, path => path === "taken.py")).toBeTypeOf("string"),
    );
    test.each(["app.py", ".env", "a b/ü.txt"])("%j is a name", name =>
        expect(nameProblem(name, () => false)).toBeUndefined(),
    );

    test("languages by name", () => {
        expect(
            ["Dockerfile", "app/Dockerfile.dev", "compose.yaml", "x.py", "Makefile"].map(path => languageOf(path).id),
        ).toEqual(["dockerfile", "dockerfile", "yaml", "python", "plaintext"]);
    });

    test("bytes that are not text are refused", () => {
        expect(textOf("a", new TextEncoder().encode("ü"))).toBe("ü");
        expect(() => textOf("a", new Uint8Array([0xc3, 0x28]))).toThrow("a is not text.");
        expect(() => textOf("a", new Uint8Array([65, 0]))).toThrow("a is not text.");
        expect(() => textOf("a", new Uint8Array(3 * 1024 * 1024))).toThrow("larger than 2 MB");
    });
});

test("figures", () => {
    expect([ago(500), ago(12_000), ago(200_000), ago(8_000_000)]).toEqual([
        "just now",
        "12 s ago",
        "3 min ago",
        "2 h ago",
    ]);
    expect([percent(0.081), percent(2)]).toEqual(["8 %", "100 %"]);
    expect([plural(1, "point"), plural(2, "point")]).toEqual(["1 point", "2 points"]);
});
