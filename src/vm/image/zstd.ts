import { ZSTDDecoder } from "zstddec";
import { ZSTDDecoder as StreamDecoder } from "zstddec/stream";
import type { Bytes } from "../../base/bytes";

/** Bytes of input given to the streaming decoder at a time, so that its WebAssembly memory stays small. */
const PIECE_BYTES = 1 << 20;

let largeDecoded = false;

let ready: Promise<ZSTDDecoder> | undefined;

/** The decoder for small pieces, one for each thread. */
function decoder(): Promise<ZSTDDecoder> {
    ready ??= (async () => {
        const created = new ZSTDDecoder();
        await withDataAddresses(() => created.init());
        return created;
    })();
    return ready;
}

/**
 * The package fetches its WebAssembly from a `data:` address, which a strict page policy forbids (connect-src 'self').
 * It calls `fetch` before its first await, so during that call `fetch` is replaced by one that needs no permission.
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

/**
 * Decodes a small frame of known size at once. Damaged input may throw or yield wrong bytes, so compare the hash of the
 * result.
 */
export async function decodeFrame(stored: Uint8Array, size: number): Promise<Bytes> {
    return (await decoder()).decode(stored, size) as Bytes;
}

/** A large frame, decoded piece by piece. */
export interface LargeFrame {
    /**
     * A piece is valid until the next is asked for. Damaged input may throw or yield wrong bytes, so compare the hash
     * of the input.
     */
    pieces: Iterable<Uint8Array>;
    /** Frees the decoder's memory. */
    free(): void;
}

/**
 * Call it once in a thread's life. The decoder keeps as much of its output as the frame's window says, 100 MB and more,
 * in memory that WebAssembly never gives back. So this is a separate instance from the one for small pieces, and `free`
 * lets it go.
 *
 * v86 could take the compressed bytes itself, but at a fifth of the speed, and that memory would stay inside its own
 * for good.
 */
export async function openLarge(stored: Uint8Array): Promise<LargeFrame> {
    const large = await largeDecoder();
    return {
        pieces: large.decodeStreaming(pieces(stored)),
        // the package holds its instance in a variable of its module; replacing it with an empty one frees the memory
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

/** The smallest module possible: what every WebAssembly file starts with. */
function emptyModule(): WebAssembly.Module {
    return new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
