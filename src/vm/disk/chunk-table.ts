import { toHex } from "../../base/bytes";

/** Bytes of a chunk's hash in the table: the first half of its sha256. */
export const HASH_BYTES = 16;

/** The image's disk as a list of content hashes, one for each chunk. */
export class ChunkTable {
    readonly length: number;

    /** `bytes`: the table file, 16 bytes for each chunk. */
    constructor(
        private readonly bytes: Uint8Array,
        readonly chunkBytes: number,
    ) {
        this.length = bytes.byteLength / HASH_BYTES;
    }

    /** Size of the disk in bytes. */
    get diskBytes(): number {
        return this.length * this.chunkBytes;
    }

    /** The chunk's hash in hex; undefined if the chunk is all zeros and has no file. */
    hash(chunk: number): string | undefined {
        const hash = this.bytes.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES);
        return hash.every(byte => byte === 0) ? undefined : toHex(hash);
    }
}

/** Path of a chunk's file in the image. */
export const chunkPath = (hash: string) => `disk/${hash.slice(0, 2)}/${hash}.zst`;
