/** The runtime in front of crun: what it changes in a bundle, and whom it calls. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NativeRuntime } from "./native-runtime";

let runtime: NativeRuntime;
let bundle: string;

beforeAll(() => {
    runtime = new NativeRuntime();
});
afterAll(() => runtime.remove());
beforeEach(() => {
    bundle = runtime.bundle();
});

const hook = { path: "/proc/431/exe", args: ["libnetwork-setkey", "-exec-root=/run/docker", "c0ffee", "a1b2"] };

function call(program: string, ...argv: string[]) {
    const { status, stdout } = runtime.call(program, argv, { cwd: bundle });
    return { status, stdout };
}

/** The config.json that `create` writes for this one. */
function rewritten(text: string): string {
    writeFileSync(join(bundle, "config.json"), text);
    call("runtime", "--root", "/run/x", "create", "--bundle", bundle, "c0ffee");
    expect(existsSync(join(bundle, "config.json.new"))).toBe(false);
    return readFileSync(join(bundle, "config.json"), "utf8");
}

describe("runtime", () => {
    test("passes arguments and status through", () => {
        expect(call("runtime", "--log", "x", "state", "id with space")).toEqual({
            status: 7,
            stdout: "crun --log x state id with space",
        });
    });

    test("points the network hook at setkey and changes nothing else", () => {
        const config = {
            ociVersion: "1.0.2",
            process: { args: ["sh"], env: ['A="b\\'] },
            hooks: { prestart: [hook], poststop: [{ path: "/bin/true" }] },
        };
        const text = JSON.stringify(config);
        expect(rewritten(text)).toBe(text.replace("/proc/431/exe", "/the/setkey"));
    });

    test("reads any layout of the JSON", () => {
        const text = JSON.stringify(
            {
                hooks: {
                    other: null,
                    prestart: [
                        { timeout: 5, path: "/bin/first", args: ["first"] },
                        { args: hook.args, env: [], path: "/proc/self/exe" },
                    ],
                },
            },
            undefined,
            "\t",
        );
        expect(rewritten(text)).toBe(text.replace("/proc/self/exe", "/the/setkey"));
    });

    test.each([
        ["no hooks", JSON.stringify({ process: {} })],
        ["another program's hook", JSON.stringify({ hooks: { prestart: [{ ...hook, args: ["something"] }] } })],
        ["a hook that is not the engine", JSON.stringify({ hooks: { prestart: [{ ...hook, path: "/usr/bin/exe" }] } })],
        ["a path below the process", JSON.stringify({ hooks: { prestart: [{ ...hook, path: "/proc/1/root/exe" }] } })],
        [
            "the words in the environment only",
            JSON.stringify({ process: { env: ['"path":"/proc/431/exe"', "libnetwork-setkey"] }, hooks: {} }),
        ],
        ["hooks of another object", JSON.stringify({ annotations: { hooks: { prestart: [hook] } } })],
        ["an object in the place of the list", JSON.stringify({ hooks: { prestart: hook } })],
        ["a text cut off", JSON.stringify({ hooks: { prestart: [hook] } }).slice(0, -2)],
        ["something behind the end", `${JSON.stringify({ hooks: { prestart: [hook] } })} x`],
        ["no JSON", '\\"\\'],
        ["an open string at the end", '{"hooks":{"prestart":[{"path":"\\'],
        ["nothing", ""],
        [
            "too deep a nesting",
            `{"a":${"[".repeat(5000)}${"]".repeat(5000)},"hooks":${JSON.stringify({ prestart: [hook] })}}`,
        ],
        ["more than a megabyte", JSON.stringify({ pad: "x".repeat(1 << 20), hooks: { prestart: [hook] } })],
    ])("leaves alone: %s", (_, text) => {
        expect(rewritten(text)).toBe(text);
    });

    test("leaves every other command alone", () => {
        const text = JSON.stringify({ hooks: { prestart: [hook] } });
        writeFileSync(join(bundle, "config.json"), text);
        call("runtime", "start", "--bundle", bundle, "c0ffee");
        expect(readFileSync(join(bundle, "config.json"), "utf8")).toBe(text);
    });

    test("without a bundle's config.json the runtime itself complains", () => {
        expect(call("runtime", "create", "--bundle", "/nowhere", "x")).toEqual({
            status: 7,
            stdout: "crun create --bundle /nowhere x",
        });
    });

    test("as runc: a build goes to crun with its hook changed, a container to the real runc", () => {
        writeFileSync(join(bundle, "config.json"), JSON.stringify({ hooks: { prestart: [hook] } }));
        expect(call("bin/runc", "--log", "l", "run", "--bundle", bundle, "--keep", "id").stdout).toBe(
            `crun --log l run --bundle ${bundle} --keep id`,
        );
        expect(readFileSync(join(bundle, "config.json"), "utf8")).toContain("/the/setkey");
        expect(call("bin/runc", "create", "--bundle", bundle, "id").stdout).toBe(`runc create --bundle ${bundle} id`);
        expect(call("bin/runc", "--version").stdout).toBe("runc --version");
    });

    test("as runc: the runtime that started a container also ends it", () => {
        for (const verb of ["kill", "delete", "state", "exec"]) {
            expect(call("bin/runc", "--log", "l", verb, "id").stdout).toBe(`crun --log l ${verb} id`);
            expect(call("bin/runc", "--root", "/run/x", "--log", "l", verb, "id").stdout).toBe(
                `runc --root /run/x --log l ${verb} id`,
            );
            expect(call("bin/runc", "--root=/run/x", verb, "id").stdout).toBe(`runc --root=/run/x ${verb} id`);
        }
    });

    test("whoever made a container is asked for all that follows", () => {
        const root = join(bundle, "state");
        for (const folder of [join(root, "hers"), join(runtime.runcRoot, "built")]) {
            mkdirSync(folder, { recursive: true });
            writeFileSync(join(folder, "state.json"), "{}");
        }
        mkdirSync(join(root, "ours"));
        for (const [before, after] of [
            [["start"], []],
            [["kill", "--all"], ["9"]],
            [["delete", "--force"], []],
            [["exec", "--process", "/tmp/p", "--detach"], []],
            [["pause"], []],
            [["update", "--resources", "-"], []],
        ] as const) {
            const argv = (id: string) => [
                "--root",
                root,
                "--log",
                "l",
                "--log-format",
                "json",
                ...before,
                id,
                ...after,
            ];
            expect(call("runtime", ...argv("hers")).stdout).toBe(`runc ${argv("hers").join(" ")}`);
            expect(call("runtime", ...argv("ours")).stdout.split("\n")[0]).toBe(`crun ${argv("ours").join(" ")}`);
        }
        expect(call("bin/runc", "--log", "l", "kill", "built", "9").stdout).toBe("runc --log l kill built 9");
        expect(call("bin/runc", "--log", "l", "kill", "other", "9").stdout).toBe("crun --log l kill other 9");
        expect(call("runtime", `--root=${root}`, "create", "hers").stdout).toBe(`crun --root=${root} create hers`);
    });

    test.each([
        ["its own file system", { destination: "/proc", type: "proc", source: "proc" }, "crun"],
        ["a folder on it", { destination: "/proc", type: "bind", source: "/tmp" }, "runc"],
        ["a folder in it", { type: "bind", source: "/tmp", destination: "/proc/sys" }, "runc"],
        ["a name that only begins so", { destination: "/process", type: "bind", source: "/tmp" }, "crun"],
        ["no mount at all", "/proc", "crun"],
    ])("over /proc: %s", (_, mount, who) => {
        writeFileSync(
            join(bundle, "config.json"),
            JSON.stringify({ mounts: [{ destination: "/dev", type: "tmpfs" }, mount], hooks: { prestart: [hook] } }),
        );
        expect(call("runtime", "--root", "/run/x", "create", "--bundle", bundle, "id").stdout).toBe(
            `${who} --root /run/x create --bundle ${bundle} id`,
        );
        expect(call("bin/runc", "run", "--bundle", bundle, "id").stdout).toBe(`${who} run --bundle ${bundle} id`);
        expect(readFileSync(join(bundle, "config.json"), "utf8")).toContain("/the/setkey");
    });

    test.each([
        ["no limit", [], "crun"],
        ["thousands of files", [{ type: "RLIMIT_NOFILE", hard: 65536, soft: 1024 }], "crun"],
        ["three files", [{ type: "RLIMIT_NOFILE", hard: 4096, soft: 3 }], "runc"],
        ["three files, the other way round", [{ soft: 3, type: "RLIMIT_NOFILE", hard: 3 }], "runc"],
        [
            "the size of files",
            [
                { type: "RLIMIT_CORE", hard: 0, soft: 0 },
                { type: "RLIMIT_FSIZE", soft: 1e6 },
            ],
            "runc",
        ],
        ["no core file", [{ type: "RLIMIT_CORE", hard: 0, soft: 0 }], "crun"],
        ["no list", "RLIMIT_FSIZE", "crun"],
    ])("limits: %s", (_, rlimits, who) => {
        writeFileSync(
            join(bundle, "config.json"),
            JSON.stringify({ process: { args: ["sh"], rlimits, cwd: "/" }, hooks: { prestart: [hook] } }),
        );
        expect(call("runtime", "--root", "/run/x", "create", "--bundle", bundle, "id").stdout).toBe(
            `${who} --root /run/x create --bundle ${bundle} id`,
        );
        expect(readFileSync(join(bundle, "config.json"), "utf8")).toContain("/the/setkey");
    });

    test("a verb is what stands first, not the value of an option nor a container's name", () => {
        writeFileSync(join(bundle, "config.json"), JSON.stringify({ hooks: { prestart: [hook] } }));
        call("runtime", "--root", "create", "--log", "run", "state", "create");
        expect(readFileSync(join(bundle, "config.json"), "utf8")).toContain("/proc/431/exe");
    });

    test("the bundle is the current folder when none is named, and may be named with =", () => {
        for (const argv of [
            ["run", "id"],
            ["run", `--bundle=${bundle}`, "id"],
            ["run", "-b", bundle, "id"],
        ]) {
            writeFileSync(join(bundle, "config.json"), JSON.stringify({ hooks: { prestart: [hook] } }));
            call("bin/runc", ...argv);
            expect(readFileSync(join(bundle, "config.json"), "utf8")).toContain("/the/setkey");
        }
    });
});
