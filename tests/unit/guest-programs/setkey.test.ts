/** The network hook, with a socket that plays the engine. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../../../vm-images/runtime/setkey.c");
let folder: string;
let server: Server | undefined;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-setkey-"));
    execFileSync("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", join(folder, "setkey"), source]);
    mkdirSync(join(folder, "libnetwork"));
});
afterEach(() => server?.close());
afterAll(() => rmSync(folder, { recursive: true }));

/** An engine that gives this answer; undefined: it hangs up. Resolves to what it received. */
function engine(answer: string | undefined): Promise<string> {
    return new Promise(heard => {
        server = createServer(socket => {
            socket.on("error", () => undefined); // the hook may have ended already
            socket.once("data", data => {
                heard(data.toString());
                if (answer === undefined) socket.destroy();
                else socket.end(answer);
            });
        }).listen(join(folder, "libnetwork/ctl.sock"));
    });
}

function hook(
    state: string,
    argv = [`-exec-root=${folder}`, "c0ffee", "ctl"],
): Promise<{ code: number | null; stderr: string }> {
    return new Promise(resolve => {
        const child = spawn(join(folder, "setkey"), argv);
        let stderr = "";
        child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
        child.on("close", code => resolve({ code, stderr }));
        child.stdin.on("error", () => undefined); // it may not read at all
        child.stdin.end(state);
    });
}

const state = '{"ociVersion":"1.0","id":"c0ffee","status":"created","pid": 4711,"bundle":"/b"}';

describe("setkey", () => {
    test("tells the engine where the network namespace is", async () => {
        const heard = engine("success\n");
        expect(await hook(state)).toEqual({ code: 0, stderr: "" });
        expect(JSON.parse(await heard)).toEqual({ ContainerID: "c0ffee", Key: "/proc/4711/ns/net" });
    });

    test("gives the engine's refusal and a status of failure", async () => {
        void engine("no sandbox present");
        const { code, stderr } = await hook(state);
        expect(code).toBe(1);
        expect(stderr).toContain("no sandbox present");
    });

    test("an engine that hangs up is a failure", async () => {
        void engine(undefined);
        expect((await hook(state)).code).toBe(1);
    });

    test("no engine is a failure that names the socket", async () => {
        const { code, stderr } = await hook(state, [`-exec-root=${folder}`, "c0ffee", "gone"]);
        expect(code).toBe(1);
        expect(stderr).toContain("libnetwork/gone.sock");
    });

    test.each([
        ["an empty state", ""],
        ["a state without pid", '{"id":"x"}'],
        ["a pid of nought", '{"pid":0}'],
        ["a pid in a word", '{"pid":"many"}'],
        ["a pid that is a value", '{"id":"pid","x":["pid"]}'],
    ])("refuses %s", async (_, text) => {
        const { code, stderr } = await hook(text);
        expect(code).toBe(1);
        expect(stderr).toContain("pid");
    });

    test("refuses other arguments than the engine's", async () => {
        for (const argv of [[], ["-exec-root=/x", "c"], ["--root=/x", "c", "k"]])
            expect((await hook(state, argv)).code).toBe(1);
    });

    test("refuses names that would break its message or the socket's path", async () => {
        expect((await hook(state, [`-exec-root=${folder}`, 'a"b', "ctl"])).code).toBe(1);
        expect((await hook(state, [`-exec-root=${folder}`, "c0ffee", "k".repeat(200)])).code).toBe(1);
    });
});
