/**
 * Bytecode in wheels, with this machine's Python: pip must accept them, prefer them, and have nothing left to compile.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeWheelIndex } from "../../../src/image-builder/pins/wheels";
import { root } from "../../../src/host/project";
import { wheel } from "../internet/wheels";

let scratch: string;
beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "drydock-wheels-test-"));
    for (const name of ["from", "to"]) mkdirSync(join(scratch, name));
});
afterEach(() => rmSync(scratch, { recursive: true }));

const python = (...argv: string[]): string =>
    execFileSync("python3", argv, {
        encoding: "utf8",
        cwd: scratch,
        env: { ...process.env, PIP_CONFIG_FILE: "/dev/null" },
    });

describe("a wheel with bytecode", () => {
    beforeEach(() => {
        const tool = wheel("lab_tool", "1.0", {
            files: {
                "lab_tool/__init__.py": "answer = 42\n",
                "lab_tool/other.py": "this is no Python\n",
                "lab_tool-1.0.data/scripts/run.py": "print('ran')\n",
            },
            description: "# Lab tool\n\nWhat it does.\n",
        });
        writeFileSync(join(scratch, "from", tool.filename), tool.bytes);
        python(join(root, "vm-images/wheels/add-bytecode.py"), "from", "to");
    });

    test("is a build of its own, with a record of all it holds", () => {
        expect(readdirSync(join(scratch, "to"))).toEqual(["lab_tool-1.0-1drydock-py3-none-any.whl"]);
        const names = python(
            "-c",
            "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')",
            "to/lab_tool-1.0-1drydock-py3-none-any.whl",
        )
            .trim()
            .split("\n");
        expect(names.filter(name => name.endsWith(".pyc"))).toEqual([
            expect.stringMatching(/^__pycache__\/lab_tool\.cpython-/),
            expect.stringMatching(/^lab_tool\/__pycache__\/__init__\.cpython-/),
        ]);
        expect(names.at(-1)).toBe("lab_tool-1.0.dist-info/RECORD");
    });

    test("has the headers of its metadata, and not the project's README", () => {
        const metadata = (folder: string, name: string) =>
            python(
                "-c",
                "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read('lab_tool-1.0.dist-info/METADATA').decode(), end='')",
                `${folder}/${name}`,
            );
        expect(metadata("from", "lab_tool-1.0-py3-none-any.whl")).toBe(
            "Metadata-Version: 2.1\nName: lab_tool\nVersion: 1.0\n\n# Lab tool\n\nWhat it does.\n",
        );
        expect(metadata("to", "lab_tool-1.0-1drydock-py3-none-any.whl")).toBe(
            "Metadata-Version: 2.1\nName: lab_tool\nVersion: 1.0\n",
        );
    });

    test("is what pip chooses and installs, and Python runs it without compiling", { timeout: 60_000 }, () => {
        const said = python(
            "-m",
            "pip",
            "install",
            "--isolated",
            "--no-index",
            "--find-links",
            "from",
            "--find-links",
            "to",
            "--no-compile",
            "--target",
            "site",
            "lab_tool",
        );
        expect(said).toContain("Successfully installed");
        // a source that no longer matches shows that the bytecode is used without checking it
        writeFileSync(join(scratch, "site/lab_tool/__init__.py"), "answer = 7\n");
        expect(
            python(
                "-c",
                "import sys; sys.path.insert(0, 'site'); import lab_tool; print(lab_tool.answer, lab_tool.__file__)",
            ),
        ).toBe(`42 ${join(scratch, "site/lab_tool/__init__.py")}\n`);
        expect(readFileSync(join(scratch, "site/lab_tool-1.0.dist-info/WHEEL"), "utf8")).toContain("Build: 1drydock\n");
        expect(readdirSync(join(scratch, "site/bin"))).toContain("run.py");
    });

    test("is in the index beside PyPI's own", async () => {
        cpSync(join(scratch, "to"), join(scratch, "from"), { recursive: true });
        await writeWheelIndex(join(scratch, "from"), { log: join(scratch, "log") });
        const { packages } = JSON.parse(readFileSync(join(scratch, "from/index.json"), "utf8")) as {
            packages: Record<string, { filename: string; metadataSha256: string }[]>;
        };
        expect(packages["lab-tool"]!.map(({ filename }) => filename)).toEqual([
            "lab_tool-1.0-1drydock-py3-none-any.whl",
            "lab_tool-1.0-py3-none-any.whl",
        ]);
        expect(packages["lab-tool"]![0]!.metadataSha256).not.toBe(packages["lab-tool"]![1]!.metadataSha256);
    });
});
