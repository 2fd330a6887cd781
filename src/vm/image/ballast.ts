/**
 * Functions that do nothing and weigh a megabyte each when they are compiled.
 *
 * A browser keeps what it has optimised of a WebAssembly module, so that the next visit starts with it. V8 writes when a module
 * has gained 1,000,000 bytes of optimised code (`wasm_caching_hard_threshold`), or when it gained none for two seconds; but the look
 * after two seconds, where there was some, is put off by as many seconds as milliseconds were missing
 * (`CompilationStateImpl::TriggerCachingAfterTimeout`): half an hour instead of two seconds. v86 in use gains 800,000 bytes until the first
 * command has ended and 980,000 in the first minute, a little every second. So it was never kept: each visit compiled some 700 functions
 * anew and ran the guest by unoptimised code, until the 60 that matter were optimised, a second of processor time and more.
 *
 * With a ballast the megabyte is full when we say so. Its instructions are one node each for the compiler and 40 bytes each on x86-64:
 * it takes 50 to 100 ms, once for a profile. Where they are one instruction of the processor (ARM) it weighs a tenth, and helps less.
 */
import { concatBytes, type Bytes } from "../../base/bytes";
import { HEADER, Reader, SECTION, section, text, unsigned } from "./wasm-format";

/** One for early in a visit, so that a short one leaves something; one for when most is optimised. */
export const BALLASTS = 2;

const nameOf = (number: number): string => `drydock_ballast_${number}`;

/** A section without items. */
const CUSTOM = 0;

const F64 = 0x7c;
/** (skip: i32, x: f64, y: f64) -> f64 */
const TYPE = Uint8Array.of(0x60, 3, 0x7f, F64, F64, 1, F64);
const MIN_MAX = [0x20, 2, 0xa4, 0x20, 2, 0xa5]; // min(., y), max(., y)
const TIMES = 13_000;
/** block, br_if over all of it, x, min and max of it, set x, end; x, end. */
const BODY = Uint8Array.from([
    0,
    0x02,
    0x40,
    0x20,
    0,
    0x0d,
    0,
    0x20,
    1,
    ...Array.from({ length: TIMES }, () => MIN_MAX).flat(),
    0x21,
    1,
    0x0b,
    0x20,
    1,
    0x0b,
]);

/** `wasm`: a module. Gives a copy with the ballasts, exported. */
export function addBallasts(wasm: Bytes): Bytes {
    const imported = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).filter(
        ({ kind }) => kind === "function",
    ).length;
    const numbers = Array.from({ length: BALLASTS }, (_, number) => number);
    let types = 0;
    let functions = 0;
    const added = (id: number, count: number): Uint8Array[] => {
        switch (id) {
            case SECTION.type:
                types = count;
                return [TYPE];
            case SECTION.function:
                functions = count;
                return numbers.map(() => unsigned(types));
            case SECTION.export:
                return numbers.map(number =>
                    concatBytes([text(nameOf(number)), Uint8Array.of(0), unsigned(imported + functions + number)]),
                );
            case SECTION.code:
                return numbers.map(() => concatBytes([unsigned(BODY.length), BODY]));
            default:
                return [];
        }
    };
    const reader = new Reader(wasm, HEADER.length);
    const pieces: Uint8Array[] = [HEADER];
    while (!reader.atEnd) {
        const start = reader.at;
        const id = reader.byte();
        const content = reader.take(reader.unsigned());
        const items = new Reader(content);
        const count = id === CUSTOM ? 0 : items.unsigned();
        const more = added(id, count);
        pieces.push(
            more.length > 0
                ? section(id, more, { count, items: content.subarray(items.at) })
                : wasm.subarray(start, reader.at),
        );
    }
    return concatBytes(pieces);
}

/** V8 optimises a function when it has gone through 13 MB of its own code; one call that skips all of this counts as going through it. */
const CALLS = 100;

/** Has the browser keep what it has optimised so far of the module with these exports. Each `number` below `BALLASTS` does so once in a module's life. */
export function useBallast(exports: WebAssembly.Exports, number: number): void {
    const ballast = exports[nameOf(number)];
    if (typeof ballast !== "function") return;
    const run = ballast as (...numbers: number[]) => number;
    for (let call = 0; call < CALLS; call++) run(1, 0, 0);
}
