/** A yamux session whose peer is the test: it sees each frame that is sent and writes whatever it likes. */
import { YamuxSession } from "../../../src/agent/yamux";
import { decodeText, encodeText, type Bytes } from "../../../src/base/bytes";
import type { Duplex } from "../../../src/base/duplex";

export interface SentFrame {
    type: number;
    flags: number;
    id: number;
    length: number;
}

export const FLAGS = { syn: 1, ack: 2, fin: 4, rst: 8 };
export const TYPES = { data: 0, window: 1, ping: 2, goAway: 3 };

export function frame(type: number, flags: number, id: number, length: number, body: Bytes = new Uint8Array(0)): Bytes {
    const bytes = new Uint8Array(12 + body.byteLength);
    const view = new DataView(bytes.buffer);
    view.setUint8(1, type);
    view.setUint16(2, flags);
    view.setUint32(4, id);
    view.setUint32(8, length);
    bytes.set(body, 12);
    return bytes;
}

export const dataFrame = (id: number, body: Bytes, flags = 0) => frame(TYPES.data, flags, id, body.byteLength, body);

export function openSession() {
    const sent: Bytes[] = [];
    let peer!: ReadableStreamDefaultController<Bytes>;
    const port: Duplex = {
        readable: new ReadableStream<Bytes>({ start: controller => void (peer = controller) }),
        writable: new WritableStream<Bytes>({ write: bytes => void sent.push(bytes) }),
    };
    return {
        session: new YamuxSession(port),
        /** Sends bytes from the peer. */
        say: (bytes: Bytes) => peer.enqueue(bytes),
        fail: (reason: unknown) => peer.error(reason),
        headers: (): SentFrame[] =>
            sent.map(bytes => {
                const view = new DataView(bytes.buffer);
                return {
                    type: view.getUint8(1),
                    flags: view.getUint16(2),
                    id: view.getUint32(4),
                    length: view.getUint32(8),
                };
            }),
        /** All data sent on a stream, as text. */
        text: (id: number) =>
            decodeText(
                Buffer.concat(
                    sent
                        .filter(bytes => bytes[1] === TYPES.data && new DataView(bytes.buffer).getUint32(4) === id)
                        .map(bytes => bytes.subarray(12)),
                ),
            ),
    };
}

export const line = (value: unknown) => encodeText(`${JSON.stringify(value)}\n`);

/** Lets everything that is ready run. */
export const settle = () => new Promise<void>(resolve => setImmediate(resolve));
