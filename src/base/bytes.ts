const encoder = new TextEncoder();

/** Bytes backed by an ArrayBuffer: what streams, fetch bodies and transfers take. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const encodeText = (text: string): Bytes => encoder.encode(text) as Bytes;

/** Invalid UTF-8 becomes U+FFFD; use for display and for text whose bytes are known good. */
export const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function concatBytes(parts: readonly Uint8Array[]): Bytes {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.byteLength;
    }
    return whole;
}

export function toHex(bytes: Uint8Array): string {
    let text = "";
    for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
    return text;
}

/** Reads a whole stream into memory. `limit`, in bytes, guards against a guest that never stops. */
export async function readAll(stream: ReadableStream<Uint8Array>, limit = Number.POSITIVE_INFINITY): Promise<Bytes> {
    const reader = stream.getReader();
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return concatBytes(parts);
        size += value.byteLength;
        if (size > limit) {
            await reader.cancel();
            throw new RangeError(`more than ${limit} bytes`);
        }
        parts.push(value);
    }
}
