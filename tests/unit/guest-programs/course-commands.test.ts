/** What the guest has in place of programs that courses type and that have nothing to do here. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../../src/host/project";

const rootfs = join(root, "vm-images/rootfs");
const missingCommand = join(rootfs, "usr/libexec/drydock/missing-command");

function run(program: string, ...argv: string[]): { code: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(join(rootfs, program), argv, { encoding: "utf8" });
    return { code: status, stdout, stderr };
}

describe("sudo", () => {
    test.each([
        [["echo", "-n", "two words"], "two words"],
        [["-E", "-H", "--", "echo", "-n", "-E"], ""],
        [["-u", "root", "echo", "-n", "it"], "it"],
        [["--user=root", "-n", "echo", "-n", "it"], "it"],
        [["TURN=2", "OTHER=a b", "sh", "-c", 'printf %s "$TURN$OTHER"'], "2a b"],
    ])("%j", (argv, stdout) => {
        expect(run("usr/bin/sudo", ...argv)).toEqual({ code: 0, stdout, stderr: "" });
    });

    test("hands on the status", () => expect(run("usr/bin/sudo", "sh", "-c", "exit 7").code).toBe(7));

    test("a command that is not there", () => {
        const { code, stderr } = run("usr/bin/sudo", "no-such-program");
        expect([code, stderr]).toEqual([1, "sudo: no-such-program: command not found\n"]);
    });

    test("no command", () =>
        expect(run("usr/bin/sudo")).toMatchObject({ code: 1, stderr: "usage: sudo [-u USER] COMMAND\n" }));
});

describe("systemctl", () => {
    test.each([["start", "docker"], ["enable", "--now", "docker.service"], ["start", "containerd"], ["daemon-reload"]])(
        "%j: that is so already",
        (...argv) => {
            expect(run("usr/bin/systemctl", ...argv)).toEqual({ code: 0, stdout: "", stderr: "" });
        },
    );

    test("is-active", () => expect(run("usr/bin/systemctl", "is-active", "docker").stdout).toBe("active\n"));

    test.each([["stop", "docker"], ["restart", "docker"], ["start", "nginx"], []])(
        "%s %s: says what is here",
        (...argv) => {
            const { code, stderr } = run("usr/bin/systemctl", ...argv);
            expect(code).toBe(1);
            expect(stderr).toContain("Docker's engine starts with the machine");
        },
    );
});

describe("a program that is not there", () => {
    const said = (name: string): string => {
        const { code, stderr } = run("usr/libexec/drydock/missing-command", name);
        expect(code).toBe(127);
        return stderr;
    };

    test("says how the usual shell does, when nothing is known of it", () => {
        for (const name of ["no-such-program", "a.b*c/d", "", "--help"])
            expect(said(name)).toBe(`${name}: command not found\n`);
    });

    test("with capital letters", () =>
        expect(said("LS")).toBe("LS: command not found. Commands are written in small letters: ls\n"));

    test("names the package that has it", () => {
        expect(said("wget")).toBe(
            "wget: command not found. Install it with: apt-get update && apt-get install -y wget\n",
        );
    });

    test("says why there is no git", () => expect(said("git")).toContain("no connection"));

    test("packages are those of the archive", () => {
        const lines = readFileSync(join(rootfs, "usr/libexec/drydock/command-packages"), "utf8").trim().split("\n");
        const { archive } = JSON.parse(readFileSync(join(root, "vm-images/packages.json"), "utf8")) as {
            archive: string[];
        };
        expect(lines.map(line => line.split(" ")[1]).filter(name => !archive.includes(name!))).toEqual([]);
        expect(lines).toEqual([...new Set(lines)].sort());
    });

    test("an interactive bash asks", () => {
        const handle = readFileSync(join(rootfs, "root/.bashrc"), "utf8").match(/^command_not_found_handle.*$/m)![0];
        const lines = `${handle.replace("/usr/libexec/drydock/missing-command", missingCommand)}\nminikube start`;
        expect(() => execFileSync("bash", ["-c", lines], { encoding: "utf8", stdio: "pipe" })).toThrow(
            /minikube: command not found\. Kubernetes/,
        );
    });
});
