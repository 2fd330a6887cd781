import { afterEach, describe, expect, test, vi } from "vitest";
import { createBrowserMachine } from "../../../src/vm/browser-machine";
import type { MachineState } from "../../../src/vm/machine";
import { RemoteMachine } from "../../../src/vm/remote-machine";
import { remoteMachine, runningMachine } from "./fake-worker";

const statistics = { instructions: 1, compiledModules: 2, fetchedBytes: 3, diskChunksFetched: 4, diskBytesWritten: 5 };
const wire = (code: string) => ({ code, message: "It happened.", advice: "Do this.", causes: ["outer", "inner"] });

afterEach(() => vi.unstubAllGlobals());

describe("remote machine", () => {
    test("starts its thread once, passes the options and tells its progress", async () => {
        const { machine, worker, opened } = remoteMachine({ memory: 256, boot: "cold", commandLine: "quiet" });
        expect(machine.state).toEqual({ kind: "off" });
        const states: MachineState[] = [];
        machine.subscribe(state => states.push(state));
        const first = machine.start();
        const second = machine.start();
        worker.say({ kind: "progress", stage: "kernel", loaded: 10, total: 20 });
        worker.say({ kind: "running", from: "cold" });
        await Promise.all([first, second]);
        expect(opened()).toBe(1);
        expect(worker.received).toEqual([
            {
                kind: "start",
                options: {
                    base: "http://image.test/",
                    memory: 256,
                    boot: "cold",
                    commandLine: "quiet",
                    kernelLog: false,
                },
            },
        ]);
        expect(states).toEqual([
            { kind: "starting", stage: "emulator", loaded: 0, total: 0 },
            { kind: "starting", stage: "kernel", loaded: 10, total: 20 },
            { kind: "running", from: "cold" },
        ]);
    });

    test("tells why the snapshot was not used, with its causes", async () => {
        const { machine, worker } = remoteMachine();
        const started = machine.start();
        worker.say({ kind: "running", from: "cold", fallback: wire("image.damaged") });
        await started;
        const state = machine.state as Extract<MachineState, { kind: "running" }>;
        expect(state.fallback).toMatchObject({
            code: "image.damaged",
            advice: "Do this.",
            cause: { message: "outer", cause: { message: "inner" } },
        });
    });

    test("a warning comes and goes while it runs", async () => {
        const { machine, worker } = await runningMachine();
        worker.say({ kind: "warning", warning: wire("image.unreachable") });
        expect(machine.state).toMatchObject({ kind: "running", warning: { code: "image.unreachable" } });
        worker.say({ kind: "warning" });
        expect(machine.state).toMatchObject({ kind: "running", warning: undefined });
    });

    test("passes the kernel's log on", async () => {
        const onKernelLog = vi.fn();
        const { worker } = await runningMachine({ onKernelLog });
        worker.say({ kind: "kernel-log", line: "Linux version 6.12" });
        expect(onKernelLog).toHaveBeenCalledWith("Linux version 6.12");
    });

    test("answers go to the caller that asked", async () => {
        const { machine, worker } = await runningMachine();
        const first = machine.statistics();
        const second = machine.statistics();
        const saved = machine.save();
        const [one, two] = worker.of("statistics");
        worker.say({
            kind: "saved",
            request: worker.of("save")[0]!.request,
            saved: { state: new Uint8Array(3), disk: [] },
        });
        worker.say({ kind: "statistics", request: two!.request, statistics: { ...statistics, instructions: 99 } });
        worker.say({ kind: "statistics", request: one!.request, statistics });
        expect((await first).instructions).toBe(1);
        expect((await second).instructions).toBe(99);
        expect((await saved).state).toHaveLength(3);
    });

    test("a request that fails rejects with a named error and leaves the machine running", async () => {
        const { machine, worker } = await runningMachine();
        const saved = machine.save();
        worker.say({ kind: "request-failed", request: worker.of("save")[0]!.request, error: wire("vm.save-failed") });
        await expect(saved).rejects.toMatchObject({ code: "vm.save-failed" });
        expect(machine.state.kind).toBe("running");
    });

    test("an unexpected answer is ignored", async () => {
        const { machine, worker } = await runningMachine();
        worker.say({ kind: "statistics", request: 999, statistics });
        worker.say({ kind: "port-accepted", port: 2, count: 5 });
        expect(machine.state.kind).toBe("running");
    });
});

describe("the end of a machine", () => {
    test("a thread that dies rejects every waiting caller and errors the ports", async () => {
        const { machine, worker } = await runningMachine();
        const port = machine.port(1);
        const waiting = [
            machine.statistics(),
            machine.save(),
            port.readable.getReader().read(),
            port.writable.getWriter().closed,
        ];
        const cause = new Error("unreachable executed");
        worker.die(cause);
        for (const promise of waiting) await expect(promise).rejects.toMatchObject({ code: "vm.worker-died", cause });
        expect(machine.state).toMatchObject({ kind: "failed", error: { code: "vm.worker-died" } });
        expect(worker.terminated).toBe(1);
    });

    test("a thread that dies while it starts rejects the start", async () => {
        const { machine, worker } = remoteMachine();
        const started = machine.start();
        worker.die(new Error("no such script"));
        await expect(started).rejects.toMatchObject({ code: "vm.worker-died" });
        await expect(machine.start()).rejects.toMatchObject({ code: "vm.worker-died" });
    });

    test("a thread that cannot be opened rejects the start", async () => {
        const machine = new RemoteMachine({ image: { base: "http://image.test/" } }, () => {
            throw new Error("blocked by the page's policy");
        });
        await expect(machine.start()).rejects.toMatchObject({
            code: "vm.worker-died",
            cause: { message: "blocked by the page's policy" },
        });
    });

    test("a failure reported by the thread keeps its name", async () => {
        const { machine, worker } = remoteMachine();
        const started = machine.start();
        worker.say({ kind: "failed", error: wire("image.wrong-format") });
        await expect(started).rejects.toMatchObject({ code: "image.wrong-format" });
        expect(machine.state).toMatchObject({ kind: "failed", error: { code: "image.wrong-format" } });
        expect(worker.terminated).toBe(1);
    });

    test("a thread that hangs: stop ends it, and everything that waits", async () => {
        const { machine, worker } = remoteMachine();
        const started = machine.start();
        const port = machine.port(1);
        const reading = port.readable.getReader().read();
        const stopped = machine.stop();
        await expect(started).rejects.toMatchObject({ code: "vm.stopped" });
        await expect(reading).rejects.toMatchObject({ code: "vm.stopped" });
        await stopped;
        expect(machine.state).toEqual({ kind: "stopped" });
        expect(worker.terminated).toBe(1);
    });

    test("stop is idempotent, and later calls are refused with a named error", async () => {
        const { machine, worker } = await runningMachine();
        await Promise.all([machine.stop(), machine.stop()]);
        await machine.stop();
        expect(worker.terminated).toBe(1);
        worker.die(new Error("exit 1")); // how terminating it looks from outside
        worker.say({ kind: "running", from: "cold" });
        expect(machine.state).toEqual({ kind: "stopped" });
        await expect(machine.statistics()).rejects.toMatchObject({ code: "vm.stopped" });
        await expect(machine.start()).rejects.toMatchObject({ code: "vm.stopped" });
        await expect(machine.port(3).readable.getReader().read()).rejects.toMatchObject({ code: "vm.stopped" });
    });

    test("aborting the start stops the machine", async () => {
        const { machine, worker } = remoteMachine();
        const abort = new AbortController();
        const started = machine.start(abort.signal);
        const reason = new Error("the student left");
        abort.abort(reason);
        await expect(started).rejects.toBe(reason);
        expect(machine.state).toEqual({ kind: "stopped" });
        expect(worker.terminated).toBe(1);
    });

    test("a signal aborted beforehand starts nothing", async () => {
        const { machine, opened } = remoteMachine();
        await expect(machine.start(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
        expect(opened()).toBe(0);
        expect(machine.state).toEqual({ kind: "off" });
    });

    test("a call to a machine that was never started is refused with a named error", async () => {
        const { machine } = remoteMachine();
        await expect(machine.statistics()).rejects.toMatchObject({ code: "vm.not-running" });
    });

    test.each([0, 63, 2048, 512.5, Number.NaN])("a machine of %s MB is refused by name", async memory => {
        const { machine, opened } = remoteMachine({ memory });
        await expect(machine.start()).rejects.toMatchObject({ code: "vm.memory-out-of-range" });
        expect(opened()).toBe(0);
    });

    test("the least memory is passed on, and refused by name where no machine can have it", async () => {
        const { machine, worker } = remoteMachine({ leastMemory: 768 });
        void machine.start().catch(() => undefined);
        expect(worker.of("start")).toMatchObject([{ options: { leastMemory: 768 } }]);
        await machine.stop();
        await expect(remoteMachine({ leastMemory: 4096 }).machine.start()).rejects.toMatchObject({
            code: "vm.memory-out-of-range",
        });
    });

    test("without WebAssembly the start fails at once, with advice", async () => {
        vi.stubGlobal("WebAssembly", undefined);
        const machine = createBrowserMachine({ image: { base: "http://image.test/" } });
        await expect(machine.start()).rejects.toMatchObject({
            code: "vm.no-webassembly",
            advice: expect.stringContaining("Chromium"),
        });
        expect(machine.state.kind).toBe("failed");
    });
});
