/** The program called in place of containerd's shim, with a script as the real shim. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../src/base/abort";

const source = resolve(import.meta.dirname, "../../../vm-images/runtime/shim.c");
const id = "c0ffee".repeat(10);
let folder: string;
let bundle: string;
let state: string;

/** Notes how it was called and, beside a container, what it found on descriptor 3; then runs until its input ends. */
const REAL = `#!/bin/sh
cd "$(dirname "$0")"
printf '%s\\n' "$*" >real.args
cat >real.input
echo "$GOMAXPROCS" >real.processors
readlink /proc/self/fd/3 >real.listener 2>/dev/null
printf real
exit 3
`;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-shim-"));
    writeFileSync(join(folder, "real"), REAL, { mode: 0o755 });
    const define = (name: string, path: string) => `-D${name}="${join(folder, path)}"`;
    execFileSync("gcc", [
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        define("SHIM", "real"),
        define("SOCKETS", "s"),
        define("RUNTIME_ROOT", "runc"),
        "-o",
        join(folder, "shim"),
        source,
    ]);
});
beforeEach(() => {
    for (const name of ["bundle", "runc", "s", "real.args", "real.input", "real.processors", "real.listener"])
        rmSync(join(folder, name), { recursive: true, force: true });
    bundle = join(folder, "bundle");
    state = join(folder, "runc/moby", id);
    mkdirSync(bundle);
    writeFileSync(join(bundle, "config.json"), '{"annotations":{}}');
    writeFileSync(join(bundle, "init.pid"), "4711");
    writeFileSync(join(bundle, "options.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true }));

const real = (what: string) => readFileSync(join(folder, `real.${what}`), "utf8");
const realWasCalled = () => existsSync(join(folder, "real.args"));

function call(
    action: string[],
    { input = "", env = {} }: { input?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<{ code: number | null; stdout: Buffer }> {
    return new Promise(resolve => {
        const child = spawn(
            join(folder, "shim"),
            [
                "-namespace",
                "moby",
                "-address",
                "/run/containerd/containerd.sock",
                "-publish-binary",
                "/usr/bin/containerd",
                "-id",
                id,
                ...action,
            ],
            { cwd: bundle, env: { ...process.env, ...env } },
        );
        const pieces: Buffer[] = [];
        child.stdout.on("data", (data: Buffer) => pieces.push(data));
        child.on("close", code => resolve({ code, stdout: Buffer.concat(pieces) }));
        child.stdin.on("error", () => undefined); // it may not read at all
        child.stdin.end(input);
    });
}

/** An Any { type_url = 1, value = 2 } that wraps Options with these bytes. */
const optionsOf = (...value: number[]) => Uint8Array.of(0x0a, 1, 0x78, 0x12, value.length, ...value);

describe("start", () => {
    test("starts the shim beside the container and says where it listens", async () => {
        const { code, stdout } = await call(["start"], { input: optionsOf(0x32, 2, 0x61, 0x62) }); // BinaryName
        const path = join(folder, "s", `moby-${id}`);
        expect({ code, address: stdout.toString() }).toEqual({ code: 0, address: `unix://${path}` });
        expect(readFileSync(join(bundle, "address"), "utf8")).toBe(`unix://${path}`);
        await until(async () => (existsSync(join(folder, "real.listener")) && real("listener") ? true : undefined), {
            every: 10,
            timeout: 10_000,
            what: "the shim",
        });
        expect(real("args")).toBe(`-namespace moby -id ${id} -address /run/containerd/containerd.sock\n`);
        expect(real("listener")).toMatch(/^socket:/);
        expect(real("processors")).toBe("4\n");
        expect(real("input")).toBe("");
    });

    test("the socket accepts connections before the shim asks for them", async () => {
        const { stdout } = await call(["-debug", "start"]);
        await expect(
            new Promise((resolve, reject) => {
                // the script may have ended by now, and the socket with it: then the refusal comes from a socket that
                // nobody holds
                const socket = connect(stdout.toString().replace("unix://", ""), () => resolve("connected"));
                socket.on("error", error =>
                    "code" in error && error.code === "ECONNREFUSED" ? resolve("connected") : reject(error),
                );
            }),
        ).resolves.toBe("connected");
        await until(async () => (realWasCalled() && real("args") ? true : undefined), {
            every: 10,
            timeout: 10_000,
            what: "the shim",
        });
        expect(real("args")).toContain("-debug");
    });

    test.each([
        ["several containers share one", { config: '{"annotations":{"io.kubernetes.cri.sandbox-id":"a"}}' }],
        ["it is to have a control group of its own", { input: optionsOf(0x1a, 2, 0x2f, 0x61) }],
        ["it is to be scheduled apart", { env: { SCHED_CORE: "1" } }],
        ["there is no configuration", { config: undefined }],
    ])(
        "leaves it to the real one when %s",
        async (_, { config, input, env }: { config?: string; input?: Uint8Array; env?: Record<string, string> }) => {
            if (config) writeFileSync(join(bundle, "config.json"), config);
            else if (!input && !env) rmSync(join(bundle, "config.json"));
            const { code, stdout } = await call(["start"], { input, env });
            expect({ code, stdout: stdout.toString() }).toEqual({ code: 3, stdout: "real" });
            expect(real("args")).toContain(`-id ${id} start`);
            expect(Buffer.from(real("input"))).toEqual(Buffer.from(input ?? []));
            expect(existsSync(join(folder, "s", `moby-${id}`))).toBe(false);
        },
    );

    test("leaves it to the real one when the socket is there already", async () => {
        mkdirSync(join(folder, "s"));
        writeFileSync(join(folder, "s", `moby-${id}`), "");
        expect((await call(["start"])).code).toBe(3);
        expect(existsSync(join(folder, "s", `moby-${id}`))).toBe(true);
    });
});

describe("delete", () => {
    test("has nothing to do for a container that the runtime has forgotten", async () => {
        const before = Math.floor(Date.now() / 1000);
        const { code, stdout } = await call(["-bundle", bundle, "delete"]);
        expect(code).toBe(0);
        expect(realWasCalled()).toBe(false);
        // pid 4711, status 137, and a time: seconds as a five-byte number, nanoseconds
        expect([...stdout.subarray(0, 6)]).toEqual([0x08, 0xe7, 0x24, 0x10, 0x89, 0x01]);
        expect([...stdout.subarray(6, 9)]).toEqual([0x1a, stdout.length - 8, 0x08]);
        const seconds = [...stdout.subarray(9, 14)].reduce((sum, byte, at) => sum + (byte & 127) * 2 ** (7 * at), 0);
        expect(seconds).toBeGreaterThanOrEqual(before);
        expect(seconds).toBeLessThanOrEqual(before + 60);
    });

    test("looks where the options say that the runtime keeps its containers", async () => {
        writeFileSync(
            join(bundle, "options.json"),
            JSON.stringify({ binary_name: "crun", root: join(folder, "runc") }),
        );
        mkdirSync(state, { recursive: true });
        expect((await call(["-bundle", bundle, "delete"])).code).toBe(3);
    });

    test.each([
        ["the runtime still knows the container", () => mkdirSync(state, { recursive: true })],
        ["nobody knows its process", () => rmSync(join(bundle, "init.pid"))],
    ])("leaves it to the real one when %s", async (_, arrange) => {
        arrange();
        const { code, stdout } = await call(["-bundle", bundle, "delete"]);
        expect({ code, stdout: stdout.toString() }).toEqual({ code: 3, stdout: "real" });
        expect(real("args")).toContain(`-bundle ${bundle} delete`);
    });
});

test.each([[["-v"]], [["-unknown", "start"]], [["stop"]], [[]]])(
    "anything else goes to the real one: %j",
    async words => {
        expect((await call(words)).code).toBe(3);
        expect(real("args")).toContain(words.join(" "));
    },
);
