import { expect, test } from "vitest";
import { packState, readPieces, SavedState } from "../../../src/vm/image/saved-state";
import { randomNumbers } from "./fake-image";

const PAGE = 4096;
const guest = { at: 2 * PAGE, bytes: 10 * PAGE };
const devices = Uint8Array.from([1, 2, 3, 4, 5]);

/** 16 pages, some of them not zero: in the guest's part, before it and after it. */
function filled(): WebAssembly.Memory {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const all = new Uint8Array(memory.buffer);
    const random = randomNumbers(3);
    for (const page of [1, 2, 3, 7, 11, 13]) for (let at = 0; at < PAGE; at++) all[page * PAGE + at] = random() * 256;
    all[5 * PAGE + PAGE - 1] = 9; // the last byte of an otherwise empty page
    return memory;
}

const pack = (memory: WebAssembly.Memory, own: boolean) =>
    packState(devices, { all: new Uint8Array(memory.buffer), guest }, own);

/** In pieces that match no boundary. */
const pieces = (bytes: Uint8Array, size = 777) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));

test("comes back page by page, the guest's memory and the emulator's own", () => {
    const memory = filled();
    const saved = new SavedState(readPieces(pieces(pack(memory, true))));
    expect(saved.devices).toEqual(devices);

    const other = new WebAssembly.Memory({ initial: 1 });
    const all = new Uint8Array(other.buffer);
    all.fill(77, 0, 100); // from its own start
    saved.placeGuest(all.subarray(guest.at, guest.at + guest.bytes));
    expect(all[0]).toBe(77);
    saved.placeOwn(other, guest);
    expect(Buffer.from(other.buffer).equals(Buffer.from(memory.buffer))).toBe(true);
});

test("a memory that had grown grows again", () => {
    const memory = filled();
    memory.grow(1);
    new Uint8Array(memory.buffer)[70_000] = 5;
    const saved = new SavedState(readPieces([pack(memory, true)]));
    const other = new WebAssembly.Memory({ initial: 1 });
    saved.placeGuest(new Uint8Array(other.buffer, guest.at, guest.bytes));
    saved.placeOwn(other, guest);
    expect(Buffer.from(other.buffer).equals(Buffer.from(memory.buffer))).toBe(true);
});

test("pages of zeros take no room, and neither do the emulator's own if they are not wanted", () => {
    const header = 5 * 4;
    expect(pack(filled(), false).length).toBe(header + 4 * 8 + devices.length + 5 * PAGE);
    expect(pack(filled(), true).length).toBe(header + 6 * 8 + devices.length + 7 * PAGE);
    expect(new SavedState(readPieces([pack(filled(), true)])).bytes).toBe(pack(filled(), true).length);
});

test.each([
    ["is none", Uint8Array.from({ length: 100 }, (_, at) => at), "does not begin with its magic number"],
    ["is empty", new Uint8Array(0), "20 bytes early"],
    ["ends in its list of pages", pack(filled(), true).subarray(0, 40), "early"],
])("a state that %s is an error", (_name, bytes, reason) => {
    expect(() => new SavedState(readPieces([bytes]))).toThrow(reason);
});

test("a state that ends in its pages, or has more of them than the machine, is an error", () => {
    const whole = pack(filled(), false);
    expect(() => new SavedState(readPieces([whole.subarray(0, -1)])).placeGuest(new Uint8Array(guest.bytes))).toThrow(
        "1 bytes early",
    );
    expect(() => new SavedState(readPieces([whole])).placeGuest(new Uint8Array(guest.bytes - PAGE))).toThrow(
        "beyond the memory",
    );
});

test("memory that does not consist of whole pages is refused", () => {
    expect(() => packState(devices, { all: new Uint8Array(65_536), guest: { at: 100, bytes: PAGE } }, false)).toThrow(
        "does not consist of whole pages",
    );
});
