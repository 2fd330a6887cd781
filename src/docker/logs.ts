import { concatBytes, decodeText } from "../base/bytes";
import { DrydockError } from "../base/errors";

/** Stream number, three zero bytes, length (big endian). */
const headerBytes = 8;

/**
 * The text of a log reply. Without a terminal, the engine frames each piece with the number of its stream; both streams
 * are wanted here, in the order they were written. With a terminal, the bytes come as they are, including the
 * terminal's carriage returns.
 */
export function readLog(bytes: Uint8Array, mediaType: string): string {
    if (!mediaType.includes("multiplexed")) return decodeText(bytes).replaceAll("\r\n", "\n");
    const pieces: Uint8Array[] = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength;) {
        if (at + headerBytes > bytes.byteLength || bytes[at]! > 3) throw damaged();
        const length = view.getUint32(at + 4);
        if (at + headerBytes + length > bytes.byteLength) throw damaged();
        pieces.push(bytes.subarray(at + headerBytes, at + headerBytes + length));
        at += headerBytes + length;
    }
    return decodeText(concatBytes(pieces));
}

const damaged = () =>
    new DrydockError(
        "docker.bad-reply",
        "The Docker engine's log reply was cut off.",
        "Try again, or run docker logs in a terminal.",
    );
