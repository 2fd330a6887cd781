/** On a fake private file system; tests/e2e/kept-state.test.ts uses Chromium's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { concatBytes } from "../../../src/base/bytes";
import { forgetStates, openState, writeState, type StateContent } from "../../../src/vm/worker/kept-states";

const missing = () => new DOMException("not there", "NotFoundError");

/** Files by name, as far as the kept states use them. */
class FakeFolder {
    readonly files = new Map<string, Uint8Array>();
    locked = false;
    /** A file opens, and then fails. */
    broken = false;

    async getFileHandle(name: string, options?: { create?: boolean }) {
        if (!this.files.has(name)) {
            if (!options?.create) throw missing();
            this.files.set(name, new Uint8Array(0));
        }
        return { createSyncAccessHandle: async () => this.#open(name) };
    }

    #open(name: string) {
        if (this.locked) throw new DOMException("another tab", "NoModificationAllowedError");
        return {
            getSize: () => {
                if (this.broken) throw new DOMException("broken", "InvalidStateError");
                return this.files.get(name)!.byteLength;
            },
            read: (into: Uint8Array, { at }: { at: number }) => {
                const part = this.files.get(name)!.subarray(at, at + into.byteLength);
                into.set(part);
                return part.byteLength;
            },
            write: (from: Uint8Array, { at }: { at: number }) => {
                const old = this.files.get(name)!;
                const grown = new Uint8Array(Math.max(old.byteLength, at + from.byteLength));
                grown.set(old);
                grown.set(from, at);
                this.files.set(name, grown);
                return from.byteLength;
            },
            flush: () => undefined,
            close: () => undefined,
        };
    }
}

let folders: Map<string, FakeFolder>;
let space: { quota: number; usage: number };

beforeEach(() => {
    folders = new Map();
    space = { quota: 1e9, usage: 0 };
    const root = {
        async getDirectoryHandle(name: string, options?: { create?: boolean }) {
            if (!folders.has(name)) {
                if (!options?.create) throw missing();
                folders.set(name, new FakeFolder());
            }
            return folders.get(name)!;
        },
        async removeEntry(name: string) {
            if (!folders.delete(name)) throw missing();
        },
    };
    vi.stubGlobal("navigator", { storage: { getDirectory: async () => root, estimate: async () => space } });
});

afterEach(() => vi.unstubAllGlobals());

const state = new Uint8Array(10_000).map((_, at) => at * 3);
const content = { bytes: state.byteLength, sha256: "ab".repeat(32) };
const pieces = [state.subarray(0, 4096), state.subarray(4096)];
const readState = async (content: StateContent): Promise<Uint8Array | undefined> => {
    const kept = await openState(content);
    if (!kept) return undefined;
    const read = [new Uint8Array(3000), new Uint8Array(content.bytes - 3000)];
    for (const part of read) kept.read(part);
    kept.close();
    return concatBytes(read);
};
const file = () => [...folders.values()][0]!.files;

test("what was written is read again, under its own name only", async () => {
    expect(await readState(content)).toBeUndefined();
    expect(await writeState(content, pieces)).toBe(true);
    expect(await readState(content)).toEqual(state);
    expect(await readState({ ...content, sha256: "cd".repeat(32) })).toBeUndefined();
});

test("a read beyond its end is an error, not zeros", async () => {
    await writeState(content, pieces);
    const kept = (await openState(content))!;
    expect(() => kept.read(new Uint8Array(content.bytes + 1000))).toThrow(RangeError);
});

test("a newer image's state takes the place of the older one's", async () => {
    await writeState(content, pieces);
    const newer = { ...content, sha256: "cd".repeat(32) };
    await writeState(newer, pieces);
    expect([...file().keys()]).toEqual([newer.sha256]);
    await forgetStates();
    await forgetStates();
    expect(await readState(newer)).toBeUndefined();
});

test.each([
    ["cut off", (bytes: Uint8Array) => bytes.slice(0, 5000)],
    [
        "written to its length, but not to its end",
        (bytes: Uint8Array) => bytes.map((byte, at) => (at < state.byteLength ? byte : 0)),
    ],
    ["empty", () => new Uint8Array(0)],
])("a file that is %s counts as not there", async (_name, damage) => {
    await writeState(content, pieces);
    file().set(content.sha256, damage(file().get(content.sha256)!));
    expect(await readState(content)).toBeUndefined();
});

test("a file that cannot be read once it is open counts as not there", async () => {
    await writeState(content, pieces);
    [...folders.values()][0]!.broken = true;
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    expect(await readState(content)).toBeUndefined();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
});

test("too few or too many bytes are not a state", async () => {
    await expect(writeState(content, pieces.slice(1))).rejects.toThrow("not 10000");
    expect(await readState(content)).toBeUndefined();
});

test("if space is short, nothing is kept: it belongs to the student's files", async () => {
    space = { quota: 100_000, usage: 60_000 };
    expect(await writeState(content, pieces)).toBe(false);
    expect(folders.size).toBe(0);
});

test("a file that another tab holds, and a browser without such storage, are not failures", async () => {
    await writeState(content, pieces);
    [...folders.values()][0]!.locked = true;
    expect(await readState(content)).toBeUndefined();
    vi.stubGlobal("navigator", {});
    expect(await readState(content)).toBeUndefined();
});
