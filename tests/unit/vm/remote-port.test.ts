import { describe, expect, test, vi } from "vitest";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { PORT_ACKNOWLEDGE, PORT_WINDOW } from "../../../src/vm/protocol";
import { remoteMachine, runningMachine, type FakeWorker } from "./fake-worker";

const sent = (worker: FakeWorker) => worker.of("port-input").reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
const acknowledged = (worker: FakeWorker) => worker.of("port-consumed").reduce((sum, { count }) => sum + count, 0);
const block = (length: number, value = 1): Bytes => new Uint8Array(length).fill(value);

describe("port", () => {
    test("is one duplex for the machine's life", async () => {
        const { machine } = await runningMachine();
        expect(machine.port(1)).toBe(machine.port(1));
        expect(machine.port(1)).not.toBe(machine.port(2));
    });

    test("keeps what is written before the start", async () => {
        const { machine, worker } = remoteMachine();
        await machine.port(1).writable.getWriter().write(encodeText("hello"));
        void machine.start().catch(() => undefined);
        expect(worker.received.map(({ kind }) => kind)).toEqual(["start", "port-input"]);
    });

    test("writes in order, in copies", async () => {
        const { machine, worker } = await runningMachine();
        const writer = machine.port(2).writable.getWriter();
        const bytes = encodeText("one");
        await writer.write(bytes);
        bytes.fill(0);
        await writer.write(encodeText("two"));
        expect(worker.of("port-input").map(({ port, bytes }) => [port, Buffer.from(bytes).toString()])).toEqual([
            [2, "one"],
            [2, "two"],
        ]);
    });

    test("leaves the pool of a Node Buffer alone", async () => {
        const { machine } = await runningMachine();
        const bytes = Buffer.from("small, from the pool");
        await machine
            .port(1)
            .writable.getWriter()
            .write(bytes as Bytes);
        expect(bytes.toString()).toBe("small, from the pool");
    });

    test("a writer waits at the window, and goes on as the guest takes", async () => {
        const { machine, worker } = await runningMachine();
        const writer = machine.port(1).writable.getWriter();
        const writing = writer.write(block(3 * PORT_WINDOW));
        await vi.waitFor(() => expect(sent(worker)).toBe(PORT_WINDOW));
        worker.say({ kind: "port-accepted", port: 1, count: PORT_ACKNOWLEDGE });
        await vi.waitFor(() => expect(sent(worker)).toBe(PORT_WINDOW + PORT_ACKNOWLEDGE));
        const taking = setInterval(() => worker.say({ kind: "port-accepted", port: 1, count: PORT_ACKNOWLEDGE }), 1);
        await writing;
        clearInterval(taking);
        expect(sent(worker)).toBe(3 * PORT_WINDOW);
    });

    test("what nobody reads is not acknowledged; what is read, is", async () => {
        const { machine, worker } = await runningMachine();
        const port = machine.port(1);
        for (let at = 0; at < PORT_WINDOW; at += 32768)
            worker.say({ kind: "port-output", port: 1, bytes: block(32768) });
        expect(acknowledged(worker)).toBe(0);
        const reader = port.readable.getReader();
        let read = 0;
        while (read < PORT_WINDOW) read += (await reader.read()).value!.byteLength;
        expect(read).toBe(PORT_WINDOW);
        expect(acknowledged(worker)).toBe(PORT_WINDOW);
    });

    test("a reader that has left does not block the guest", async () => {
        const { machine, worker } = await runningMachine();
        const port = machine.port(1);
        worker.say({ kind: "port-output", port: 1, bytes: block(PORT_ACKNOWLEDGE) });
        await port.readable.cancel();
        worker.say({ kind: "port-output", port: 1, bytes: block(PORT_ACKNOWLEDGE) });
        expect(acknowledged(worker)).toBe(2 * PORT_ACKNOWLEDGE);
    });

    test("output that comes before anybody asked for the port is kept", async () => {
        const { machine, worker } = await runningMachine();
        worker.say({ kind: "port-output", port: 3, bytes: encodeText("early") });
        expect((await machine.port(3).readable.getReader().read()).value).toEqual(encodeText("early"));
    });

    test("a writer waiting at the window is told that the machine has ended", async () => {
        const { machine, worker } = await runningMachine();
        const writer = machine.port(1).writable.getWriter();
        const writing = writer.write(block(2 * PORT_WINDOW));
        await vi.waitFor(() => expect(sent(worker)).toBe(PORT_WINDOW));
        await machine.stop();
        await expect(writing).rejects.toMatchObject({ code: "vm.stopped" });
        await expect(writer.write(block(1))).rejects.toMatchObject({ code: "vm.stopped" });
    });
});
