/** When crun fails, the runtime in front of it says what runc would, and has runc try where it does not know. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NativeRuntime } from "./native-runtime";

let runtime: NativeRuntime;
let bundle: string;
let log: string;

beforeAll(() => {
    runtime = new NativeRuntime();
});
afterAll(() => runtime.remove());
beforeEach(() => {
    bundle = runtime.bundle();
    log = join(bundle, "log.json");
});

/** A container, or a process in one, of which crun says `crun`. */
function make(verb: "create" | "run" | "exec", program: { args: string[]; cwd?: string }, crun: string[]) {
    writeFileSync(
        join(bundle, "config.json"),
        JSON.stringify({
            ociVersion: "1.0.2",
            process: { terminal: false, cwd: "/", ...program },
            root: { path: "/r" },
        }),
    );
    writeFileSync(join(bundle, "process.json"), JSON.stringify({ cwd: "/", ...program }));
    const argv = [
        "--root",
        "/run/x",
        "--log",
        log,
        "--log-format",
        "json",
        verb,
        ...(verb === "exec" ? ["--process", join(bundle, "process.json"), "--detach"] : ["--bundle", bundle]),
        "c0ffee",
    ];
    return { ...runtime.call("runtime", argv, { crun }), argv: argv.join(" ") };
}

/** What the engine reads: the last error in the log. */
function lastError(): string | undefined {
    const lines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
    return lines
        .map(line => JSON.parse(line) as { level: string; msg: string; time: string })
        .findLast(({ level }) => level === "error")?.msg;
}

const NOT_FOUND = "No such file or directory";
const STARTING = "unable to start container process: ";

describe("a program that cannot be", () => {
    test.each([
        [
            "is not in PATH",
            "foo",
            `executable file \`foo\` not found in $PATH: ${NOT_FOUND}`,
            'exec: "foo": executable file not found in $PATH',
        ],
        [
            "is in PATH but not executable",
            "foo",
            "the path `foo` exists but it is not executable: Operation not permitted",
            'exec: "foo": executable file not found in $PATH',
        ],
        [
            "does not exist",
            "/nope",
            `executable file \`/nope\` not found: ${NOT_FOUND}`,
            'exec: "/nope": stat /nope: no such file or directory',
        ],
        [
            "does not exist in the folder",
            "./nope",
            `executable file \`/srv/./nope\` not found: ${NOT_FOUND}`,
            'exec: "./nope": stat ./nope: no such file or directory',
        ],
        [
            "is not executable",
            "./a b",
            "the path `/./a b` exists but it is not executable: Operation not permitted",
            'exec: "./a b": permission denied',
        ],
        [
            "lies behind a file",
            "/etc/passwd/x",
            "cannot open `/etc/passwd/x`: Not a directory",
            'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory',
        ],
        [
            "is a link to itself",
            "/loop",
            "cannot open `/loop`: Too many levels of symbolic links",
            'exec: "/loop": stat /loop: too many levels of symbolic links',
        ],
        ["has no name", "", `cannot find \`\` in $PATH: ${NOT_FOUND}`, 'exec: "": executable file not found in $PATH'],
        [
            "has a name to be quoted",
            'a"b\\c\n\u0001é\u0085<',
            `executable file \`a"b\\c\n\u0001é\u0085<\` not found in $PATH: ${NOT_FOUND}`,
            'exec: "a\\"b\\\\c\\n\\x01é\\u0085<": executable file not found in $PATH',
        ],
    ])("%s", (_, program, said, words) => {
        for (const verb of ["create", "run"] as const) {
            expect(make(verb, { args: [program, "x"] }, [`say ${said}`, "end 1"])).toMatchObject({
                status: 1,
                stderr: `runc ${verb} failed: ${STARTING}${words}`,
            });
            expect(lastError()).toBe(`runc ${verb} failed: ${STARTING}${words}`);
        }
        expect(make("exec", { args: [program, "x"] }, [`fail ${said}`, "end 255"]).status).toBe(255);
        expect(lastError()).toBe(`exec failed: ${STARTING}${words}`);
    });

    test("the name is read from JSON as Go writes it", () => {
        writeFileSync(join(bundle, "p.json"), '{"args":["a\\u003cb\\ud83d\\ude00\\/","x"],"cwd":"/"}');
        runtime.call(
            "runtime",
            ["--log", log, "--log-format", "json", "exec", `--process=${join(bundle, "p.json")}`, "id"],
            { crun: ["fail executable file `…` not found: No such file or directory", "end 1"] },
        );
        expect(lastError()).toBe(`exec failed: ${STARTING}exec: "a<b😀/": stat a<b😀/: no such file or directory`);
    });

    test("a folder: an exec says so, for a container it is left to runc", () => {
        const said = "the path `/etc` is not a regular file: Operation not permitted";
        make("exec", { args: ["/etc"] }, [`fail ${said}`, "end 1"]);
        expect(lastError()).toBe(`exec failed: ${STARTING}exec: "/etc": is a directory`);
        expect(make("create", { args: ["/etc"] }, [`say ${said}`, "end 1"]).stdout).toContain("\nrunc --root");
    });
});

describe("an exec", () => {
    test.each([
        [
            "into a folder that is not there",
            "/nope",
            `chdir to \`/nope\`: ${NOT_FOUND}`,
            `${STARTING}chdir to cwd ("/nope") set in config.json failed: no such file or directory`,
        ],
        ["into a folder without a slash", "nope", `chdir to \`nope\`: ${NOT_FOUND}`, "Cwd must be an absolute path"],
        [
            "that fails otherwise",
            "/",
            "write to `/proc/1/x`: Invalid argument",
            `${STARTING}write to \`/proc/1/x\`: invalid argument`,
        ],
        [
            "of a container that is gone",
            "/",
            "the container `c0ffee` is not running",
            `${STARTING}the container \`c0ffee\` is not running`,
        ],
    ])("%s", (_, cwd, said, words) => {
        expect(make("exec", { args: ["sh"], cwd }, [`fail ${said}`, "end 255"]).status).toBe(255);
        expect(lastError()).toBe(`exec failed: ${words}`);
    });

    test("whose process file cannot be read", () => {
        runtime.call("runtime", ["--log", log, "--log-format", "json", "exec", "--process", "/nowhere", "id"], {
            crun: ["fail open `/nowhere`: No such file or directory", "end 1"],
        });
        expect(lastError()).toBe(`exec failed: ${STARTING}open \`/nowhere\`: no such file or directory`);
    });
});

describe("what has no words here", () => {
    test.each(["create", "run"] as const)(
        "%s: runc tries, with the same arguments and as if crun had never been",
        verb => {
            const { status, stdout, stderr, argv } = make(verb, { args: ["sh"] }, [
                "limit",
                'log {"level":"error","msg":"crun\'s own"}',
                "say mount `/etc` to `etc/passwd`: Not a directory",
                "end 1",
            ]);
            expect(status).toBe(7);
            expect(stdout).toBe(`crun ${argv}\nwatched\nrunc ${argv}`);
            expect(stderr).toBe("");
            expect(readFileSync(join(runtime.folder, "runc.limits"), "utf8")).toMatch(
                /^open files: \d{2,}, blocked signals: 0+\n$/,
            );
            expect(lastError()).toBe("crun's own");
        },
    );

    test("also when crun says nothing, or more than fits", () => {
        expect(make("create", { args: ["sh"] }, ["end 1"]).stdout).toContain("\nrunc --root");
        expect(make("create", { args: ["sh"] }, [`say ${"x".repeat(100_000)}`, "end 1"]).stdout).toContain(
            "\nrunc --root",
        );
    });

    test("also when the bundle cannot be read", () => {
        expect(
            runtime.call("runtime", ["--log", log, "--log-format", "json", "create", "--bundle", "/nowhere", "id"], {
                crun: [`say executable file \`foo\` not found in $PATH: ${NOT_FOUND}`, "end 1"],
            }).stdout,
        ).toContain("\nrunc --log");
    });
});

describe("a program that starts", () => {
    test("ends as it ends, whatever crun says afterwards", () => {
        for (const verb of ["run", "exec"] as const) {
            const { status, stdout, stderr, argv } = make(verb, { args: ["sh"] }, [
                "start /bin/sh\x1f-c\x1fecho out; echo err >&2; exit 5",
                `say executable file \`sh\` not found in $PATH: ${NOT_FOUND}`,
            ]);
            expect({ status, stdout, stderr }).toEqual({
                status: 5,
                stdout: `crun ${argv}\nwatched\nout`,
                stderr: "err",
            });
            expect(lastError()).toBeUndefined();
        }
    });

    test("and succeeds: nothing is said", () => {
        expect(make("create", { args: ["sh"] }, ["say a warning", "end 0"])).toMatchObject({ status: 0, stderr: "" });
    });
});

describe("a program that the kernel refuses says so in the container", () => {
    test("an interpreter that is not there, no interpreter, no program", () => {
        const refuse = (name: string, text: string, called = name) => {
            const path = join(bundle, name);
            writeFileSync(path, text, { mode: 0o755 });
            const { status, stderr } = make("run", { args: [path] }, [`start ${called === name ? path : called}`]);
            return { status, said: stderr.replace(path, name) };
        };
        expect(refuse("crlf", "#!/bin/sh\r\n")).toEqual({ status: 1, said: "exec crlf: no such file or directory" });
        expect(refuse("plain", "echo hi\n")).toEqual({ status: 1, said: "exec plain: exec format error" });
        expect(refuse("folder", "#!/etc\n")).toEqual({ status: 1, said: "exec folder: permission denied" });
        expect(lastError()).toBeUndefined();
    });

    test("one from PATH is named as it was found", () => {
        expect(make("run", { args: ["x"] }, ["start x"])).toMatchObject({
            status: 1,
            stderr: "exec /nowhere/bin/x: no such file or directory",
        });
    });
});

test("without a log in JSON, and for all other verbs, crun is not watched", () => {
    const watched = (...argv: string[]) => runtime.call("runtime", argv).stdout.includes("\nwatched");
    expect(watched("--log", log, "--log-format", "json", "create", "id")).toBe(true);
    expect(watched(`--log=${log}`, "--log-format=json", "exec", "id")).toBe(true);
    expect(watched("--log", log, "create", "id")).toBe(false);
    expect(watched("--log", log, "--log-format", "text", "run", "id")).toBe(false);
    expect(watched("create", "id")).toBe(false);
    for (const verb of ["start", "kill", "delete", "state", "pause"])
        expect(watched("--log", log, "--log-format", "json", verb, "id")).toBe(false);
});
