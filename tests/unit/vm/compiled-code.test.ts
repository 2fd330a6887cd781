import { describe, expect, test } from "vitest";
import { functionName, mergeModules, tableIndexOf } from "../../../src/vm/image/compiled-code";
import { pageModule } from "./page-module";

type Page = (value: number) => void;

async function instantiate(bytes: Uint8Array<ArrayBuffer>) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const called: string[] = [];
    const taking = (name: string, change: (value: number) => number) => (value: number) => (
        called.push(name),
        change(value)
    );
    const e = {
        m: memory,
        unused: () => undefined,
        twice: taking("twice", value => 2 * value),
        next: taking("next", value => value + 1),
        less: taking("less", value => value - 3),
    };
    const { instance } = await WebAssembly.instantiate(bytes, { e });
    return {
        pages: instance.exports as Record<string, Page>,
        called,
        at: (address: number) => new DataView(memory.buffer).getInt32(address, true),
    };
}

function only<T>(values: readonly T[]): T {
    expect(values).toHaveLength(1);
    return values[0]!;
}

describe("compiled pages, merged", () => {
    test("do what each did alone, under the number of its table entry", async () => {
        const modules = new Map([
            [7, pageModule({ calls: ["twice", "next"], at: 64 })],
            [4000, pageModule({ calls: ["next"], at: 68 })],
            [12, pageModule({ calls: ["less", "twice"], at: 72 })],
        ]);
        const { pages, called, at } = await instantiate(only(mergeModules(modules)));
        expect(Object.keys(pages).map(tableIndexOf)).toEqual([7, 4000, 12]);
        for (const index of modules.keys()) pages[functionName(index)]!(5);
        expect([at(64), at(68), at(72)]).toEqual([11, 6, 4]);
        expect(called).toEqual(["twice", "next", "next", "less", "twice"]);
    });

    test.each(["g7", "f", "f-7", "f7.5", "f1e3", "f 7", "f12345678"])("the name %s is not one of theirs", name => {
        expect(() => tableIndexOf(name)).toThrow(`a function "${name}"`);
    });

    test("import each function once", () => {
        const merged = new WebAssembly.Module(
            only(
                mergeModules(
                    new Map([
                        [1, pageModule({ calls: ["next", "twice"], at: 0 })],
                        [2, pageModule({ calls: ["twice", "next"], at: 4 })],
                    ]),
                ),
            ),
        );
        expect(
            WebAssembly.Module.imports(merged)
                .map(({ name }) => name)
                .sort(),
        ).toEqual(["m", "next", "twice", "unused"]);
    });

    test("merge to nothing when there are none", () => {
        expect(mergeModules(new Map())).toEqual([]);
    });

    test("are spread over modules of 6 MB, each page once", () => {
        const nothing = Array.from({ length: 10_000 }, () => 0x01);
        const page = pageModule({ calls: ["next"], at: 0, instructions: nothing });
        const indices = Array.from({ length: Math.ceil(14_000_000 / page.length) }, (_, index) => index);
        const modules = mergeModules(new Map(indices.map(index => [index, page])));
        expect(modules).toHaveLength(3);
        for (const { length } of modules) expect(length).toBeLessThan(6_000_000);
        const exported = modules.flatMap(module =>
            WebAssembly.Module.exports(new WebAssembly.Module(module)).map(({ name }) => tableIndexOf(name)),
        );
        expect(exported.sort((a, b) => a - b)).toEqual(indices);
    });

    test.each([
        ["two functions", pageModule({ calls: ["next"], at: 0, functions: 2 }), "2 functions"],
        [
            "an instruction that v86 does not use",
            pageModule({ calls: [], at: 0, instructions: [0xd0, 0x70, 0x1a] }),
            "instruction d0",
        ],
        ["a bulk memory instruction", pageModule({ calls: [], at: 0, instructions: [0xfc, 0x0b, 0] }), "bulk memory"],
        ["nothing in it", Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), "no memory"],
        ["an end in the middle", pageModule({ calls: ["next"], at: 0 }).subarray(0, 60), "ends early"],
    ])("are refused with %s", (_, module, reason) => {
        expect(() => mergeModules(new Map([[1, module]]))).toThrow(reason);
    });
});
