/** The start of pip in the python image, with this machine's Python and pip. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../../src/host/project";
import { wheel } from "../internet/wheels";

const source = join(root, "vm-images/hub/python/pip");
let scratch: string;
let prepared: Buffer;
const table = () => join(scratch, "table");
const env = { ...process.env, PIP_CONFIG_FILE: "/dev/null", PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: source };

/** pip as the image starts it, with our table. On standard error, it counts what the usual code had to do. */
const start = `
import sys
from importlib.machinery import PathFinder
from re import _compiler
counts = {"compiled": 0, "looked up": 0}
def counted(name, real):
    def count(*words, **more):
        counts[name] += 1
        return real(*words, **more)
    return count
_compiler.compile = counted("compiled", _compiler.compile)
class Usual:
    find_spec = staticmethod(counted("looked up", PathFinder.find_spec))
sys.meta_path[sys.meta_path.index(PathFinder)] = Usual
import _pip_start, atexit, json
counts.update({"compiled": 0, "looked up": 0})
atexit.register(lambda: print(json.dumps(counts), file=sys.stderr))
_pip_start.TABLE = sys.argv.pop(1)
_pip_start.main()
`;

function pip(...argv: string[]): { status: number | null; output: string; compiled: number; lookedUp: number } {
    const { status, stdout, stderr } = spawnSync("python3", ["-c", start, table(), ...argv], {
        encoding: "utf8",
        cwd: scratch,
        env,
    });
    const counts = /^\{.*\}$/m.exec(stderr);
    const { compiled, "looked up": lookedUp } = JSON.parse(counts?.[0] ?? "{}") as {
        compiled: number;
        "looked up": number;
    };
    return { status, output: stdout + stderr.replace(counts?.[0] ?? "", ""), compiled, lookedUp };
}

const install = (target: string) => pip("install", "--no-index", "--find-links", ".", "--target", target, "lab_tool");

beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "drydock-pip-start-test-"));
    execFileSync("python3", [join(source, "prepare.py"), table()], { cwd: scratch, env, stdio: "pipe" });
    prepared = readFileSync(table());
    const tool = wheel("lab_tool", "1.0");
    writeFileSync(join(scratch, tool.filename), tool.bytes);
});
afterAll(() => rmSync(scratch, { recursive: true }));
beforeEach(() => writeFileSync(table(), prepared));

/** The table with one of its parts replaced by a Python expression. */
const change = (part: number, value: string) =>
    execFileSync("python3", [
        "-c",
        `import marshal, sys; name = sys.argv[1]; table = list(marshal.load(open(name, "rb"))); table[${part} : ${part + 1}] = [${value}]; marshal.dump(tuple(table), open(name, "wb"))`,
        table(),
    ]);

describe("with its table", { timeout: 60_000 }, () => {
    test("pip installs, and hardly compiles or looks up anything", () => {
        const { status, output, compiled, lookedUp } = install("with");
        expect(output).toContain("Successfully installed lab_tool");
        expect(status).toBe(0);
        expect(readFileSync(join(scratch, "with/lab_tool.py"), "utf8")).toContain("1.0");
        writeFileSync(table(), "");
        const usual = install("usual");
        expect(usual.output).toBe(output);
        expect(compiled).toBeLessThan(usual.compiled / 10);
        expect(lookedUp).toBeLessThan(usual.lookedUp / 20);
    });

    test("a version that the index lacks: says that it is the sandbox's, and what to do", () => {
        const words = (...argv: string[]) => pip("install", "--target", "lacking", ...argv).output;
        const index = ["--index-url", pathToFileURL(scratch).href];
        mkdirSync(join(scratch, "lab-tool"), { recursive: true });
        writeFileSync(join(scratch, "lab-tool/index.html"), '<a href="../lab_tool-1.0-py3-none-any.whl">lab_tool</a>');
        const said = words(...index, "lab_tool==0.9");
        expect(said).toMatch(/No matching distribution found for lab_tool==0\.9\n/);
        expect(said).toContain("python.lab, the package index in this sandbox, does not have lab_tool==0.9.");
        expect(said).toContain("`drydock bundle add wheel 'lab_tool==0.9'`");
        writeFileSync(join(scratch, "requirements.txt"), "nothing-of-the-kind>=2\n");
        expect(words(...index, "-r", "requirements.txt")).toContain("does not have nothing-of-the-kind>=2.");
        expect(words("--no-index", "lab_tool==0.9")).not.toContain("python.lab");
    });

    test("pip's other commands, and its errors, are unchanged", () => {
        const missing = pip("install", "--no-index", "no-such-package");
        expect(missing.status).toBe(1);
        expect(missing.output).toContain("No matching distribution found for no-such-package");
        expect(pip("no-such-command").output).toContain('unknown command "no-such-command"');
        expect(pip("--version").output).toMatch(/^pip \d+\.\d/);
    });
});

test("bytecode is written for every program, annotations in it are not evaluated", () => {
    const folder = join(scratch, "plain");
    mkdirSync(join(folder, "inner"), { recursive: true });
    writeFileSync(join(folder, "plain.py"), "def f(x: nobody.knows) -> None: pass\n");
    writeFileSync(join(folder, "inner/__init__.py"), "y: nobody.knows = 1\n");
    execFileSync("python3", [join(source, "compile_plain.py"), folder]);
    // if Python looked at the source again, it would no longer use the bytecode
    writeFileSync(join(folder, "plain.py"), "raise SystemExit('not the bytecode')\n");
    const seen = execFileSync("python3", ["-c", "import plain, inner; print(plain.f.__annotations__, inner.y)"], {
        encoding: "utf8",
        cwd: folder,
        env: { ...env, PYTHONPATH: folder },
    });
    expect(seen).toBe("{'x': 'nobody.knows', 'return': 'None'} 1\n");
});

describe("without a table that fits", { timeout: 60_000 }, () => {
    test.each([
        ["there is none", () => rmSync(table())],
        ["it is cut off", () => writeFileSync(table(), prepared.subarray(0, prepared.length / 2))],
        ["it is something else", () => writeFileSync(table(), "no table at all")],
        ["it is one of another layout", () => change(4, "1, 2")],
        ["it was made with another Python", () => change(0, '"2.7"')],
        ["it was made with another pip", () => change(1, '"/nowhere/pip-9.dist-info"')],
    ])("%s: pip starts the usual way", (_, spoil) => {
        spoil();
        const { status, compiled, lookedUp } = pip("--version");
        expect(status).toBe(0);
        expect(compiled).toBeGreaterThan(20);
        expect(lookedUp).toBeGreaterThan(100);
    });
});
