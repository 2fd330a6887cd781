/** WebAssembly's binary format, as far as modules are taken apart and put together here. */
import { concatBytes, encodeText } from "../../base/bytes";

export const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
export const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 };
export const EXTERNAL = { function: 0, memory: 2 };

/** LEB128. */
export function unsigned(value: number): Uint8Array {
    const bytes: number[] = [];
    do {
        const rest = value >>> 7;
        bytes.push((value & 127) | (rest ? 128 : 0));
        value = rest;
    } while (value);
    return Uint8Array.from(bytes);
}

export const text = (value: string) => concatBytes([unsigned(value.length), encodeText(value)]);

/** `before`: what there is of the section already, read up to its items, so many of them. */
export function section(
    id: number,
    items: readonly Uint8Array[],
    before?: { count: number; items: Uint8Array },
): Uint8Array {
    const body = concatBytes([
        unsigned((before?.count ?? 0) + items.length),
        ...(before ? [before.items] : []),
        ...items,
    ]);
    return concatBytes([Uint8Array.of(id), unsigned(body.length), body]);
}

export class Reader {
    at: number;

    constructor(
        readonly bytes: Uint8Array,
        at = 0,
    ) {
        this.at = at;
    }

    get atEnd(): boolean {
        return this.at >= this.bytes.length;
    }

    byte(): number {
        const byte = this.bytes[this.at++];
        if (byte === undefined) throw new Error("a WebAssembly module ends early");
        return byte;
    }

    unsigned(): number {
        let value = 0;
        for (let shift = 0; ; shift += 7) {
            const byte = this.byte();
            value |= (byte & 127) << shift;
            if (byte < 128) return value >>> 0;
        }
    }

    /** A number of any length and sign. */
    skipNumber(): void {
        while (this.byte() >= 128);
    }

    text(): string {
        const length = this.unsigned();
        return String.fromCharCode(...this.take(length));
    }

    take(length: number): Uint8Array {
        return this.bytes.subarray(this.at, (this.at += length));
    }
}
