/**
 * The state of a machine as a snapshot holds it. v86's own has the guest's memory in one piece, 140 MB that it copies twice on its way; on the
 * machines that this was measured on each copy took 0.1 to 0.3 s, most of it for the host to provide the pages. Here the memory lies apart, page
 * by page in the order in which it is put in place, so that it goes from the browser's storage, or from the decompressor, to where it belongs.
 *
 * In order, all numbers 32 bits, little endian: the header; the runs of pages that are not zero, the guest's and then the emulator's own;
 * v86's own state, without the memory; the pages of the guest's runs; the pages of the emulator's.
 */
import { concatBytes, type Bytes } from "../../base/bytes";

export const PAGE_BYTES = 4096;
/** Of WebAssembly memory. */
const WASM_PAGE_BYTES = 65_536;
const NUMBER_BYTES = 4;

/** "DDST" */
const MAGIC = 0x54534444;

/** What the header has, in this order. */
interface Header {
    magic: number;
    /** Bytes of v86's state. */
    devices: number;
    guestRuns: number;
    /** 0 where nothing compiled is kept. */
    ownRuns: number;
    /** Size of the emulator's memory, the guest's in it, in pages of WebAssembly. */
    wasmPages: number;
}

const HEADER = ["magic", "devices", "guestRuns", "ownRuns", "wasmPages"] as const satisfies (keyof Header)[];

/** `pages` pages that are not zero from number `page` on. */
interface Run {
    page: number;
    pages: number;
}

/** Gives bytes one after the other. */
export interface StateReader {
    /** Fills `into` with the next bytes. Throws a RangeError where there are fewer. */
    read(into: Uint8Array): void;
}

export interface Memory {
    /** All of the emulator's. */
    all: Uint8Array;
    /** The guest's part of it. Starts and ends with a page. */
    guest: { at: number; bytes: number };
}

/** `devices`: v86's state without the memory. `own`: whether the emulator's own memory is to be in it. */
export function packState(devices: Uint8Array, { all, guest }: Memory, own: boolean): Bytes {
    if (guest.at % PAGE_BYTES !== 0 || guest.bytes % PAGE_BYTES !== 0)
        throw new Error(`the guest's memory, ${guest.bytes} bytes at ${guest.at}, does not consist of whole pages`);
    const guestMemory = all.subarray(guest.at, guest.at + guest.bytes);
    const guestRuns = runsOf(guestMemory);
    const ownRuns = own
        ? [
              ...runsOf(all.subarray(0, guest.at)),
              ...moved(runsOf(all.subarray(guest.at + guest.bytes)), (guest.at + guest.bytes) / PAGE_BYTES),
          ]
        : [];
    const header: Header = {
        magic: MAGIC,
        devices: devices.byteLength,
        guestRuns: guestRuns.length,
        ownRuns: ownRuns.length,
        wasmPages: all.byteLength / WASM_PAGE_BYTES,
    };
    const numbers = Uint32Array.from([
        ...HEADER.map(name => header[name]),
        ...[...guestRuns, ...ownRuns].flatMap(({ page, pages }) => [page, pages]),
    ]);
    return concatBytes([
        new Uint8Array(numbers.buffer),
        devices,
        ...guestRuns.map(run => bytesOf(guestMemory, run)),
        ...ownRuns.map(run => bytesOf(all, run)),
    ]);
}

/** A state on its way into a machine: first the guest's memory, then the emulator's own. */
export class SavedState {
    /** v86's state without the memory, alone in its buffer. */
    readonly devices: Bytes;
    /** All of it, by what its list of pages says. */
    readonly bytes: number;
    readonly #reader: StateReader;
    readonly #guestRuns: Run[];
    readonly #ownRuns: Run[];
    /** Bytes. */
    readonly #memoryBytes: number;

    /** Throws a RangeError where the state ends early, an Error where it is none. */
    constructor(reader: StateReader) {
        this.#reader = reader;
        const numbers = readNumbers(reader, HEADER.length);
        const header = Object.fromEntries(HEADER.map((name, at) => [name, numbers[at]!])) as unknown as Header;
        if (header.magic !== MAGIC) throw new Error("the state does not begin with its magic number");
        this.#guestRuns = readRuns(reader, header.guestRuns);
        this.#ownRuns = readRuns(reader, header.ownRuns);
        this.#memoryBytes = header.wasmPages * WASM_PAGE_BYTES;
        this.devices = new Uint8Array(header.devices);
        reader.read(this.devices);
        const runs = [...this.#guestRuns, ...this.#ownRuns];
        this.bytes =
            (HEADER.length + 2 * runs.length) * NUMBER_BYTES +
            header.devices +
            runs.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES;
    }

    /** `memory`: the guest's, zero so far. */
    placeGuest(memory: Uint8Array): void {
        for (const run of this.#guestRuns) this.#reader.read(bytesOf(memory, run));
    }

    /** After `placeGuest`. `memory` grows as needed; the emulator is what it was when the state was saved. */
    placeOwn(memory: WebAssembly.Memory, guest: Memory["guest"]): void {
        const missing = this.#memoryBytes - memory.buffer.byteLength;
        if (missing > 0) memory.grow(missing / WASM_PAGE_BYTES);
        const all = new Uint8Array(memory.buffer);
        all.fill(0, 0, guest.at);
        all.fill(0, guest.at + guest.bytes);
        for (const run of this.#ownRuns) this.#reader.read(bytesOf(all, run));
    }
}

/** `pieces`: the state's bytes in their order, each good until the next is asked for. */
export function readPieces(pieces: Iterable<Uint8Array>): StateReader {
    const iterator = pieces[Symbol.iterator]();
    let piece = new Uint8Array(0) as Uint8Array;
    return {
        read(into) {
            for (let at = 0; at < into.byteLength;) {
                if (piece.byteLength === 0) {
                    const { done, value } = iterator.next();
                    if (done) throw new RangeError(`the state ends ${into.byteLength - at} bytes early`);
                    piece = value;
                }
                const part = piece.subarray(0, into.byteLength - at);
                into.set(part, at);
                at += part.byteLength;
                piece = piece.subarray(part.byteLength);
            }
        },
    };
}

function readNumbers(reader: StateReader, count: number): Uint32Array {
    const numbers = new Uint32Array(count);
    reader.read(new Uint8Array(numbers.buffer));
    return numbers;
}

function readRuns(reader: StateReader, count: number): Run[] {
    const numbers = readNumbers(reader, 2 * count);
    return Array.from({ length: count }, (_, at) => ({ page: numbers[2 * at]!, pages: numbers[2 * at + 1]! }));
}

function bytesOf(memory: Uint8Array, { page, pages }: Run): Uint8Array {
    const bytes = memory.subarray(page * PAGE_BYTES, (page + pages) * PAGE_BYTES);
    if (bytes.byteLength !== pages * PAGE_BYTES)
        throw new RangeError(
            `page ${page + pages - 1} of the state is beyond the memory of ${memory.byteLength} bytes`,
        );
    return bytes;
}

/** `memory` starts at a page. */
function runsOf(memory: Uint8Array): Run[] {
    const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength / NUMBER_BYTES);
    const pageWords = PAGE_BYTES / NUMBER_BYTES;
    const runs: Run[] = [];
    for (let page = 0; page * pageWords < words.length; page++) {
        const from = page * pageWords;
        let at = from;
        while (at < from + pageWords && words[at] === 0) at++;
        if (at === from + pageWords) continue;
        const last = runs.at(-1);
        if (last && last.page + last.pages === page) last.pages++;
        else runs.push({ page, pages: 1 });
    }
    return runs;
}

const moved = (runs: readonly Run[], by: number): Run[] => runs.map(({ page, pages }) => ({ page: page + by, pages }));
