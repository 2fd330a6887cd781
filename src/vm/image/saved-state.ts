/**
 * The state of a machine as a snapshot holds it. v86's own format has the guest's memory in one piece, 140 MB that it
 * copies twice on the way; on the machines that this was measured on, each copy took 0.1 to 0.3 s, mostly because the
 * host has to provide the pages. Here the memory is stored separately, page by page in the order in which it is put in
 * place, so that it goes straight to where it belongs from the browser's storage or the decompressor.
 *
 * The parts in order, all numbers 32 bits, little endian: the header; the runs of non-zero pages, first the guest's,
 * then the emulator's own; v86's own state, without the memory; the pages of the guest's runs; the pages of the
 * emulator's.
 */
import { concatBytes, type Bytes } from "../../base/bytes";

export const PAGE_BYTES = 4096;
/** Size of a page of WebAssembly memory. */
const WASM_PAGE_BYTES = 65_536;
const NUMBER_BYTES = 4;

/** "DDST" */
const MAGIC = 0x54534444;

/** The fields of the header, in this order. */
interface Header {
    magic: number;
    /** Bytes of v86's state. */
    devices: number;
    guestRuns: number;
    /** 0 if no compiled code is kept. */
    ownRuns: number;
    /** Size of the emulator's memory, which includes the guest's, in WebAssembly pages. */
    wasmPages: number;
}

const HEADER = ["magic", "devices", "guestRuns", "ownRuns", "wasmPages"] as const satisfies (keyof Header)[];

/** A run of `pages` non-zero pages, starting at number `page`. */
interface Run {
    page: number;
    pages: number;
}

/** Returns bytes in order. */
export interface StateReader {
    /** Fills `into` with the next bytes. Throws a RangeError if there are not enough. */
    read(into: Uint8Array): void;
}

export interface Memory {
    /** The emulator's whole memory. */
    all: Uint8Array;
    /** The guest's part of it. Starts and ends at a page boundary. */
    guest: { at: number; bytes: number };
}

/** `devices`: v86's state without the memory. `own`: whether to include the emulator's own memory. */
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
    /** v86's state without the memory, in a buffer of its own. */
    readonly devices: Bytes;
    /** Size of the whole state, computed from its list of pages. */
    readonly bytes: number;
    readonly #reader: StateReader;
    readonly #guestRuns: Run[];
    readonly #ownRuns: Run[];
    /** Bytes. */
    readonly #memoryBytes: number;

    /** Throws a RangeError if the state ends early, an Error if it is not a state. */
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

    /** `memory`: the guest's, all zero so far. */
    placeGuest(memory: Uint8Array): void {
        for (const run of this.#guestRuns) this.#reader.read(bytesOf(memory, run));
    }

    /**
     * Call it after `placeGuest`. `memory` grows as needed; the emulator must be the one that the state was saved from.
     */
    placeOwn(memory: WebAssembly.Memory, guest: Memory["guest"]): void {
        const missing = this.#memoryBytes - memory.buffer.byteLength;
        if (missing > 0) memory.grow(missing / WASM_PAGE_BYTES);
        const all = new Uint8Array(memory.buffer);
        all.fill(0, 0, guest.at);
        all.fill(0, guest.at + guest.bytes);
        for (const run of this.#ownRuns) this.#reader.read(bytesOf(all, run));
    }
}

/** `pieces`: the state's bytes in order, each valid until the next is asked for. */
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

/** `memory` starts at a page boundary. */
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
