import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { encodeText, type Bytes } from "../../../src/base/bytes";
import { mergeModules } from "../../../src/vm/image/compiled-code";
import { readPieces, SavedState } from "../../../src/vm/image/saved-state";
import { PORT_WINDOW, type PortNumber } from "../../../src/vm/protocol";
import { Emulator, type EmulatorOptions } from "../../../src/vm/worker/emulator";
import type { V86Settings } from "../../../src/vm/v86";
import { FakeV86, fakeModule, GUEST_AT, GUEST_BYTES, type FakeDevice } from "./fake-v86";
import { pageModule } from "./page-module";

const emptyModule = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
const opened: Emulator[] = [];

async function open(options: Partial<EmulatorOptions> = {}) {
    const output: [PortNumber, string][] = [];
    const accepted: [PortNumber, number][] = [];
    const onEnd = vi.fn();
    const emulator = await Emulator.create({
        module: fakeModule,
        wasm: emptyModule,
        memory: 512,
        disk: {} as EmulatorOptions["disk"],
        portsOpen: true,
        ports: {
            output: (port, bytes) => output.push([port, Buffer.from(bytes).toString("latin1")]),
            accepted: (port, count) => accepted.push([port, count]),
        },
        onSerialByte: () => undefined,
        onEnd,
        crashed: new Promise<never>(() => undefined),
        ...options,
    });
    opened.push(emulator);
    return { emulator, v86: FakeV86.made.at(-1)!, output, accepted, onEnd };
}

/** From a machine with something in its guest's second page. */
async function savedState(): Promise<SavedState> {
    const { emulator, v86 } = await open();
    v86.v86.cpu.mem8.set([4, 5, 6], 4096);
    return new SavedState(readPieces([(await emulator.save()).state]));
}

beforeEach(() => void (FakeV86.made = []));
afterEach(async () => {
    for (const emulator of opened.splice(0)) await emulator.destroy();
});

describe("emulator", () => {
    test("a restored machine gets no BIOS and no kernel, and always the same devices", async () => {
        const { v86 } = await open();
        expect(v86.settings).toMatchObject({
            memory_size: 512 << 20,
            virtio_console: true,
            virtio_balloon: true,
            net_device: { type: "virtio" },
        });
        expect(v86.settings.bios).toBeUndefined();
        expect(v86.settings.bzimage).toBeUndefined();
    });

    test.each([
        ["lies at address 0", 0],
        ["has no room", -1],
    ])("guest memory that %s is told by name", async (_name, offset) => {
        const module = {
            V86: class extends FakeV86 {
                override mem8Offset = offset;
            },
        };
        await expect(open({ module })).rejects.toMatchObject({
            code: "vm.no-memory",
            message: expect.stringContaining("512"),
        });
    });

    test("an emulator that runs out of memory during its creation is a named error", async () => {
        const module = {
            V86: class extends FakeV86 {
                override emit(): void {
                    /* never loaded */
                }
            },
        };
        await expect(
            open({ module, crashed: Promise.reject(new RangeError("WebAssembly.Memory.grow(): out of memory")) }),
        ).rejects.toMatchObject({ code: "vm.no-memory" });
        await expect(open({ module, crashed: Promise.reject(new TypeError("something else")) })).rejects.toBeInstanceOf(
            TypeError,
        );
    });

    test("a restore puts the three values that v86 loses into its memory", async () => {
        const { emulator, v86 } = await open();
        const { last_result, fpu_status_word, mxcsr } = v86.v86.cpu;
        await emulator.restore(await savedState());
        expect(v86.v86.cpu.last_result).toBe(last_result);
        expect(v86.v86.cpu.fpu_status_word).toBe(fpu_status_word);
        expect(v86.v86.cpu.mxcsr).toBe(mxcsr);
        expect([last_result[0], fpu_status_word[0], mxcsr[0]]).toEqual([11, 22, 33]);
    });

    test("a restore puts the guest's memory in place itself, and clears no more than what was touched before", async () => {
        const { emulator, v86 } = await open();
        const { unpack_memory } = v86.v86.cpu;
        await emulator.restore(await savedState());
        expect(v86.cleared).toEqual([[0, 1 << 20]]);
        expect([...v86.v86.cpu.mem8.subarray(4096, 4100)]).toEqual([4, 5, 6, 0]);
        expect([...new Uint8Array(v86.restored!)]).toEqual([1, 2, 3]); // the devices, and no memory
        expect(v86.v86.cpu.unpack_memory).toBe(unpack_memory);
    });

    test("counts instructions past 32 bits", async () => {
        const { emulator, v86 } = await open();
        const counter = v86.v86.cpu.instruction_counter;
        for (const value of [4_000_000_000, 3_000_000_000, 3_000_000_001]) {
            counter[0] = value;
            void emulator.instructions;
        }
        expect(emulator.instructions).toBe(4_000_000_000 + (2 ** 32 - 1_000_000_000) + 1);
    });

    test("counts the compiled modules that live", async () => {
        const { emulator, v86 } = await open();
        const { cpu } = v86.v86;
        for (const index of [1, 2, 3, 2]) cpu.codegen_finalize(index, 0, 0, 0, 0);
        expect(emulator.compiledModules).toBe(3);
        cpu.jit_clear_func(2);
        expect(emulator.compiledModules).toBe(2);
        cpu.jit_clear_all_funcs();
        expect(emulator.compiledModules).toBe(0);
    });

    test("compiles nothing for a while where that is asked for, then goes on", async () => {
        vi.useFakeTimers();
        try {
            const { emulator, v86 } = await open();
            emulator.compileAfter(5000);
            expect(v86.jitConfig.get(0)).toBe(1);
            vi.advanceTimersByTime(4999);
            expect(v86.jitConfig.get(0)).toBe(1);
            vi.advanceTimersByTime(1);
            expect(v86.jitConfig.get(0)).toBe(0);
        } finally {
            vi.useRealTimers();
        }
    });

    test("has optimised code cached by means of v86's own ballast", async () => {
        const { emulator, v86 } = await open();
        const ballast = vi.fn();
        v86.v86.cpu.wm.exports = { drydock_ballast_1: ballast };
        emulator.keepOptimised(0);
        expect(ballast).not.toHaveBeenCalled();
        emulator.keepOptimised(1);
        expect(ballast).toHaveBeenCalledWith(1, 0, 0);
    });

    test("says when the guest ends by itself", async () => {
        const { v86, onEnd } = await open();
        v86.v86.cpu.reboot_internal();
        v86.emit("cpu-event-halt", undefined);
        expect(onEnd.mock.calls.map(([error]) => error.message)).toEqual([
            "The machine was restarted from the inside.",
            "The machine was switched off from the inside.",
        ]);
    });
});

describe("raw ports", () => {
    const bytes = (text: string): Bytes => encodeText(text);

    test("are not announced as consoles, except port 0", async () => {
        const { v86 } = await open();
        for (const port of [0, 1, 2, 3]) v86.console.SendEvent(port, 4, 1);
        v86.console.SendEvent(2, 6, 1);
        expect(v86.console.events).toEqual([
            [0, 4, 1],
            [2, 6, 1],
        ]);
    });

    test("bytes go in by 4,096, joined, in order, and only into buffers that the guest has given", async () => {
        const { emulator, v86 } = await open();
        v86.queue(4).available = 2;
        emulator.ports.input(1, bytes("a".repeat(3000)));
        emulator.ports.input(1, bytes("b".repeat(3000)));
        emulator.ports.input(1, bytes("c".repeat(10_000)));
        const pieces = () => v86.input.get("virtio-console1-input-bytes")!.map(piece => piece.byteLength);
        expect(pieces()).toEqual([3000, 3000]); // each went alone into a free buffer
        v86.queue(4).available = 1;
        v86.v86.yield_callback(1);
        expect(pieces()).toEqual([3000, 3000, 4096]);
        v86.queue(4).available = 16;
        v86.v86.yield_callback(2);
        expect(v86.received(1)).toBe("a".repeat(3000) + "b".repeat(3000) + "c".repeat(10_000));
        expect(v86.turns).toBe(2);
    });

    test("small writes that wait are joined into one buffer", async () => {
        const { emulator, v86 } = await open();
        for (let line = 0; line < 100; line++) emulator.ports.input(1, bytes(`line ${line}\n`));
        v86.queue(4).available = 16;
        v86.v86.yield_callback(1);
        expect(v86.input.get("virtio-console1-input-bytes")).toHaveLength(1);
        expect(v86.received(1).split("\n")).toHaveLength(101);
    });

    test("an idle guest is checked again without a turn of its CPU", async () => {
        const { emulator, v86 } = await open();
        emulator.ports.input(2, bytes("hello"));
        v86.queue(6).available = 1;
        await vi.waitFor(() => expect(v86.received(2)).toBe("hello"));
    });

    test("what comes before a program has opened the port waits for it", async () => {
        const { emulator, v86 } = await open({ portsOpen: false });
        v86.queue(4).available = 16;
        emulator.ports.input(1, bytes("hello"));
        v86.v86.yield_callback(1);
        expect(v86.received(1)).toBe("");
        v86.guestOpens(1, true);
        await vi.waitFor(() => expect(v86.received(1)).toBe("hello"));
        v86.guestOpens(1, false);
        emulator.ports.input(1, bytes("lost?"));
        v86.v86.yield_callback(2);
        expect(v86.received(1)).toBe("hello");
        v86.guestOpens(1, true);
        await vi.waitFor(() => expect(v86.received(1)).toBe("hellolost?"));
    });

    test("a queue that the guest has not set up yet is left alone", async () => {
        const { emulator, v86 } = await open();
        v86.queue(4).avail_addr = 0;
        v86.queue(4).available = 16;
        emulator.ports.input(1, bytes("early"));
        expect(v86.received(1)).toBe("");
    });

    test("accepted bytes are reported in large steps", async () => {
        const { emulator, v86, accepted } = await open();
        v86.queue(4).available = 1000;
        emulator.ports.input(1, new Uint8Array(PORT_WINDOW));
        expect(accepted.reduce((sum, [, count]) => sum + count, 0)).toBe(PORT_WINDOW);
        expect(accepted.length).toBeLessThanOrEqual(4);
    });

    test("what one turn puts out is one message", async () => {
        const { v86, output } = await open();
        v86.guestWrites(1, bytes("one "));
        v86.guestWrites(3, bytes("other"));
        v86.guestWrites(1, bytes("two"));
        expect(output).toEqual([]);
        await Promise.resolve();
        expect(output).toEqual([
            [1, "one two"],
            [3, "other"],
        ]);
    });

    test("a page that does not keep up blocks the guest's writer, and lets it go on", async () => {
        const { emulator, v86, output } = await open();
        for (let written = 0; written < PORT_WINDOW; written += 32768) v86.guestWrites(1, new Uint8Array(32768));
        const given = v86.console.acknowledged.length;
        v86.guestWrites(1, new Uint8Array(32768));
        v86.guestWrites(2, new Uint8Array(32768));
        const blocked = v86.console.acknowledged.slice(given);
        expect(blocked.filter(queue => queue === 5)).toHaveLength(0);
        expect(blocked.filter(queue => queue === 7)).toHaveLength(1); // the other port is not held
        await Promise.resolve();
        expect(output.reduce((sum, [, text]) => sum + text.length, 0)).toBe(PORT_WINDOW + 2 * 32768);
        emulator.ports.consumed(1, PORT_WINDOW / 2);
        expect(v86.console.acknowledged.filter(queue => queue === 5)).toHaveLength(PORT_WINDOW / 32768 + 1);
    });

    test("a saved state holds no buffer back", async () => {
        const { emulator, v86 } = await open();
        for (let written = 0; written <= 2 * PORT_WINDOW; written += 32768) v86.guestWrites(1, new Uint8Array(32768));
        await emulator.save();
        expect(v86.console.acknowledged.filter(queue => queue === 5)).toHaveLength((2 * PORT_WINDOW) / 32768 + 1);
    });
});

describe("turns of the CPU", () => {
    test("use a message to the same thread where v86 would use another thread", async () => {
        const turns: number[] = [];
        let ended = 0;
        const module = {
            V86: class extends FakeV86 {
                constructor(settings: V86Settings) {
                    super(settings);
                    Object.assign(this.v86, {
                        worker: {},
                        unregister_yield: () => ended++,
                        yield_callback: (tick: number) => turns.push(tick),
                    });
                }
            },
        };
        const { v86 } = await open({ module });
        expect(ended).toBe(1);
        v86.v86.yield(0, 1);
        expect(turns).toEqual([]); // other events go first
        await vi.waitFor(() => expect(turns).toEqual([1]));
        v86.v86.yield(60_000, 2);
        v86.v86.yield(5, 3); // the guest has been woken meanwhile
        await vi.waitFor(() => expect(turns).toEqual([1, 3]));
    });

    test("stay as they are under Node", async () => {
        const before = () => undefined;
        const module = {
            V86: class extends FakeV86 {
                constructor(settings: V86Settings) {
                    super(settings);
                    this.v86.yield = before;
                }
            },
        };
        expect((await open({ module })).v86.v86.yield).toBe(before);
    });
});

describe("shared interrupt lines", () => {
    test("a device that lowers the line does not take the other's interrupt away", async () => {
        const { v86 } = await open();
        const [console, balloon, net] = v86.devices as [FakeDevice, FakeDevice, FakeDevice];
        console.isr_status = 1;
        balloon.isr_status = 1; // same line: slots 12 and 8
        net.isr_status = 1; // slot 7
        console.lower_irq();
        expect(v86.raised).toEqual([balloon.pci_id]);
        balloon.lower_irq();
        net.lower_irq();
        expect(v86.raised).toEqual([balloon.pci_id]);
    });
});

describe("compiled code", () => {
    /** v86 compiles a page: the module is in its memory only during the call. */
    function compile(v86: FakeV86, index: number, module: Uint8Array): void {
        const { cpu } = v86.v86;
        new Uint8Array(cpu.wasm_memory.buffer).set(module, 8192);
        cpu.codegen_finalize(index, 0x1000, 0, 8192, module.length);
        new Uint8Array(cpu.wasm_memory.buffer).fill(0, 8192, 8192 + module.length);
    }

    async function saved() {
        const { emulator, v86 } = await open({ keepCode: true });
        const { cpu } = v86.v86;
        compile(v86, 3, pageModule({ calls: ["next"], at: 64 }));
        compile(v86, 4, pageModule({ calls: ["next"], at: 68 }));
        expect(emulator.isCompiling).toBe(true);
        for (const index of [3, 4]) cpu.codegen_finalize_finished(index, 0x1000, 0);
        expect(emulator.isCompiling).toBe(false);
        cpu.jit_clear_func(4);
        const memory = new Uint8Array(cpu.wasm_memory.buffer);
        memory.set([1, 2, 3], 100); // in the emulator's own memory
        memory.set([4, 5, 6], GUEST_AT);
        memory.set([7, 8, 9], GUEST_AT + GUEST_BYTES + 5);
        v86.tsc = [10, 1];
        const { state, code } = await emulator.save();
        return {
            state: new SavedState(readPieces([state])),
            code: code!,
            modules: code!.modules.map(module => new WebAssembly.Module(module)),
        };
    }

    test("goes from one machine into another: the guest's memory and the emulator's own, the pages in use, the guest's clock", async () => {
        const { state, code, modules } = await saved();
        expect(code.guestAt).toBe(GUEST_AT);

        const { emulator, v86 } = await open();
        const { cpu } = v86.v86;
        Object.assign(cpu, {
            jit_imports: { m: cpu.wasm_memory, unused: () => undefined, next: (value: number) => value + 1 },
        });
        cpu.instruction_counter[0] = 77;
        const memory = new Uint8Array(cpu.wasm_memory.buffer);
        memory.set([99], 20_000); // from its own start
        const place = await emulator.prepareCode(code, modules);
        await emulator.restore(state);
        expect([...memory.subarray(100, 103), ...memory.subarray(GUEST_AT, GUEST_AT + 3), memory[20_000]]).toEqual([
            0, 0, 0, 4, 5, 6, 99,
        ]);
        place(state);
        const after = GUEST_AT + GUEST_BYTES + 5;
        expect([
            ...memory.subarray(100, 103),
            ...memory.subarray(GUEST_AT, GUEST_AT + 3),
            ...memory.subarray(after, after + 3),
            memory[20_000],
        ]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
        expect(cpu.instruction_counter[0]).toBe(77);
        expect(emulator.compiledModules).toBe(1);
        expect(cpu.wm.wasm_table.get(1024 + 4)).toBeNull();
        (cpu.wm.wasm_table.get(1024 + 3) as (value: number) => void)(5);
        expect(memory[64]).toBe(6);
        // so that a reading now gives the old value, and continues from there
        const clock = (BigInt(v86.tsc[1]) << 32n) | BigInt(v86.tsc[0]);
        const expected = BigInt.asUintN(64, (1n << 32n) + 10n - BigInt(Math.floor(performance.now() * 1e6)));
        expect(Number(BigInt.asIntN(64, clock - expected)) / 1e6).toBeGreaterThanOrEqual(0);
        expect(Number(BigInt.asIntN(64, clock - expected)) / 1e6).toBeLessThan(60_000);
    });

    test("of an emulator with another layout is refused before anything has changed", async () => {
        const { code, modules } = await saved();
        const { emulator, v86 } = await open();
        await expect(emulator.prepareCode({ ...code, guestAt: 8192 }, modules)).rejects.toThrow("4096");
        await expect(emulator.prepareCode(code, modules)).rejects.toThrow(WebAssembly.LinkError);
        expect(new Uint8Array(v86.v86.cpu.wasm_memory.buffer).every(byte => byte === 0)).toBe(true);
        expect(emulator.compiledModules).toBe(0);
    });

    test("for an entry outside v86's table of pages is refused before anything has changed", async () => {
        const { code } = await saved();
        const { emulator, v86 } = await open();
        const { cpu } = v86.v86;
        Object.assign(cpu, { jit_imports: { m: cpu.wasm_memory, unused: () => undefined, next: () => 0 } });
        const page = pageModule({ calls: ["next"], at: 64 });
        const [beyond] = mergeModules(new Map([[cpu.wm.wasm_table.length - 1024, page]]));
        await expect(emulator.prepareCode(code, [new WebAssembly.Module(beyond!)])).rejects.toThrow("entry 16");
        expect(emulator.compiledModules).toBe(0);
    });

    test("is not kept where nobody asks for it", async () => {
        const { emulator, v86 } = await open();
        compile(v86, 3, pageModule({ calls: ["next"], at: 64 }));
        expect(emulator.compiledModules).toBe(1);
        expect((await emulator.save()).code).toBeUndefined();
        emulator.forgetCode();
        expect(emulator.compiledModules).toBe(0);
    });
});
