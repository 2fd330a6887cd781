/** A zstd frame of raw blocks (RFC 8878): Node 20 has no compressor, and a decoder accepts uncompressed blocks. */
const BLOCK_LIMIT = 128 * 1024;

export function zstdCompressSync(bytes: Uint8Array): Uint8Array {
    const header = new Uint8Array(9);
    const view = new DataView(header.buffer);
    view.setUint32(0, 0xfd2fb528, true);
    header[4] = 0xa0; // single segment, four bytes of content size
    view.setUint32(5, bytes.byteLength, true);
    const parts: Uint8Array[] = [header];
    for (let at = 0; at < bytes.byteLength || at === 0; at += BLOCK_LIMIT) {
        const block = bytes.subarray(at, at + BLOCK_LIMIT);
        const last = at + BLOCK_LIMIT >= bytes.byteLength ? 1 : 0;
        const size = (block.byteLength << 3) | last;
        parts.push(new Uint8Array([size & 255, (size >> 8) & 255, size >> 16]), block);
    }
    return Buffer.concat(parts);
}
