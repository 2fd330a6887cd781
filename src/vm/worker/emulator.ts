/** One v86, set up the way the snapshots expect it: the same devices always, since a state restores only into the same set. */
import type { Bytes } from "../../base/bytes";
import type { DrydockError } from "../../base/errors";
import { guestEnded, noMemory } from "../errors";
import { keepSharedInterrupts } from "./interrupts";
import { InstructionCounter, SAMPLE_MILLISECONDS } from "./instruction-counter";
import { RawPorts, type PortListener } from "./ports";
import { takeTurnsInThread } from "./turns";
import type { V86, V86Disk, V86Module, V86Settings } from "./v86";

/** Guest pages in a compiled module. With one a first `docker run` takes 5.8 s, with two 8 s, with v86's three 9.6 s. */
const PAGES_PER_MODULE = 1;
const JIT_CONFIG_MAX_PAGES = 1;

const MEGABYTE = 1 << 20;

/** v86 writes nothing beyond this before a state is restored. */
const TOUCHED_AT_START = MEGABYTE;

/** What a cold boot needs and a restored state brings along. */
export interface BootFiles {
    bios: Bytes;
    vgaBios: Bytes;
    kernel: Bytes;
    commandLine: string;
}

export interface EmulatorOptions {
    module: V86Module;
    wasm: WebAssembly.Module;
    /** MB */
    memory: number;
    disk: V86Disk;
    boot?: BootFiles;
    /** Set when a snapshot will be restored: its programs have the ports open. */
    portsOpen: boolean;
    ports: PortListener;
    onSerialByte: (byte: number) => void;
    /** The guest has ended by itself. It does not come up again: a restored machine has no BIOS to start from. */
    onEnd: (error: DrydockError) => void;
    /** Rejects when v86 throws outside of any call of ours. */
    crashed: Promise<never>;
}

export class Emulator {
    readonly ports: RawPorts;
    readonly #emulator: V86;
    readonly #compiled = new Set<number>();
    readonly #instructions: InstructionCounter;
    readonly #sampler: ReturnType<typeof setInterval>;

    /** Resolves when the devices are there; the CPU does not run yet. Rejects with "vm.no-memory". */
    static async create(options: EmulatorOptions): Promise<Emulator> {
        const emulator = new options.module.V86(settingsOf(options));
        const loaded = new Promise<void>(resolve => emulator.add_listener("emulator-loaded", () => resolve()));
        try {
            await Promise.race([loaded, options.crashed]);
        } catch (thrown) {
            throw thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError ? noMemory(options.memory, thrown) : thrown;
        }
        if (!hasMemory(emulator)) throw noMemory(options.memory);
        return new Emulator(emulator, options);
    }

    private constructor(emulator: V86, options: EmulatorOptions) {
        this.#emulator = emulator;
        const cpu = emulator.v86.cpu;
        cpu.set_jit_config(JIT_CONFIG_MAX_PAGES, PAGES_PER_MODULE);
        emulator.add_listener("serial0-output-byte", options.onSerialByte);
        emulator.add_listener("cpu-event-halt", () => options.onEnd(guestEnded("switched off")));
        cpu.reboot_internal = () => options.onEnd(guestEnded("restarted"));
        this.ports = new RawPorts(emulator, options.ports, options.portsOpen);
        keepSharedInterrupts(emulator);
        takeTurnsInThread(emulator);
        this.#countModules();
        this.#instructions = new InstructionCounter(() => cpu.instruction_counter[0]! >>> 0);
        this.#sampler = setInterval(() => this.#instructions.sample(), SAMPLE_MILLISECONDS);
    }

    /** Once, before the first `run`. `state` as v86 saved it, uncompressed, alone in its buffer. */
    async restore(state: Bytes): Promise<void> {
        const cpu = this.#emulator.v86.cpu;
        // v86 clears all of the guest's memory first. New memory is zero already, and touching it makes the host provide
        // every page: 0.3 to 0.8 s and several hundred MB for nothing.
        const clear = cpu.zero_memory;
        cpu.zero_memory = (start, length) => clear.call(cpu, start, Math.min(length, Math.max(0, TOUCHED_AT_START - start)));
        // v86 replaces these three views of its memory by copies out of the state, and the CPU never sees them: put the
        // values into memory and the views back. Until v86 writes through them itself.
        const { last_result, fpu_status_word, mxcsr } = cpu;
        await this.#emulator.restore_state(state.buffer);
        cpu.zero_memory = clear;
        last_result[0] = cpu.last_result[0]!;
        fpu_status_word[0] = cpu.fpu_status_word[0]!;
        mxcsr[0] = cpu.mxcsr[0]!;
        Object.assign(cpu, { last_result, fpu_status_word, mxcsr });
    }

    async run(): Promise<void> {
        await this.#emulator.run();
    }

    /** Resolves when the CPU stands still. */
    async pause(): Promise<void> {
        await this.#emulator.stop();
    }

    /** v86's own format, uncompressed. The CPU must stand still and no disk read be under way. */
    async save(): Promise<Bytes> {
        this.ports.releaseAll();
        return new Uint8Array(await this.#emulator.save_state());
    }

    get instructions(): number {
        return this.#instructions.sample();
    }

    get compiledModules(): number {
        return this.#compiled.size;
    }

    async destroy(): Promise<void> {
        clearInterval(this.#sampler);
        await this.#emulator.destroy();
    }

    #countModules(): void {
        const cpu = this.#emulator.v86.cpu;
        const { codegen_finalize, jit_clear_func, jit_clear_all_funcs } = cpu;
        cpu.codegen_finalize = (index, ...rest) => {
            this.#compiled.add(index);
            codegen_finalize.call(cpu, index, ...rest);
        };
        cpu.jit_clear_func = index => {
            this.#compiled.delete(index);
            jit_clear_func.call(cpu, index);
        };
        cpu.jit_clear_all_funcs = () => {
            this.#compiled.clear();
            jit_clear_all_funcs.call(cpu);
        };
    }
}

function settingsOf({ wasm, memory, disk, boot }: EmulatorOptions): V86Settings {
    return {
        wasm_fn: async imports => (await WebAssembly.instantiate(wasm, imports)).exports,
        memory_size: memory * MEGABYTE,
        vga_memory_size: 2 * MEGABYTE,
        ...(boot && { bios: { buffer: boot.bios.buffer }, vga_bios: { buffer: boot.vgaBios.buffer }, bzimage: { buffer: boot.kernel.buffer }, cmdline: boot.commandLine }),
        hda: disk,
        virtio_console: true,
        virtio_balloon: true,
        net_device: { type: "virtio", mtu: 1500 },
        preserve_mac_from_state_image: true,
        disable_keyboard: true,
        disable_mouse: true,
        disable_speaker: true,
        autostart: false,
    };
}

/** v86 does not look whether it got its memory: the guest's then lies at address 0, or past the end. */
function hasMemory(emulator: V86): boolean {
    try {
        return emulator.v86.cpu.mem8.byteOffset > 0;
    } catch (thrown) {
        if (thrown instanceof RangeError) return false;
        throw thrown;
    }
}
