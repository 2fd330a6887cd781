import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { addBallasts, BALLASTS, useBallast } from "../../../src/vm/image/ballast";
import { pageModule } from "./page-module";

const exportsOf = (module: WebAssembly.Module) =>
    WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);

test("v86 stays the same, with a few more functions at the end that do nothing", async () => {
    const wasm = Uint8Array.from(
        await readFile(join(dirname(createRequire(import.meta.url).resolve("v86")), "v86.wasm")),
    );
    const before = new WebAssembly.Module(wasm);
    const after = new WebAssembly.Module(addBallasts(wasm));
    const added = exportsOf(after).slice(exportsOf(before).length);
    expect(exportsOf(after).slice(0, -BALLASTS)).toEqual(exportsOf(before));
    expect(added).toEqual(["function drydock_ballast_0", "function drydock_ballast_1"]);
    expect(WebAssembly.Module.imports(after)).toEqual(WebAssembly.Module.imports(before));
});

test("a module's own functions still work, and a ballast can be used", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const wasm = addBallasts(pageModule({ calls: ["next"], at: 64 }));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
        e: { m: memory, unused: () => undefined, next: (value: number) => value + 1 },
    });
    (exports.f as (value: number) => void)(5);
    expect(new Uint8Array(memory.buffer)[64]).toBe(6);
    for (let number = 0; number < BALLASTS; number++) useBallast(exports, number);
    const ballast = exports.drydock_ballast_1 as (skip: number, x: number, y: number) => number;
    expect(ballast(1, 3, 7)).toBe(3);
    expect(ballast(0, 3, 7)).toBe(7); // max(min(3, 7), 7)
});

test("an emulator without ballasts is left alone", () => {
    expect(() => useBallast({}, 0)).not.toThrow();
});
