/**
 * Types for the parts of v86 0.5.462 that we use. Apart from its public interface (`V86`, its options and listeners)
 * these are internals, so the version is pinned and the patch step checks the hashes of what it patches.
 */
import type { Bytes } from "../base/bytes";

/** A disk that we provide. `get` may answer at once; v86 copies what it receives before the next call. */
export interface V86Disk {
    byteLength: number;
    onload: ((event: object) => void) | undefined;
    onprogress: ((event: object) => void) | undefined;
    load(): void;
    get(start: number, length: number, done: (bytes: Uint8Array) => void, options?: { signal?: AbortSignal }): void;
    get_and_cache(
        start: number,
        length: number,
        done: (bytes: Uint8Array) => void,
        options?: { signal?: AbortSignal },
    ): void;
    get_from_cache(start: number, length: number): Uint8Array | undefined;
    set(start: number, bytes: Uint8Array, done: () => void): void;
    get_buffer(done: (buffer?: ArrayBuffer) => void): void;
    get_state(): unknown[];
    set_state(state: unknown[]): void;
}

export interface V86Settings {
    wasm_fn: (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports>;
    memory_size: number;
    vga_memory_size: number;
    bios?: { buffer: ArrayBuffer };
    vga_bios?: { buffer: ArrayBuffer };
    bzimage?: { buffer: ArrayBuffer };
    cmdline?: string;
    hda: V86Disk;
    virtio_console: boolean;
    virtio_balloon: boolean;
    net_device: { type: "virtio"; mtu: number };
    preserve_mac_from_state_image: boolean;
    disable_keyboard: boolean;
    disable_mouse: boolean;
    disable_speaker: boolean;
    autostart: boolean;
}

/** One request of a virtio queue. */
export interface BufferChain {
    read_buffers: { addr_low: number; len: number }[];
}

export interface VirtQueue {
    avail_addr: number;
    has_request(): boolean;
    pop_request(): BufferChain;
}

export interface VirtioDevice {
    pci_id: number;
    isr_status: number;
    queues: VirtQueue[];
    lower_irq(): void;
}

export interface VirtioConsole {
    virtio: VirtioDevice;
    SendEvent(port: number, event: number, value: number): void;
    /** Returns a buffer to the guest. */
    Ack(queue: number, chain: BufferChain): void;
}

export interface V86Cpu {
    devices: {
        virtio_console: VirtioConsole;
        virtio_balloon?: { virtio: VirtioDevice };
        virtio_net?: { virtio: VirtioDevice };
        pci: { raise_irq(pciId: number): void };
    };
    mem8: Uint8Array;
    /** Low and high half. */
    current_tsc: Uint32Array;
    wasm_memory: WebAssembly.Memory;
    wm: { wasm_table: WebAssembly.Table; exports: WebAssembly.Exports };
    /** What compiled pages import. */
    jit_imports: WebAssembly.ModuleImports;
    instruction_counter: Uint32Array;
    last_result: Int32Array;
    fpu_status_word: Uint16Array;
    mxcsr: Int32Array;
    set_jit_config(index: number, value: number): void;
    zero_memory(start: number, length: number): void;
    /** The guest's memory for a state: the non-zero pages, and one bit for each page. */
    pack_memory(): { bitmap: { get_buffer(): Uint8Array }; packed_memory: Uint8Array };
    unpack_memory(bitmap: unknown, packed: Uint8Array): void;
    read_blob(address: number, length: number): Uint8Array;
    codegen_finalize(index: number, start: number, flags: number, pointer: number, length: number): void;
    codegen_finalize_finished(index: number, start: number, flags: number): void;
    /** Stores the counter in `current_tsc`. */
    store_current_tsc(): void;
    set_tsc(low: number, high: number): void;
    /** Drops all compiled pages. */
    jit_clear_cache(): void;
    jit_clear_func(index: number): void;
    jit_clear_all_funcs(): void;
    /** Restarts the guest with its BIOS. */
    reboot_internal(): void;
}

export interface V86Events {
    "emulator-loaded": undefined;
    /** The CPU waits for an interrupt while interrupts are off: Linux has halted. */
    "cpu-event-halt": undefined;
    "serial0-output-byte": number;
    "virtio-console1-output-bytes": Bytes;
    "virtio-console2-output-bytes": Bytes;
    "virtio-console3-output-bytes": Bytes;
}

export interface V86 {
    v86: {
        cpu: V86Cpu;
        /** The thread that `yield` uses in browsers. */
        worker: unknown;
        unregister_yield(): void;
        /** Calls `yield_callback` with `tick` after `milliseconds`, letting other events go first. */
        yield(milliseconds: number, tick: number): void;
        yield_callback(tick: number): void;
    };
    bus: { send(name: string, value: unknown): void };
    add_listener<Name extends keyof V86Events>(name: Name, listener: (value: V86Events[Name]) => void): void;
    run(): Promise<void>;
    stop(): Promise<void>;
    destroy(): Promise<void>;
    restore_state(state: ArrayBuffer): Promise<void>;
    save_state(): Promise<ArrayBuffer>;
}

export interface V86Module {
    V86: new (settings: V86Settings) => V86;
}
