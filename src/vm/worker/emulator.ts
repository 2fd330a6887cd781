/**
 * One v86, set up the way the snapshots expect it: always with the same devices, since a state restores only into the
 * same set.
 */
import type { Bytes } from "../../base/bytes";
import type { DrydockError } from "../../base/errors";
import { useBallast } from "../image/ballast";
import { mergeModules, tableIndexOf } from "../image/compiled-code";
import { guestEnded, noMemory } from "../errors";
import type { SavedCode } from "../machine";
import { packState, type SavedState } from "../image/saved-state";
import { keepSharedInterrupts } from "./interrupts";
import { InstructionCounter, SAMPLE_MILLISECONDS } from "./instruction-counter";
import { RawPorts, type PortListener } from "./ports";
import { takeTurnsInThread } from "./turns";
import type { V86, V86Disk, V86Module, V86Settings } from "../v86";

/**
 * Guest pages in one compiled module. With one page, a first `docker run` takes 5.8 s; with two, 8 s; with v86's three,
 * 9.6 s.
 */
const PAGES_PER_MODULE = 1;
/** The parameters of `set_jit_config`. */
const JIT_CONFIG = { disabled: 0, maxPages: 1 };

const MEGABYTE = 1 << 20;

/** The first entry for compiled pages in v86's function table. */
const FIRST_SLOT = 1024;

const NOTHING = new Uint8Array(0);

/** Until a state is restored, v86 writes nothing beyond this address. */
const TOUCHED_AT_START = MEGABYTE;

/** What a cold boot needs; a restored state already contains it. */
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
    /** Set if a snapshot will be restored: its programs already have the ports open. */
    portsOpen: boolean;
    /** Whether `saveCode` will be asked for. */
    keepCode?: boolean;
    ports: PortListener;
    onSerialByte: (byte: number) => void;
    /** The guest has shut itself down. It cannot start again: a restored machine has no BIOS to boot from. */
    onEnd: (error: DrydockError) => void;
    /** Rejects if v86 throws outside of any call that we make. */
    crashed: Promise<never>;
}

export class Emulator {
    readonly ports: RawPorts;
    readonly #emulator: V86;
    /** Table entries in use, with their modules if these are kept. */
    readonly #compiled = new Map<number, Uint8Array>();
    readonly #keepsCode: boolean;
    /** How many pages are being compiled. */
    #compiling = 0;
    readonly #instructions: InstructionCounter;
    readonly #sampler: ReturnType<typeof setInterval>;
    #held: ReturnType<typeof setTimeout> | undefined;

    /** Resolves when the devices exist; the CPU is not running yet. Rejects with "vm.no-memory". */
    static async create(options: EmulatorOptions): Promise<Emulator> {
        const emulator = new options.module.V86(settingsOf(options));
        const loaded = new Promise<void>(resolve => emulator.add_listener("emulator-loaded", () => resolve()));
        try {
            await Promise.race([loaded, options.crashed]);
        } catch (thrown) {
            throw thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError
                ? noMemory(options.memory, thrown)
                : thrown;
        }
        if (!hasMemory(emulator)) throw noMemory(options.memory);
        return new Emulator(emulator, options);
    }

    private constructor(emulator: V86, options: EmulatorOptions) {
        this.#emulator = emulator;
        this.#keepsCode = options.keepCode ?? false;
        const cpu = emulator.v86.cpu;
        cpu.set_jit_config(JIT_CONFIG.maxPages, PAGES_PER_MODULE);
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

    /** Call it once, before the first `run`. */
    async restore(saved: SavedState): Promise<void> {
        const cpu = this.#emulator.v86.cpu;
        const { unpack_memory } = cpu;
        cpu.unpack_memory = () => {
            // New memory is already zero. v86 would clear all of it, and the host would have to provide every page.
            cpu.zero_memory(0, TOUCHED_AT_START);
            saved.placeGuest(cpu.mem8);
        };
        // v86 replaces these three views of its memory with copies from the state, which the CPU never sees. So write
        // the values into memory and put the views back. Remove this once v86 writes through the views itself.
        const { last_result, fpu_status_word, mxcsr } = cpu;
        await this.#emulator.restore_state(saved.devices.buffer);
        cpu.unpack_memory = unpack_memory;
        last_result[0] = cpu.last_result[0]!;
        fpu_status_word[0] = cpu.fpu_status_word[0]!;
        mxcsr[0] = cpu.mxcsr[0]!;
        Object.assign(cpu, { last_result, fpu_status_word, mxcsr });
    }

    async run(): Promise<void> {
        await this.#emulator.run();
    }

    /** Resolves when the CPU has stopped. */
    async pause(): Promise<void> {
        await this.#emulator.stop();
    }

    /**
     * Returns what `restore` takes, uncompressed, and what `prepareCode` takes if code is kept. The CPU must be stopped
     * and no disk read may be under way.
     */
    async save(): Promise<{ state: Bytes; code?: SavedCode }> {
        this.ports.releaseAll();
        const cpu = this.#emulator.v86.cpu;
        const { pack_memory } = cpu;
        cpu.pack_memory = () => ({ bitmap: { get_buffer: () => NOTHING }, packed_memory: NOTHING }); // the memory is stored separately
        const devices = new Uint8Array(await this.#emulator.save_state());
        cpu.pack_memory = pack_memory;
        cpu.store_current_tsc();
        const { byteOffset: guestAt, byteLength: bytes } = cpu.mem8;
        const state = packState(
            devices,
            { all: new Uint8Array(cpu.wasm_memory.buffer), guest: { at: guestAt, bytes } },
            this.#keepsCode,
        );
        if (!this.#keepsCode) return { state };
        return {
            state,
            code: { modules: mergeModules(this.#compiled), guestAt, clock: [cpu.current_tsc[0]!, cpu.current_tsc[1]!] },
        };
    }

    get instructions(): number {
        return this.#instructions.sample();
    }

    get compiledModules(): number {
        return this.#compiled.size;
    }

    /** Whether a page is being compiled; until that is done, code cannot be saved. */
    get isCompiling(): boolean {
        return this.#compiling > 0;
    }

    /**
     * Compiles no page for this many milliseconds; pages that are already compiled run. Call it after the restore,
     * which resets the setting.
     */
    compileAfter(milliseconds: number): void {
        const cpu = this.#emulator.v86.cpu;
        cpu.set_jit_config(JIT_CONFIG.disabled, 1);
        this.#held = setTimeout(() => cpu.set_jit_config(JIT_CONFIG.disabled, 0), milliseconds);
    }

    /**
     * Makes the browser cache what it has optimised of the emulator itself, for the next visit. `ballast`: a number
     * below `BALLASTS`; use each once.
     */
    keepOptimised(ballast: number): void {
        useBallast(this.#emulator.v86.cpu.wm.exports, ballast);
    }

    /** Whatever is hot afterwards is compiled again. */
    forgetCode(): void {
        this.#emulator.v86.cpu.jit_clear_cache();
    }

    /**
     * For a state that is about to be restored: `modules` are compiled from those that were saved with it. Resolves to
     * a function that puts them in place; call it after `restore` and before `run`. Until then nothing changes. Rejects
     * if they do not fit this emulator.
     */
    async prepareCode(
        { guestAt, clock }: Omit<SavedCode, "modules">,
        modules: readonly WebAssembly.Module[],
    ): Promise<(saved: Pick<SavedState, "placeOwn">) => void> {
        const cpu = this.#emulator.v86.cpu;
        const { byteOffset, byteLength } = cpu.mem8;
        if (byteOffset !== guestAt)
            throw new Error(`the guest's memory is at ${byteOffset}, but at ${guestAt} in the snapshot`);
        const instances = await Promise.all(
            modules.map(module => WebAssembly.instantiate(module, { e: cpu.jit_imports })),
        );
        const functions = instances
            .flatMap(({ exports }) => Object.entries(exports))
            .map(([name, code]) => [tableIndexOf(name), code] as const);
        const most = cpu.wm.wasm_table.length - FIRST_SLOT;
        const beyond = functions.find(([index]) => index >= most);
        if (beyond) throw new Error(`a compiled page for entry ${beyond[0]} of a table of ${most}`);
        return saved => {
            const instructions = cpu.instruction_counter[0]!;
            saved.placeOwn(cpu.wasm_memory, { at: guestAt, bytes: byteLength });
            cpu.instruction_counter[0] = instructions;
            for (const [index, code] of functions) {
                cpu.wm.wasm_table.set(FIRST_SLOT + index, code);
                this.#compiled.set(index, NOTHING);
            }
            // v86 counts from a reading with an offset that was in the memory as well: set_tsc(x) gives x plus what it
            // reads now
            cpu.store_current_tsc();
            const elapsed = BigInt(Math.floor(performance.now() * 1e6));
            const [low, high] = split(join(clock) - elapsed + join([cpu.current_tsc[0]!, cpu.current_tsc[1]!]));
            cpu.set_tsc(low, high);
        };
    }

    async destroy(): Promise<void> {
        clearInterval(this.#sampler);
        clearTimeout(this.#held);
        await this.#emulator.destroy();
    }

    #countModules(): void {
        const cpu = this.#emulator.v86.cpu;
        const { codegen_finalize, codegen_finalize_finished, jit_clear_func, jit_clear_all_funcs } = cpu;
        cpu.codegen_finalize = (index, start, flags, pointer, length) => {
            this.#compiled.set(
                index,
                this.#keepsCode ? new Uint8Array(cpu.wasm_memory.buffer, pointer >>> 0, length >>> 0).slice() : NOTHING,
            );
            this.#compiling++;
            codegen_finalize.call(cpu, index, start, flags, pointer, length);
        };
        cpu.codegen_finalize_finished = (...compiled) => {
            this.#compiling--;
            codegen_finalize_finished.apply(cpu, compiled);
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
        ...(boot && {
            bios: { buffer: boot.bios.buffer },
            vga_bios: { buffer: boot.vgaBios.buffer },
            bzimage: { buffer: boot.kernel.buffer },
            cmdline: boot.commandLine,
        }),
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

/** v86 does not check whether it got its memory: if not, the guest's lies at address 0, or past the end. */
function hasMemory(emulator: V86): boolean {
    try {
        return emulator.v86.cpu.mem8.byteOffset > 0;
    } catch (thrown) {
        if (thrown instanceof RangeError) return false;
        throw thrown;
    }
}

/** Low and high half of a 64-bit counter, as v86 stores it. */
type Halves = [low: number, high: number];

const join = ([low, high]: Halves): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

const split = (value: bigint): Halves => [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
