/** The runtime in front of crun, compiled for this host, with scripts as crun and runc. */
import { execFileSync, spawnSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../../../vm-images/runtime");
let folder: string;
let bundle: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-runtime-"));
    for (const name of ["crun", "runc"]) {
        writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@"\nexit 7\n`);
        chmodSync(join(folder, name), 0o755);
    }
    execFileSync("gcc", [
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        `-DCRUN="${folder}/crun"`,
        `-DRUNC="${folder}/runc"`,
        '-DSETKEY="/the/setkey"',
        "-o",
        join(folder, "runtime"),
        join(source, "runtime.c"),
        join(source, "hook.c"),
    ]);
    mkdirSync(join(folder, "bin"));
    symlinkSync("../runtime", join(folder, "bin/runc"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
    bundle = mkdtempSync(join(folder, "bundle-"));
});

const hook = { path: "/proc/431/exe", args: ["libnetwork-setkey", "-exec-root=/run/docker", "c0ffee", "a1b2"] };

function call(program: string, ...argv: string[]) {
    const { status, stdout } = spawnSync(join(folder, program), argv, { encoding: "utf8", cwd: bundle });
    return { status, stdout: stdout.trim() };
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
