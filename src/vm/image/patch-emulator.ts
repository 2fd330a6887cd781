/**
 * Changes two constants of v86 0.5.462 in place, byte for byte, in its WebAssembly and its script.
 *
 * v86 keeps its compiled pages in a table of 900 and drops all of them when it is full: around the seventh `docker run`,
 * and the next ones take 5 s instead of 2. With 4,068 entries that does not happen. And a page is compiled after 200,000
 * instructions; 600,000 make half as many modules, which leaves the browser's optimiser less to do: the first `docker run`
 * takes 6.5 s instead of 9.1 in Chromium on two cores.
 *
 * Both can go when v86 offers them as settings.
 */
import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";

export const V86_VERSION = "0.5.462";
export const V86_WASM_SHA256 = "aa0d0e149d6b60063b85de4871e78505637ce92821e14a9f9802c4008ba2336e";
export const V86_SCRIPT_SHA256 = "581c169db27daad9d64679bd117f4a90c37c23c6ad9e660b7e89ee731eb2a446";

const ENTRIES = { from: 900, to: 4068 };
const THRESHOLD = { from: 200_000, to: 600_000 };

/** Where the entries of the script's function table begin that belong to compiled pages. */
const FIRST_SLOT = 1024;

/**
 * One entry stays unused, the list of free ones holds two bytes for each other, and is filled 64 bytes a turn up to a
 * bound with six bytes after it. So 2 * (entries - 1) - 6 must be a multiple of 64; and a two-byte constant ends at 8191.
 */
const freeList = (entries: number) => ({ free: entries - 1, bytes: 2 * (entries - 1), bound: 2 * (entries - 1) - 6 });

/** WebAssembly opcodes in front of the constants, the stores with their alignment. */
const I32_CONST = [0x41];
const I32_STORE = [0x36, 0x01];
const I32_STORE16 = [0x3b, 0x01];

export const patchError = (what: string, cause?: unknown) =>
    new DrydockError(
        "image.emulator-differs",
        `v86 is not the version that can be patched: ${what}.`,
        `Install the pinned version (npm ci); for another one the patch must be looked at again.`,
        { cause },
    );

/** `wasm`: v86.wasm as published. Gives a changed copy; throws "image.emulator-differs" when anything is not where it was. */
export function patchWasm(wasm: Uint8Array): Bytes {
    const patched = new Uint8Array(wasm); // not slice(): a Node Buffer would share its memory
    const from = freeList(ENTRIES.from);
    const to = freeList(ENTRIES.to);
    const first = find(patched, [...I32_CONST, ...signed(from.free, 2)], 0, patched.length)[0];
    if (first === undefined) throw patchError("its table of compiled pages was not found in v86.wasm");
    // the whole initialisation of the list lies close together; elsewhere the same numbers mean something else
    const near = { start: Math.max(0, first - 200), end: first + 700 };
    replace(patched, I32_CONST, from.free, to.free, 2, 3, near);
    replace(patched, I32_CONST, from.bound, to.bound, 2, 1, near);
    replace(patched, I32_CONST, from.bytes, to.bytes, 2, 2, near);
    replace(patched, I32_STORE, from.bound, to.bound, 2, 1, near);
    replace(patched, I32_STORE16, from.bound + 4, to.bound + 4, 2, 1, near);
    replace(patched, I32_CONST, THRESHOLD.from, THRESHOLD.to, 3, 1, { start: 0, end: patched.length });
    return patched;
}

/** `script`: libv86.mjs as published. */
export function patchScript(script: string): string {
    const size = (entries: number) => `element:"anyfunc",initial:${FIRST_SLOT + entries}`;
    return replaceText(
        replaceText(script, size(ENTRIES.from), size(ENTRIES.to)),
        `${ENTRIES.from}>b`,
        `${ENTRIES.to}>b`,
    );
}

function replaceText(text: string, from: string, to: string): string {
    const parts = text.split(from);
    if (parts.length !== 2) throw patchError(`"${from}" occurs ${parts.length - 1} times in libv86.mjs, not once`);
    return parts.join(to);
}

/** Exchanges a constant after `opcode`, exactly `count` times between `start` and `end`; its encoding keeps its length. */
function replace(
    wasm: Uint8Array,
    opcode: number[],
    from: number,
    to: number,
    length: number,
    count: number,
    { start, end }: { start: number; end: number },
): void {
    const places = find(wasm, [...opcode, ...signed(from, length)], start, end);
    if (places.length !== count)
        throw patchError(`the constant ${from} occurs ${places.length} times in v86.wasm, not ${count}`);
    for (const place of places) wasm.set([...opcode, ...signed(to, length)], place);
}

/** Signed LEB128 of a positive number in exactly `length` bytes. (The stores' unsigned offsets look the same.) */
function signed(value: number, length: number): number[] {
    if (value >= 2 ** (7 * length - 1)) throw new RangeError(`${value} does not fit ${length} bytes`);
    return Array.from({ length }, (_, index) => ((value >> (7 * index)) & 0x7f) | (index < length - 1 ? 0x80 : 0));
}

function find(bytes: Uint8Array, pattern: number[], start: number, end: number): number[] {
    const places: number[] = [];
    for (let at = bytes.indexOf(pattern[0]!, start); at >= 0 && at < end; at = bytes.indexOf(pattern[0]!, at + 1)) {
        if (pattern.every((byte, index) => bytes[at + index] === byte)) places.push(at);
    }
    return places;
}
