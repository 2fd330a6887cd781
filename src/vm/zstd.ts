import { ZSTDDecoder } from "zstddec/stream";
import type { Bytes } from "../base/bytes";

/** Input of the streaming decoder at a time, so that its WebAssembly memory stays small. */
const PIECE_BYTES = 1 << 20;

let ready: Promise<ZSTDDecoder> | undefined;

/** One for the thread: the package keeps its WebAssembly instance to itself. */
function decoder(): Promise<ZSTDDecoder> {
    ready ??= (async () => {
        const created = new ZSTDDecoder();
        await withDataAddresses(() => created.init());
        return created;
    })();
    return ready;
}

/**
 * The package fetches its WebAssembly from a `data:` address, which a strict policy of the page forbids (connect-src
 * 'self'). It calls `fetch` before it first waits, so for that moment there is one that needs no permission.
 */
function withDataAddresses<T>(start: () => T): T {
    const { fetch } = globalThis;
    globalThis.fetch = async input => new Response(Uint8Array.from(atob(String(input).split(",")[1]!), character => character.charCodeAt(0)));
    try {
        return start();
    } finally {
        globalThis.fetch = fetch;
    }
}

/** Compiles the decoder before it is needed. */
export async function warmDecoder(): Promise<void> {
    await decoder();
}

/** Decodes a small frame of known size at once. Damaged input may throw or give other bytes: compare their hash. */
export async function decodeFrame(stored: Uint8Array, size: number): Promise<Bytes> {
    return (await decoder()).decode(stored, size) as Bytes;
}

/**
 * Decodes a large frame in pieces, into an array of its own. Rejects when it does not come to `size` bytes.
 * v86 could take the compressed bytes itself, in a quarter of the speed and with both copies inside its own memory for good.
 */
export async function decodeLarge(stored: Uint8Array, size: number): Promise<Bytes> {
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of (await decoder()).decodeStreaming(pieces(stored))) {
        if (at + part.byteLength > size) throw new RangeError(`more than ${size} bytes`);
        whole.set(part, at);
        at += part.byteLength;
    }
    if (at !== size) throw new RangeError(`${at} bytes, not ${size}`);
    return whole;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
