import { ZSTDDecoder } from "zstddec";
import { ZSTDDecoder as StreamDecoder } from "zstddec/stream";
import type { Bytes } from "../../base/bytes";

/** Input of the streaming decoder at a time, so that its WebAssembly memory stays small. */
const PIECE_BYTES = 1 << 20;

let largeDecoded = false;

let ready: Promise<ZSTDDecoder> | undefined;

/** For small pieces, one for the thread. */
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
    globalThis.fetch = async input =>
        new Response(Uint8Array.from(atob((input as string).split(",")[1]!), character => character.charCodeAt(0)));
    try {
        return start();
    } finally {
        globalThis.fetch = fetch;
    }
}

/** Decodes a small frame of known size at once. Damaged input may throw or give other bytes: compare their hash. */
export async function decodeFrame(stored: Uint8Array, size: number): Promise<Bytes> {
    return (await decoder()).decode(stored, size) as Bytes;
}

/** A large frame, decoded piece by piece. */
export interface LargeFrame {
    /** A piece is good until the next is asked for. Damaged input may throw or give other bytes: compare the hash of what went in. */
    pieces: Iterable<Uint8Array>;
    /** Gives the decoder's memory back. */
    free(): void;
}

/**
 * Once in a thread's life. The decoder keeps as much of what it has written as the frame's window says, 100 MB and more, in memory
 * that WebAssembly never gives back: so it is another instance than the one for small pieces, and is let go with `free`.
 *
 * v86 could take the compressed bytes itself, at a fifth of the speed and with that memory inside its own for good.
 */
export async function openLarge(stored: Uint8Array): Promise<LargeFrame> {
    const large = await largeDecoder();
    return {
        pieces: large.decodeStreaming(pieces(stored)),
        // the package holds its instance in a variable of its module; an empty one in its place frees the memory
        free: () =>
            large._init({
                instance: { exports: { memory: new WebAssembly.Memory({ initial: 0 }) } },
                module: emptyModule(),
            }),
    };
}

async function largeDecoder(): Promise<StreamDecoder> {
    if (largeDecoded) throw new Error("a thread can decode a large frame only once");
    largeDecoded = true;
    const large = new StreamDecoder();
    await withDataAddresses(() => large.init());
    return large;
}

/** The smallest module there is: what every WebAssembly file starts with. */
function emptyModule(): WebAssembly.Module {
    return new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
