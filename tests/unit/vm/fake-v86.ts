/** The part of v86 that the emulator uses: its virtio console with queues that the test fills, and its memory. */
import type { Bytes } from "../../../src/base/bytes";
import type {
    BufferChain,
    V86,
    V86Cpu,
    V86Events,
    V86Module,
    V86Settings,
    VirtioConsole,
    VirtioDevice,
    VirtQueue,
} from "../../../src/vm/v86";

export class FakeQueue implements VirtQueue {
    avail_addr = 0x1000;
    /** Buffers that the guest has provided. */
    available = 0;
    chains: BufferChain[] = [];

    has_request(): boolean {
        return this.available > 0 || this.chains.length > 0;
    }

    pop_request(): BufferChain {
        return this.chains.shift() ?? { read_buffers: [] };
    }
}

export class FakeDevice implements VirtioDevice {
    isr_status = 0;
    queues = Array.from({ length: 10 }, () => new FakeQueue());
    constructor(readonly pci_id: number) {}

    lower_irq(): void {
        this.isr_status = 0;
    }
}

/** The guest's memory within the emulator's. */
export const GUEST_AT = 4096;
export const GUEST_BYTES = 8192;

export class FakeV86 implements V86 {
    static made: FakeV86[] = [];
    readonly console: VirtioConsole & { events: number[][]; acknowledged: number[] };
    readonly raised: number[] = [];
    /** What went into the guest, by port. */
    readonly input = new Map<string, Uint8Array[]>();
    readonly cleared: [number, number][] = [];
    readonly devices = [new FakeDevice(0x60), new FakeDevice(0x40), new FakeDevice(0x38)];
    restored: ArrayBuffer | undefined;
    running = false;
    /** Time stamp counter, low and high half; it stands still. */
    tsc: [number, number] = [0, 0];
    /** What `set_jit_config` has set. */
    readonly jitConfig = new Map<number, number>();
    turns = 0;
    mem8Offset = GUEST_AT;
    v86: V86["v86"];
    bus = {
        send: (name: string, value: unknown) => {
            const port = Number(/^virtio-console(\d)-input-bytes$/.exec(name)![1]);
            this.queue(2 * port + 2).available--;
            this.input.set(name, [...(this.input.get(name) ?? []), Uint8Array.from(value as Uint8Array)]);
        },
    };
    #listeners = new Map<string, ((value: never) => void)[]>();
    #memory = new Map<number, Uint8Array>();

    constructor(readonly settings: V86Settings) {
        FakeV86.made.push(this);
        const [console, balloon, net] = this.devices as [FakeDevice, FakeDevice, FakeDevice];
        this.console = {
            virtio: console,
            events: [],
            acknowledged: [],
            SendEvent(port, event, value) {
                this.events.push([port, event, value]);
            },
            Ack(queue) {
                this.acknowledged.push(queue);
            },
        };
        const memory = new WebAssembly.Memory({ initial: 1 });
        const cpu: V86Cpu = {
            devices: {
                virtio_console: this.console,
                virtio_balloon: { virtio: balloon },
                virtio_net: { virtio: net },
                pci: { raise_irq: id => void this.raised.push(id) },
            },
            mem8: this.#guest(memory),
            instruction_counter: new Uint32Array(1),
            last_result: new Int32Array(1),
            fpu_status_word: new Uint16Array(1),
            mxcsr: new Int32Array(1),
            current_tsc: new Uint32Array(2),
            wasm_memory: memory,
            wm: { wasm_table: new WebAssembly.Table({ element: "anyfunc", initial: 1040 }), exports: {} },
            jit_imports: {},
            set_jit_config: (index, value) => void this.jitConfig.set(index, value),
            zero_memory: (start, length) => void this.cleared.push([start, length]),
            pack_memory: () => ({
                bitmap: { get_buffer: () => new Uint8Array(1) },
                packed_memory: this.v86.cpu.mem8.slice(),
            }),
            unpack_memory: (_bitmap, packed) => this.v86.cpu.mem8.set(packed),
            read_blob: (address, length) => this.#memory.get(address)!.subarray(0, length),
            codegen_finalize: () => undefined,
            codegen_finalize_finished: () => undefined,
            store_current_tsc: () => void this.v86.cpu.current_tsc.set(this.tsc),
            set_tsc: (low, high) => void (this.tsc = [low >>> 0, high >>> 0]),
            jit_clear_cache: () => this.v86.cpu.jit_clear_all_funcs(),
            jit_clear_func: () => undefined,
            jit_clear_all_funcs: () => undefined,
            reboot_internal: () => undefined,
        };
        this.v86 = {
            cpu,
            worker: null,
            unregister_yield: () => undefined,
            yield: () => undefined,
            yield_callback: () => void this.turns++,
        };
        queueMicrotask(() => this.emit("emulator-loaded", undefined));
    }

    queue(index: number): FakeQueue {
        return (this.console.virtio as FakeDevice).queues[index]!;
    }

    /** The guest's driver says that a program has opened or closed a port. */
    guestOpens(port: number, open: boolean): void {
        const message = new Uint8Array(8);
        const view = new DataView(message.buffer);
        view.setUint32(0, port, true);
        view.setUint16(4, 6, true);
        view.setUint16(6, open ? 1 : 0, true);
        this.#memory.set(0x5000, message);
        this.queue(3).chains.push({ read_buffers: [{ addr_low: 0x5000, len: 8 }] });
        this.queue(3).pop_request();
    }

    /** The guest writes to a port, in the form in which v86 passes it on. */
    guestWrites(port: 1 | 2 | 3, bytes: Bytes): void {
        this.emit(`virtio-console${port}-output-bytes`, bytes);
        this.console.Ack(2 * port + 3, { read_buffers: [] });
    }

    /** The text that went into the guest at `port`. */
    received(port: number): string {
        return Buffer.concat(this.input.get(`virtio-console${port}-input-bytes`) ?? []).toString("latin1");
    }

    add_listener<Name extends keyof V86Events>(name: Name, listener: (value: V86Events[Name]) => void): void {
        this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener as (value: never) => void]);
    }

    emit<Name extends keyof V86Events>(name: Name, value: V86Events[Name]): void {
        for (const listener of this.#listeners.get(name) ?? []) listener(value as never);
    }

    async run(): Promise<void> {
        this.running = true;
    }

    async stop(): Promise<void> {
        this.running = false;
    }

    async destroy(): Promise<void> {
        this.running = false;
    }

    async restore_state(state: ArrayBuffer): Promise<void> {
        const cpu = this.v86.cpu;
        this.restored = state;
        cpu.unpack_memory(undefined, new Uint8Array(0));
        // as 0.5.462 does: copies from the state in place of the views
        Object.assign(cpu, {
            last_result: new Int32Array([11]),
            fpu_status_word: new Uint16Array([22]),
            mxcsr: new Int32Array([33]),
        });
    }

    /** Its devices, and as much of the memory as the machine leaves to it. */
    async save_state(): Promise<ArrayBuffer> {
        return Uint8Array.from([1, 2, 3, ...this.v86.cpu.pack_memory().packed_memory]).buffer;
    }

    #guest(memory: WebAssembly.Memory): Uint8Array {
        return Object.defineProperty(new Uint8Array(memory.buffer, GUEST_AT, GUEST_BYTES), "byteOffset", {
            get: () => {
                if (this.mem8Offset < 0) throw new RangeError("Invalid typed array length");
                return this.mem8Offset;
            },
        });
    }
}

export const fakeModule: V86Module = { V86: FakeV86 };
