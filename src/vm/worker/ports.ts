/**
 * The guest's raw virtio ports. v86 announces its four virtio ports as consoles, which move 16 bytes a call; without
 * the announcement, ports 1 to 3 become plain byte channels (/dev/vport*pN; found through /sys/class/virtio-ports, name
 * "virtio-N").
 *
 * Into the guest: at most 4,096 bytes a buffer, and only while the guest has provided one. Anything sent before a
 * program has opened the port is lost in the guest's kernel, so it waits here until the guest says "open". Out of the
 * guest: v86 takes each buffer at once and returns it with `Ack`. Holding the `Ack` while the page is behind blocks the
 * writing program in the guest: that is the only backpressure there is.
 */
import { concatBytes, type Bytes } from "../../base/bytes";
import { PORT_ACKNOWLEDGE, PORT_WINDOW, type PortNumber } from "../protocol";
import type { V86 } from "../v86";

/** Each of the guest's buffers is one page. */
const BUFFER_BYTES = 4096;

/** Control messages of virtio-console (virtio 1.2, 5.3.6.2). */
const EVENT_CONSOLE_PORT = 4;
const EVENT_PORT_OPEN = 6;
const CONTROL_FROM_GUEST = 3;

const inputQueue = (port: PortNumber) => 2 * port + 2;
const outputQueue = (port: PortNumber) => 2 * port + 3;

export interface PortListener {
    /** Bytes from the guest; the receiver owns them. */
    output(port: PortNumber, bytes: Bytes): void;
    /** `count` more of the bytes given to `input` are in the guest. */
    accepted(port: PortNumber, count: number): void;
}

export class RawPorts {
    #emulator: V86;
    #listener: PortListener;
    #ports: Record<PortNumber, PortState>;
    #pumpTimer: ReturnType<typeof setTimeout> | undefined;

    /**
     * Call it before the emulator runs. `open`: whether programs already have the ports open, as in a restored
     * snapshot.
     */
    constructor(emulator: V86, listener: PortListener, open: boolean) {
        this.#emulator = emulator;
        this.#listener = listener;
        this.#ports = { 1: new PortState(open), 2: new PortState(open), 3: new PortState(open) };
        this.#announceAsRaw();
        this.#watchOpening();
        this.#holdAcknowledgements();
        for (const port of [1, 2, 3] as const)
            emulator.add_listener(`virtio-console${port}-output-bytes`, bytes => this.#gather(port, bytes));
        // between two turns of the CPU the guest may have provided new buffers
        const turn = emulator.v86.yield_callback;
        emulator.v86.yield_callback = tick => {
            if (this.#pumpTimer) this.#pumpAll();
            turn.call(emulator.v86, tick);
        };
    }

    /** Queues bytes for the guest, in order. */
    input(port: PortNumber, bytes: Bytes): void {
        this.#ports[port].input.push(bytes);
        this.#pumpAll();
    }

    /** The page has consumed `count` more bytes of the guest's output. */
    consumed(port: PortNumber, count: number): void {
        const state = this.#ports[port];
        state.unconsumed -= count;
        if (state.unconsumed < PORT_WINDOW) this.#release(state);
    }

    /** Returns every held buffer: a saved state must not hold requests that only this page knows of. */
    releaseAll(): void {
        for (const port of [1, 2, 3] as const) this.#release(this.#ports[port]);
    }

    #announceAsRaw(): void {
        const console = this.#emulator.v86.cpu.devices.virtio_console;
        const send = console.SendEvent;
        console.SendEvent = (port, event, value) => {
            if (port > 0 && event === EVENT_CONSOLE_PORT) return;
            send.call(console, port, event, value);
        };
    }

    #watchOpening(): void {
        const cpu = this.#emulator.v86.cpu;
        const control = cpu.devices.virtio_console.virtio.queues[CONTROL_FROM_GUEST]!;
        const pop = control.pop_request;
        control.pop_request = () => {
            const chain = pop.call(control);
            const message = chain.read_buffers[0];
            if (message && message.len >= 8) {
                const bytes = cpu.read_blob(message.addr_low, 8).slice();
                const view = new DataView(bytes.buffer);
                this.#onControl(view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true));
            }
            return chain;
        };
    }

    #onControl(port: number, event: number, value: number): void {
        if (event !== EVENT_PORT_OPEN || !isPort(port)) return;
        this.#ports[port].open = value === 1;
        this.#schedule();
    }

    #holdAcknowledgements(): void {
        const console = this.#emulator.v86.cpu.devices.virtio_console;
        const acknowledge = console.Ack;
        const states = new Map(([1, 2, 3] as const).map(port => [outputQueue(port), this.#ports[port]]));
        console.Ack = (queue, chain) => {
            const state = states.get(queue);
            const give = () => acknowledge.call(console, queue, chain);
            if (state && state.unconsumed >= PORT_WINDOW) state.held.push(give);
            else give();
        };
    }

    #release(state: PortState): void {
        for (const give of state.held.splice(0)) give();
    }

    /** Everything that one turn of the CPU outputs is sent as one message. */
    #gather(port: PortNumber, bytes: Bytes): void {
        if (bytes.byteLength === 0) return;
        const state = this.#ports[port];
        state.unconsumed += bytes.byteLength;
        if (state.output.push(bytes) > 1) return;
        queueMicrotask(() => {
            const parts = state.output.splice(0);
            this.#listener.output(port, parts.length === 1 ? parts[0]! : concatBytes(parts));
        });
    }

    #pumpAll(): void {
        let waiting = false;
        for (const port of [1, 2, 3] as const) waiting = this.#pump(port) || waiting;
        clearTimeout(this.#pumpTimer);
        this.#pumpTimer = undefined;
        if (waiting) this.#schedule();
    }

    /** The turns of the CPU do the pumping; the timer is for an idle guest. */
    #schedule(): void {
        this.#pumpTimer ??= setTimeout(() => this.#pumpAll(), 5);
    }

    /** True if bytes are left that the guest has no buffer for yet. */
    #pump(port: PortNumber): boolean {
        const state = this.#ports[port];
        if (state.input.length === 0) return false;
        if (!state.open) return false; // starts again when the guest says "open"
        const queue = this.#emulator.v86.cpu.devices.virtio_console.virtio.queues[inputQueue(port)]!;
        while (state.input.length > 0 && queue.avail_addr !== 0 && queue.has_request()) {
            const bytes = state.take(BUFFER_BYTES);
            this.#emulator.bus.send(`virtio-console${port}-input-bytes`, bytes);
            state.accepted += bytes.byteLength;
        }
        if (state.accepted >= PORT_ACKNOWLEDGE) {
            this.#listener.accepted(port, state.accepted);
            state.accepted = 0;
        }
        return state.input.length > 0;
    }
}

class PortState {
    /** For the guest, but not there yet. */
    readonly input: Bytes[] = [];
    /** In the guest, but not yet reported to the page. */
    accepted = 0;
    /** From the guest, gathered in this turn. */
    readonly output: Bytes[] = [];
    /** Sent to the page, but not yet consumed by it. */
    unconsumed = 0;
    /** Buffers of the guest that are waiting for the page. */
    readonly held: (() => void)[] = [];

    constructor(public open: boolean) {}

    /** The next bytes of the queue, at most `limit`. */
    take(limit: number): Bytes {
        const parts: Bytes[] = [];
        for (let room = limit; room > 0 && this.input.length > 0;) {
            const first = this.input[0]!;
            const part = first.subarray(0, room);
            if (part.byteLength === first.byteLength) this.input.shift();
            else this.input[0] = first.subarray(part.byteLength);
            parts.push(part);
            room -= part.byteLength;
        }
        return parts.length === 1 ? parts[0]! : concatBytes(parts);
    }
}

function isPort(port: number): port is PortNumber {
    return port >= 1 && port <= 3;
}
