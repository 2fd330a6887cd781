/** WebAssembly modules of the shape that v86 gives a compiled page: one function `f` of a number, imports from "e". */
import { concatBytes, type Bytes } from "../../../src/base/bytes";
import { HEADER, SECTION, section, text, unsigned } from "../../../src/vm/image/wasm-format";

const PAGE = Uint8Array.of(0x60, 1, 0x7f, 0); // (i32) -> ()
const TWO = Uint8Array.of(0x60, 2, 0x7f, 0x7f, 0); // (i32, i32) -> ()
const ONE = Uint8Array.of(0x60, 1, 0x7f, 1, 0x7f); // (i32) -> i32

export interface PageModule {
    /**
     * Names of imported functions that take one number and return another; called in this order, each with the result
     * of the previous one.
     */
    calls: readonly string[];
    /** Where in memory the last result goes; below 128. */
    at: number;
    /** Replaces the first instructions. */
    instructions?: readonly number[];
    /** How many functions the module has. */
    functions?: number;
}

/** `f(x)` writes calls[n](...calls[0](x)) to memory, from within a block of a type of its own. */
export function pageModule({ calls, at, instructions, functions = 1 }: PageModule): Bytes {
    const imports = [
        // the unused one shifts the numbers of the others
        concatBytes([text("e"), text("unused"), Uint8Array.of(0, 1)]),
        ...calls.map(name => concatBytes([text("e"), text(name), Uint8Array.of(0, 2)])),
        concatBytes([text("e"), text("m"), Uint8Array.of(2, 0, 1)]),
    ];
    const code = instructions ?? [
        ...[0x41, at | 128, 0], // i32.const at
        ...[0x20, 0], // local.get 0
        ...[0x02, 2], // block (i32) -> i32
        ...calls.flatMap((_, index) => [0x10, index + 1]), // call
        ...[0x22, 1], // local.tee 1
        ...[0x41, 0x80, 0x80, 0xc0, 0], // i32.const 1 << 20
        ...[0x0d, 0], // br_if 0, the number stays
        ...[0x02, 0x40, 0x20, 1, 0x0e, 1, 0, 0, 0x0b], // block; br_table [0] 0; end
        0x0b,
        ...[0x36, 2, 0], // i32.store
    ];
    const body = concatBytes([Uint8Array.of(1, 1, 0x7f), Uint8Array.from(code), Uint8Array.of(0x0b)]);
    const sized = concatBytes([unsigned(body.length), body]);
    return concatBytes([
        HEADER,
        section(SECTION.type, [PAGE, TWO, ONE]),
        section(SECTION.import, imports),
        section(
            SECTION.function,
            Array.from({ length: functions }, () => Uint8Array.of(0)),
        ),
        section(SECTION.export, [concatBytes([text("f"), Uint8Array.of(0), unsigned(imports.length - 1)])]),
        section(
            SECTION.code,
            Array.from({ length: functions }, () => sized),
        ),
    ]);
}
