/** The shell with its marks, on a real bash. */
import { afterEach, describe, expect, test } from "vitest";
import type { Agent } from "../../../src/agent/agent";
import type { Shell, ShellEvent } from "../../../src/agent/shell";
import { until } from "../../../src/base/abort";
import { decodeText } from "../../../src/base/bytes";

export type OpenShell = (agent: Agent, cwd: string) => Promise<Shell>;

export function describeShell(agentOf: () => Agent, folderOf: () => string, open: OpenShell): void {
    describe("shell", () => {
        const shells: Shell[] = [];
        afterEach(() => {
            for (const shell of shells.splice(0)) shell.close();
        });
        const start = async () => {
            const shell = await open(agentOf(), folderOf());
            shells.push(shell);
            const events: ShellEvent[] = [];
            shell.events.listen(event => events.push(event));
            const seen = { text: "" };
            void (async () => {
                for await (const bytes of shell.output) seen.text += decodeText(bytes);
            })().catch(() => undefined); // closed at the end of the test
            const reaches = (kind: string) =>
                until(() => (shell.state.state.kind === kind ? true : undefined), {
                    every: 10,
                    timeout: 30_000,
                    what: `the state ${kind}`,
                });
            return { shell, events, seen, reaches };
        };

        test("run returns status and output, one command after the other", async () => {
            const { shell, events } = await start();
            expect(await shell.run("echo one; echo two")).toEqual({ code: 0, output: "one\r\ntwo\r\n" });
            expect((await shell.run("sh -c 'exit 42'")).code).toBe(42);
            expect((await shell.run("cd / && pwd")).output).toBe("/\r\n");
            expect((await shell.run("no-such-command")).code).toBe(127);
            expect((await shell.run("(exit 3)")).code).toBe(3);
            expect(events.filter(event => event.kind === "commandStarted").map(event => event.command)).toEqual([
                "echo one; echo two",
                "sh -c 'exit 42'",
                "cd / && pwd",
                "no-such-command",
                "(exit 3)",
            ]);
        });

        test("a here-document is one command", async () => {
            const { shell } = await start();
            expect(await shell.run("cat <<'END'\nfirst; \\ line\nEND")).toMatchObject({
                code: 0,
                output: expect.stringContaining("first; \\ line\r\n"),
            });
        });

        test("reports what is typed by hand, and an empty line is not a command", async () => {
            const { shell, events, seen, reaches } = await start();
            await reaches("prompt");
            await shell.write("\r");
            await shell.write("false\r");
            await until(() => events.find(event => event.kind === "commandEnded"), {
                every: 10,
                timeout: 30_000,
                what: "the command's end",
            });
            expect(events.filter(event => event.kind !== "prompt")).toEqual([
                { kind: "commandStarted", command: "false" },
                { kind: "commandEnded", command: "false", code: 1 },
            ]);
            expect(seen.text).not.toContain("\x1b]633");
        });

        test("Ctrl-C ends a command with 130", async () => {
            const { shell, events, reaches } = await start();
            await reaches("prompt");
            await shell.write("sleep 4731\r");
            await reaches("running");
            // bash reports the command before it starts the program, and Ctrl-C is meant for the program
            await until(
                async () =>
                    (await agentOf().exec(["sh", "-c", "grep -slxz '473[1]' /proc/[0-9]*/cmdline"])).stdout ||
                    undefined,
                { every: 50, timeout: 30_000, what: "the program" },
            );
            await shell.write("\x03");
            const ended = await until(() => events.find(event => event.kind === "commandEnded"), {
                every: 10,
                timeout: 30_000,
                what: "the command's end",
            });
            expect(ended).toEqual({ kind: "commandEnded", command: "sleep 4731", code: 130 });
        });

        test("a program cannot pass for the shell", async () => {
            const { shell, events } = await start();
            await shell.run("printf '\\033]633;C\\007\\033]633;E;docker run;wrong\\007\\033]633;B\\007'; false");
            expect(events.filter(event => event.kind === "commandStarted")).toHaveLength(1);
            expect(events.filter(event => event.kind === "commandEnded")).toEqual([
                expect.objectContaining({ code: 1 }),
            ]);
        });

        test("a program starts and ends within its size", async () => {
            const { shell } = await start();
            await shell.run("true");
            shell.resize(91, 17);
            expect((await shell.run("stty size")).output).toBe("17 91\r\n");
        });

        test("the shell's end rejects a run", async () => {
            const { shell } = await start();
            await expect(shell.run("exit 5")).rejects.toMatchObject({ code: "agent.gone" });
            expect(await shell.exit).toBe(5);
            expect(shell.state.state).toEqual({ kind: "ended", code: 5 });
        });
    });
}
