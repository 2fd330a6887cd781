/** The program called in place of the docker client's plugins, with a script as the plugin. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../../../vm-images/runtime/plugin.c");
const question = "docker-cli-plugin-metadata";
let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-plugin-"));
    for (const name of ["plugins", "answers", "front"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "plugins/docker-x"), `#!/bin/sh\necho "itself: $*"\nexit 7\n`, { mode: 0o755 });
    execFileSync("gcc", [
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        `-DPLUGINS="${join(folder, "plugins")}"`,
        `-DANSWERS="${join(folder, "answers")}"`,
        "-o",
        join(folder, "plugin"),
        source,
    ]);
    for (const name of ["docker-x", "docker-gone"]) symlinkSync("../plugin", join(folder, "front", name));
});
beforeEach(() => writeFileSync(join(folder, "answers/docker-x.json"), '{"Version":"1"}\n'));
afterAll(() => rmSync(folder, { recursive: true }));

function call(name: string, ...words: string[]) {
    const { status, stdout, stderr } = spawnSync(join(folder, "front", name), words, { encoding: "utf8" });
    return { status, stdout, stderr };
}

describe("a plugin's front", () => {
    test("says who the plugin is without starting it", () => {
        expect(call("docker-x", question)).toEqual({ status: 0, stdout: '{"Version":"1"}\n', stderr: "" });
    });

    test("hands everything else to the plugin", () => {
        expect(call("docker-x", "x", "build", "a b")).toMatchObject({ status: 7, stdout: "itself: x build a b\n" });
        expect(call("docker-x", question, "more")).toMatchObject({ status: 7, stdout: `itself: ${question} more\n` });
        expect(call("docker-x")).toMatchObject({ status: 7 });
    });

    test.each([
        ["nobody wrote an answer down", () => rmSync(join(folder, "answers/docker-x.json"))],
        ["the answer is empty", () => writeFileSync(join(folder, "answers/docker-x.json"), "")],
        ["the plugin is newer", () => utimesSync(join(folder, "answers/docker-x.json"), 1, 1)],
    ])("asks the plugin itself when %s", (_, arrange) => {
        arrange();
        expect(call("docker-x", question)).toMatchObject({ status: 7, stdout: `itself: ${question}\n` });
    });

    test("names a plugin that is not there", () => {
        const { status, stderr } = call("docker-gone", "x");
        expect(status).toBe(127);
        expect(stderr).toContain("plugins/docker-gone");
    });
});
