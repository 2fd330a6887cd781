import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Agent } from "../../../src/agent/agent";
import type { ShellEvent } from "../../../src/agent/shell";
import { Session, type SessionOptions } from "../../../src/app/session";
import { startMachine } from "../../../src/app/starting";
import { deferred } from "../../../src/base/deferred";
import { DrydockError } from "../../../src/base/errors";
import { Feed, Signal } from "../../../src/base/store";
import type { DockerEvent } from "../../../src/docker/docker";
import type { Engine } from "../../../src/engine/engine";
import type { Guest } from "../../../src/guest/guest";
import { createMemoryStorage } from "../../../src/storage/memory";
import type { SandboxState } from "../../../src/ui/sandbox";
import { createWorkspace } from "../../../src/workspace/create-workspace";
import { FakeNetwork, FakePreview, FakeShell } from "../ui/fakes";
import { remoteMachine } from "../vm/fake-worker";
import { FakeGuestFiles } from "../workspace/fake-guest-files";

class EventfulShell extends FakeShell {
    readonly events = new Signal<ShellEvent>();
}

const wire = (code: string) => ({ code, message: "It happened.", advice: "Do this.", causes: [] });

/** A session on machines whose threads the test plays, each with a guest whose readiness the test controls. */
async function makeSession(options: Partial<SessionOptions> = {}) {
    const workspace = await createWorkspace({
        lesson: "a/b",
        start: { "app.py": { file: { contents: "print()" } } },
        store: createMemoryStorage().workspace,
    });
    const machines: ReturnType<typeof remoteMachine>[] = [];
    const createMachine = () => {
        machines.push(remoteMachine());
        return machines.at(-1)!.machine;
    };
    const guests: { files: FakeGuestFiles; engine: ReturnType<typeof deferred<void>>; closed: boolean }[] = [];
    const shells: EventfulShell[] = [];
    const commands: string[] = [];
    let attached = 0;
    const session = new Session({
        createMachine,
        needs: {},
        network: Object.assign(new FakeNetwork(), { internet: async () => new Response() }),
        lesson: {
            workspace,
            checker: {
                check: async () => [],
                attach: () => {
                    attached++;
                    return () => void attached--;
                },
            },
            engine: {
                commandEnded: ({ command, code }) => void commands.push(`${command}: ${code}`),
                checkSoon: () => undefined,
            } as Partial<Engine> as Engine,
        },
        openPreview: () => new FakePreview(),
        openGuest: async machine => {
            const guest = { files: new FakeGuestFiles(), engine: deferred<void>(), closed: false };
            guests.push(guest);
            return {
                machine,
                agent: { files: guest.files as Agent["files"], setTime: async () => undefined },
                events: new Feed<DockerEvent>(10),
                engineReady: () => guest.engine.promise,
                close: () => void (guest.closed = true),
            } as unknown as Guest;
        },
        openShell: async () => {
            shells.push(new EventfulShell());
            return shells.at(-1)!;
        },
        ...options,
    });
    const states: SandboxState[] = [];
    session.subscribe(state => states.push(state));
    const started = session.start(startMachine(createMachine()));
    const kinds = () => states.map(state => (state.kind === "starting" ? state.stage : state.kind));
    const run = (index = machines.length - 1) => machines[index]!.worker.say({ kind: "running", from: "snapshot" });
    const shell = (signal?: AbortSignal) =>
        session.openShell({ terminal: 1, columns: 80, rows: 24, ...(signal && { signal }) });
    return {
        session,
        workspace,
        machines,
        guests,
        shells,
        commands,
        states,
        started,
        kinds,
        run,
        shell,
        attached: () => attached,
    };
}

beforeEach(() => void vi.stubGlobal("document", { hidden: false }));
afterEach(() => void vi.unstubAllGlobals());

describe("session", () => {
    test("goes from the machine to files and engine, and reports each step", async () => {
        const { machines, guests, kinds, run, states, attached } = await makeSession();
        machines[0]!.worker.say({ kind: "progress", stage: "snapshot", loaded: 1, total: 2 });
        run();
        await vi.waitFor(() => expect(states.at(-1)).toEqual({ kind: "ready", docker: false, fallback: undefined }));
        expect(guests[0]!.files.workspace).toEqual({ "app.py": "print()" });
        expect(attached()).toBe(0);
        guests[0]!.engine.resolve();
        await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: "ready", docker: true }));
        expect(attached()).toBe(1);
        expect(kinds()).toEqual(["emulator", "snapshot", "agent", "files", "ready", "ready"]);
    });

    test("tells why the snapshot was not used", async () => {
        const { machines, states } = await makeSession();
        machines[0]!.worker.say({ kind: "running", from: "cold", fallback: wire("vm.memory-differs") });
        await vi.waitFor(() =>
            expect(states.at(-1)).toMatchObject({ kind: "ready", fallback: { code: "vm.memory-differs" } }),
        );
    });

    test("no prompt before the student's files are there", async () => {
        const { workspace, run, shell, states } = await makeSession();
        const attach = workspace.attach.bind(workspace);
        const mayAttach = deferred<void>();
        workspace.attach = async files => {
            await mayAttach.promise;
            return attach(files);
        };
        let opened = false;
        const opening = shell().then(() => (opened = true));
        run();
        await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ stage: "files" }));
        expect(opened).toBe(false);
        mayAttach.resolve();
        await opening;
        expect(states.at(-1)).toMatchObject({ kind: "ready" });
    });

    test("a machine's death is reported with its reason, even to those waiting for a shell", async () => {
        const { session, machines, shell, states, started } = await makeSession();
        const waiting = shell();
        machines[0]!.worker.say({ kind: "failed", error: wire("image.unreachable") });
        await expect(waiting).rejects.toMatchObject({ code: "image.unreachable" });
        await started;
        expect(states.at(-1)).toMatchObject({ kind: "failed", error: { code: "image.unreachable" } });
        expect(session.state.kind).toBe("failed");
        expect(machines[0]!.worker.terminated).toBe(1);
    });

    test("a guest that does not open is a failure with the way back", async () => {
        const { run, states } = await makeSession({
            openGuest: () => Promise.reject(new DrydockError("agent.silent", "No answer.", "Restart.")),
        });
        run();
        await vi.waitFor(() =>
            expect(states.at(-1)).toMatchObject({ kind: "failed", error: { code: "agent.silent" } }),
        );
    });

    test("a restart ends everything and starts a new machine with the files", async () => {
        const { session, workspace, machines, guests, run, states, attached } = await makeSession();
        run();
        await vi.waitFor(() => expect(guests).toHaveLength(1));
        guests[0]!.engine.resolve();
        await vi.waitFor(() => expect(attached()).toBe(1));
        await workspace.write("mine.txt", "mine");
        void session.restart();
        expect(states.at(-1)).toMatchObject({ kind: "starting", stage: "emulator" });
        expect([attached(), guests[0]!.closed, machines[0]!.worker.terminated]).toEqual([0, true, 1]);
        run();
        await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: "ready" }));
        expect(machines).toHaveLength(2);
        expect(guests[1]!.files.workspace).toEqual({ "app.py": "print()", "mine.txt": "mine" });
    });

    test("messages from ended machines are ignored", async () => {
        const { session, machines, states } = await makeSession();
        void session.restart();
        const before = states.length;
        machines[0]!.worker.die(new Error("exit 1"));
        machines[0]!.worker.say({ kind: "progress", stage: "kernel", loaded: 0, total: 0 });
        expect(states).toHaveLength(before);
    });

    test("a machine that waits for the network is reported, with the time since when, until it continues", async () => {
        const { session, machines, run, states } = await makeSession();
        run();
        await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: "ready" }));
        const { worker } = machines[0]!;
        expect(session.stall.state).toBeUndefined();
        worker.say({ kind: "warning", warning: wire("image.unreachable") });
        const { since } = session.stall.state!;
        expect(session.stall.state).toMatchObject({ error: { code: "image.unreachable" } });
        expect(Math.abs(Date.now() - since)).toBeLessThan(60_000);
        worker.say({ kind: "warning", warning: wire("image.unreachable") });
        expect(session.stall.state!.since).toBe(since);
        worker.say({ kind: "warning" });
        expect(session.stall.state).toBeUndefined();
        worker.say({ kind: "warning", warning: wire("image.unreachable") });
        worker.die(new Error("gone"));
        expect(session.stall.state).toBeUndefined();
    });

    test("commands that end in a terminal are handed on", async () => {
        const { run, shell, shells, commands } = await makeSession();
        run();
        await shell();
        shells[0]!.events.emit({ kind: "commandStarted", command: "docker ps" });
        shells[0]!.events.emit({ kind: "commandEnded", command: "docker ps", code: 3 });
        expect(commands).toEqual(["docker ps: 3"]);
    });

    test("a shell that comes too late for its caller is closed", async () => {
        const late = deferred<EventfulShell>();
        const openShell = vi.fn(() => late.promise);
        const { run, shell } = await makeSession({ openShell });
        run();
        const abort = new AbortController();
        const opening = shell(abort.signal);
        const made = new EventfulShell();
        await vi.waitFor(() => expect(openShell).toHaveBeenCalledOnce());
        abort.abort(new Error("the tab was closed"));
        await expect(opening).rejects.toThrow("the tab was closed");
        late.resolve(made);
        await vi.waitFor(() => expect(made.closed).toBe(true));
    });
});
