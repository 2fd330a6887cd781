/**
 * Compiled code that survives a restore. v86 compiles each hot page of the guest to a small WebAssembly module; a
 * restored state has none of them, and runs interpreted until they are compiled again. So a snapshot carries the
 * modules of the machine it was saved from, merged into a few. The browser's own cache of compiled code then recognises
 * them by their addresses.
 */
import { concatBytes, type Bytes } from "../../base/bytes";
import { EXTERNAL, HEADER, Reader, SECTION, section, text, unsigned } from "./wasm-format";

/** A module made by v86: one function `f`, imports from "e". */
interface Parsed {
    types: Uint8Array[];
    imports: { name: string; type: Uint8Array }[];
    memory: { name: string; limits: Uint8Array };
    body: Uint8Array;
}

const TYPE_OF_F = Uint8Array.of(0x60, 1, 0x7f, 0);
/** The type of a block is a signed number; up to this value it has the same encoding as an unsigned one. */
const MOST_TYPES = 64;
/**
 * Bytes of pages in a merged module. Whenever a browser has optimised another megabyte of a module, it writes the whole
 * module to its cache of compiled code again. With all 16 MB in one module, a first visit fills Chromium's cache (414
 * MB, pushing out everything else); in pieces of this size it takes some 180 MB. Smaller pieces lose at their ends, up
 * to a megabyte each, and compress worse: 2 MB pieces cost 70 KB more before the prompt.
 */
const MODULE_BYTES = 6_000_000;

/** The function of table entry `index` in a merged module. */
export const functionName = (index: number): string => `f${index}`;

/** Throws if the name did not come from `functionName`. */
export function tableIndexOf(name: string): number {
    if (!/^f\d{1,6}$/.test(name)) throw unknown(`a function "${name}"`);
    return Number(name.slice(1));
}

/**
 * `modules`: by table index. Returns modules that together export `functionName(index)` for each and import what they
 * import. Throws if one does not have the shape that v86 0.5.462 produces.
 */
export function mergeModules(modules: ReadonlyMap<number, Uint8Array>): Bytes[] {
    const bytes = [...modules.values()].reduce((sum, module) => sum + module.length, 0);
    const parts: [number, Uint8Array][][] = Array.from({ length: Math.ceil(bytes / MODULE_BYTES) }, () => []);
    [...modules].forEach((module, at) => parts[at % parts.length]!.push(module));
    return parts.map(merge);
}

function merge(modules: readonly [index: number, module: Uint8Array][]): Bytes {
    const types = new Numbering();
    const imports = new Numbering();
    const importEntries: Uint8Array[] = [];
    let memory: Parsed["memory"] | undefined;
    const parsed = modules.map(([index, bytes]) => ({ index, module: parse(bytes) }));
    for (const { module } of parsed) {
        memory ??= module.memory;
        for (const { name, type } of module.imports) {
            if (imports.has(name)) continue;
            imports.of(name);
            importEntries.push(
                concatBytes([
                    text("e"),
                    text(name),
                    Uint8Array.of(EXTERNAL.function),
                    unsigned(types.of(type.join(), type)),
                ]),
            );
        }
    }
    const bodies = parsed.map(({ module }) => {
        const functions = module.imports.map(({ name }) => imports.of(name));
        const typeOf = (index: number) => {
            const type = required(module.types[index]);
            return types.of(type.join(), type);
        };
        return renumber(module.body, index => required(functions[index]), typeOf);
    });
    if (types.size > MOST_TYPES) throw unknown(`${types.size} types`);
    const type = unsigned(types.of(TYPE_OF_F.join(), TYPE_OF_F));
    if (memory)
        importEntries.push(concatBytes([text("e"), text(memory.name), Uint8Array.of(EXTERNAL.memory), memory.limits]));
    return concatBytes([
        HEADER,
        section(SECTION.type, types.values),
        section(SECTION.import, importEntries),
        section(
            SECTION.function,
            bodies.map(() => type),
        ),
        section(
            SECTION.export,
            parsed.map(({ index }, at) =>
                concatBytes([text(functionName(index)), Uint8Array.of(EXTERNAL.function), unsigned(imports.size + at)]),
            ),
        ),
        section(
            SECTION.code,
            bodies.map(body => concatBytes([unsigned(body.length), body])),
        ),
    ]);
}

class Numbering {
    readonly #numbers = new Map<string, number>();
    readonly values: Uint8Array[] = [];

    get size(): number {
        return this.#numbers.size;
    }

    has(key: string): boolean {
        return this.#numbers.has(key);
    }

    of(key: string, value?: Uint8Array): number {
        let number = this.#numbers.get(key);
        if (number === undefined) {
            number = this.#numbers.size;
            this.#numbers.set(key, number);
            if (value) this.values.push(value);
        }
        return number;
    }
}

function required<T>(value: T | undefined): T {
    if (value === undefined) throw unknown("an index beyond its list");
    return value;
}

const unknown = (what: string) => new Error(`a compiled page has an unknown shape: ${what}`);

function parse(bytes: Uint8Array): Parsed {
    const reader = new Reader(bytes, HEADER.length);
    const types: Uint8Array[] = [];
    const imports: Parsed["imports"] = [];
    let memory: Parsed["memory"] | undefined;
    let body: Uint8Array | undefined;
    while (!reader.atEnd) {
        const id = reader.byte();
        const size = reader.unsigned();
        const end = reader.at + size;
        if (id === SECTION.type) {
            for (let count = reader.unsigned(); count > 0; count--) {
                const from = reader.at;
                reader.byte();
                reader.take(reader.unsigned()); // parameters
                reader.take(reader.unsigned()); // results
                types.push(bytes.subarray(from, reader.at));
            }
        } else if (id === SECTION.import) {
            for (let count = reader.unsigned(); count > 0; count--) {
                reader.text();
                const name = reader.text();
                const kind = reader.byte();
                if (kind === EXTERNAL.function) imports.push({ name, type: required(types[reader.unsigned()]) });
                else if (kind === EXTERNAL.memory) {
                    const from = reader.at;
                    const hasMaximum = reader.byte() & 1;
                    reader.skipNumber();
                    if (hasMaximum) reader.skipNumber();
                    memory = { name, limits: bytes.subarray(from, reader.at) };
                } else throw unknown(`an import of kind ${kind}`);
            }
        } else if (id === SECTION.code) {
            const count = reader.unsigned();
            if (count !== 1) throw unknown(`${count} functions`);
            body = reader.take(reader.unsigned());
        }
        reader.at = end;
    }
    if (!memory || !body) throw unknown("no memory or no function");
    return { types, imports, memory, body };
}

/** Renumbers calls and block types. Knows the instructions that v86 emits. */
function renumber(
    body: Uint8Array,
    functionOf: (index: number) => number,
    typeOf: (index: number) => number,
): Uint8Array {
    const reader = new Reader(body);
    const pieces: Uint8Array[] = [];
    let from = 0;
    const replace = (at: number, value: number) => {
        pieces.push(body.subarray(from, at), unsigned(value));
        from = reader.at;
    };
    for (let groups = reader.unsigned(); groups > 0; groups--) {
        reader.skipNumber();
        reader.byte();
    }
    while (!reader.atEnd) {
        const op = reader.byte();
        const at = reader.at;
        if (op >= 0x02 && op <= 0x04) {
            // block, loop, if: a value type, no type, or the number of a type
            const type = body[at]!;
            if (type === 0x40 || (type & 0x40 && !(type & 0x80))) reader.byte();
            else replace(at, typeOf(reader.unsigned()));
        } else if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x24) || op === 0x41 || op === 0x42)
            reader.skipNumber();
        else if (op === 0x0e) for (let count = reader.unsigned() + 1; count > 0; count--) reader.skipNumber();
        else if (op === 0x10) replace(at, functionOf(reader.unsigned()));
        else if (op === 0x11) {
            replace(at, typeOf(reader.unsigned()));
            reader.skipNumber();
        } else if (op >= 0x28 && op <= 0x3e) {
            reader.skipNumber();
            reader.skipNumber();
        } else if (op === 0x3f || op === 0x40) reader.byte();
        else if (op === 0x43) reader.take(4);
        else if (op === 0x44) reader.take(8);
        else if (op === 0xfc) {
            if (reader.unsigned() > 7) throw unknown("a bulk memory instruction");
        } else if (op >= 0xd0) throw unknown(`the instruction ${op.toString(16)}`);
    }
    pieces.push(body.subarray(from));
    return concatBytes(pieces);
}
