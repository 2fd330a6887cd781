// @vitest-environment happy-dom
import { render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import TerminalPane from "../../../src/ui/terminal/TerminalPane.svelte";
import { expectAccessible } from "./accessible";
import Bench from "./Bench.svelte";
import { makeLesson, makeStep, makeWorkbench, shown, type Made } from "./fakes";

async function opened(options: Parameters<typeof makeWorkbench>[1] = {}): Promise<Made> {
    const made = await makeWorkbench(makeLesson([makeStep("one")]), options);
    made.workbench.start();
    render(Bench, { workbench: made.workbench, show: TerminalPane });
    if (!options.state) await waitFor(() => expect(made.workbench.terminals.active?.phase).toBe("open"));
    return made;
}

describe("terminals", () => {
    test("the start is described in words until there is a prompt", async () => {
        await opened({ state: { kind: "starting", stage: "snapshot", loaded: 18_200_000, total: 36_500_000 } });
        expect(document.body.textContent).toContain("18.2 of 36.5 MB · 50 %");
        await expectAccessible(document.body);
    });

    test("tabs open, close and move by arrow keys", async () => {
        const { workbench } = await opened();
        screen.getByRole("button", { name: "New terminal" }).click();
        await waitFor(() => expect(screen.getAllByRole("tab")).toHaveLength(2));
        const second = screen.getByRole("tab", { name: "Terminal 2" });
        expect(second.getAttribute("aria-selected")).toBe("true");
        second.focus();
        second.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
        await waitFor(() => expect(workbench.terminals.active?.number).toBe(1));
        await expectAccessible(document.body);
        second.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
        await waitFor(() => expect(screen.getAllByRole("tab")).toHaveLength(1));
        await expectAccessible(document.body);
    });

    test("a command waits while another runs, and can interrupt it", async () => {
        const { workbench, sandbox } = await opened();
        const shell = sandbox.shells[0]!;
        shell.state.set({ kind: "running", command: "sleep 9" });
        await Promise.all([
            workbench.terminals.run("docker ps"),
            (async () => {
                (await screen.findByRole("button", { name: "Interrupt" })).click();
                await waitFor(() => expect(shell.typed).toEqual(["\u0003"]));
                shell.state.set({ kind: "prompt" });
            })(),
        ]);
        expect(shell.typed).toEqual(["\u0003", "docker ps\r"]);
    });

    test("commands are typed one at a prompt, in order", async () => {
        const { workbench, sandbox } = await opened();
        const shell = sandbox.shells[0]!;
        shell.state.set({ kind: "running", command: "x" });
        const first = workbench.terminals.run("one");
        void workbench.terminals.run("two");
        shell.state.set({ kind: "prompt" });
        await waitFor(() => expect(shell.typed).toEqual(["one\r"]));
        shell.state.set({ kind: "running", command: "one" });
        shell.state.set({ kind: "prompt" });
        await first;
        expect(shell.typed).toEqual(["one\r", "two\r"]);
    });

    test("a shell that ended says so, and the next command opens another", async () => {
        const { workbench, sandbox } = await opened();
        shown.length = 0;
        sandbox.shells[0]!.end(3);
        await waitFor(() => expect(workbench.terminals.active?.phase).toBe("ended"));
        expect(shown.join("")).toContain("exited with status 3");
        await workbench.terminals.run("ls");
        await waitFor(() => expect(sandbox.shells[1]?.typed).toEqual(["ls\r"]));
    });

    test("a shell that hangs is replaced: its program ends, the screen stays, and says what happened", async () => {
        const { workbench, sandbox } = await opened();
        const hung = sandbox.shells[0]!;
        hung.state.set({ kind: "running", command: "cat" });
        shown.length = 0;
        (await screen.findByRole("button", { name: "Restart the shell of Terminal 1" })).click();
        await waitFor(() => expect(sandbox.shells).toHaveLength(2));
        await waitFor(() => expect(workbench.terminals.active?.phase).toBe("open"));
        expect(hung.closed).toBe(true);
        expect(shown.join("")).toContain("Shell restarted. Whatever was running in it has been stopped.");
        expect(shown).not.toContain("(reset)");
        expect(sandbox.restarts).toBe(0);
        await workbench.terminals.run("ls");
        expect(sandbox.shells[1]!.typed).toEqual(["ls\r"]);
        await expectAccessible(document.body);
    });

    test("a stream that breaks says so, and a button opens another shell", async () => {
        const { workbench, sandbox } = await opened();
        shown.length = 0;
        sandbox.shells[0]!.breakOff(new Error("The agent is gone."));
        (await screen.findByRole("button", { name: "New shell" })).click();
        await waitFor(() => expect(workbench.terminals.active?.phase).toBe("open"));
        expect(shown.join("")).toContain("The connection to the shell has broken: The agent is gone.");
        expect(shown).not.toContain("(reset)");
        expect(sandbox.shells).toHaveLength(2);
    });

    test("a restarted machine begins with an empty screen", async () => {
        const { workbench, sandbox } = await opened();
        shown.length = 0;
        await workbench.restartMachine();
        await waitFor(() => expect(sandbox.shells).toHaveLength(2));
        expect(shown).toEqual(["(reset)"]);
    });

    test("a named terminal is opened when it is not there", async () => {
        const { workbench, sandbox } = await opened();
        await workbench.terminals.run("ls", { terminal: 2 });
        await waitFor(() => expect(sandbox.shells[1]?.typed).toEqual(["ls\r"]));
        expect(workbench.terminals.active?.number).toBe(2);
    });
});
