import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePatchedEmulator } from "../../../src/vm/node/patch-emulator";
import { addBallasts } from "../../../src/vm/image/ballast";
import { KNOWN_EMULATOR } from "../../../src/vm/image/known-emulator";
import { patchScript, patchWasm } from "../../../src/vm/image/patch-emulator";

const build = dirname(createRequire(import.meta.url).resolve("v86"));
let wasm: Buffer;
let script: string;
let folder: string;

beforeAll(async () => {
    wasm = await readFile(join(build, "v86.wasm"));
    script = await readFile(join(build, "libv86.mjs"), "utf8");
    folder = await mkdtemp(join(tmpdir(), "drydock-patch-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("patch of v86", () => {
    test("changes nine constants, keeps the length, and compiles", async () => {
        const patched = patchWasm(wasm);
        expect(patched.byteLength).toBe(wasm.byteLength);
        const changed = [...patched.keys()].filter(at => patched[at] !== wasm[at]);
        expect(changed.length).toBeGreaterThanOrEqual(9);
        expect(changed.length).toBeLessThanOrEqual(9 * 3);
        expect(await WebAssembly.compile(patched)).toBeInstanceOf(WebAssembly.Module);
    });

    test("leaves its input alone", () => {
        const before = Buffer.from(wasm);
        patchWasm(wasm);
        expect(wasm.equals(before)).toBe(true);
    });

    test("enlarges the script's table and the loop that clears it", () => {
        const patched = patchScript(script);
        expect(patched).toContain("initial:5092");
        expect(patched).toContain("4068>b");
        expect(patched).not.toContain("initial:1924");
    });

    test("refuses to patch twice", () => {
        expect(() => patchWasm(patchWasm(wasm))).toThrow(expect.objectContaining({ code: "image.emulator-differs" }));
        expect(() => patchScript(patchScript(script))).toThrow(
            expect.objectContaining({ code: "image.emulator-differs" }),
        );
    });

    test("refuses other bytes", () => {
        expect(() => patchWasm(new Uint8Array(5000))).toThrow(
            expect.objectContaining({ code: "image.emulator-differs" }),
        );
        expect(() => patchScript(script.replace("900>b", "901>b"))).toThrow(
            expect.objectContaining({ code: "image.emulator-differs" }),
        );
        // the threshold moved or doubled
        const doubled = Buffer.concat([wasm, Buffer.from([0x41, 0xc0, 0x9a, 0x0c])]);
        expect(() => patchWasm(doubled)).toThrow(expect.objectContaining({ code: "image.emulator-differs" }));
    });

    test("writes both files of the installed package", async () => {
        const written = await writePatchedEmulator(join(folder, "deep/er"));
        expect(written.version.startsWith("0.5.462")).toBe(true);
        expect((await readFile(written.wasm)).equals(addBallasts(patchWasm(wasm)))).toBe(true);
        expect(await readFile(written.module, "utf8")).toBe(patchScript(script));
    });

    test("produces the emulator that the page runs, and no other", async () => {
        const written = await writePatchedEmulator(join(folder, "known"));
        const hash = async (path: string) =>
            createHash("sha256")
                .update(await readFile(path))
                .digest("hex");
        expect({ module: await hash(written.module), wasm: await hash(written.wasm) }).toEqual(KNOWN_EMULATOR);
    });
});
