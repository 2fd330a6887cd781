/**
 * What a stream carries after its header line: frames of 1 byte type, 4 bytes length (big endian), then the payload.
 * See the agent's frames.go.
 */
import { concatBytes, decodeText, type Bytes } from "../base/bytes";
import { agentFailure, badReply, streamReset } from "./failures";
import type { YamuxStream } from "./yamux-stream";

export const FRAME = { data: 0, stderr: 1, end: 2, exit: 3, resize: 4, signal: 5, error: 6 } as const;

const HEADER_BYTES = 5;

/** Largest payload, bytes. */
const FRAME_LIMIT = 64 << 10;
const LINE_LIMIT = 1 << 20;

export interface Frame {
    type: number;
    payload: Bytes;
}

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array(0)): Bytes {
    const frame = new Uint8Array(HEADER_BYTES + payload.byteLength);
    frame[0] = type;
    new DataView(frame.buffer).setUint32(1, payload.byteLength);
    frame.set(payload, HEADER_BYTES);
    return frame;
}

/** Writes any number of bytes as data frames. */
export async function writeData(stream: YamuxStream, bytes: Uint8Array, type: number = FRAME.data): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += FRAME_LIMIT)
        await stream.write(encodeFrame(type, bytes.subarray(at, at + FRAME_LIMIT)));
}

/** Reads lines and frames off a stream. */
export class FrameReader {
    #stream: YamuxStream;
    #rest: Bytes = new Uint8Array(0);

    constructor(stream: YamuxStream) {
        this.#stream = stream;
    }

    /** Bytes read from the stream but not yet asked for. */
    get rest(): Bytes {
        return this.#rest;
    }

    /** One line of JSON; it must hold an object. */
    async json(): Promise<Record<string, unknown>> {
        let from = 0;
        let end: number;
        while ((end = this.#rest.indexOf(10, from)) < 0) {
            from = this.#rest.byteLength;
            if (from > LINE_LIMIT) throw badReply("a line without end");
            if (!(await this.#more())) throw streamReset();
        }
        const line = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return parseObject(line);
    }

    /**
     * The next frame. Rejects with the agent's own error if it is an error frame, and with a named error if the stream
     * ends without one.
     */
    async frame(): Promise<Frame> {
        await this.#atLeast(HEADER_BYTES);
        const view = new DataView(this.#rest.buffer, this.#rest.byteOffset, HEADER_BYTES);
        const type = view.getUint8(0);
        const length = view.getUint32(1);
        if (length > FRAME_LIMIT) throw badReply(`a frame of ${length} bytes`);
        await this.#atLeast(HEADER_BYTES + length);
        const payload = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
        this.#rest = this.#rest.subarray(HEADER_BYTES + length);
        if (type === FRAME.error) throw agentFailure(parseObject(payload));
        return { type, payload };
    }

    /** The next data frame's payload; undefined at the end frame. */
    async data(): Promise<Bytes | undefined> {
        const { type, payload } = await this.frame();
        if (type === FRAME.data) return payload;
        if (type === FRAME.end) return undefined;
        throw badReply(`frame type ${type}`);
    }

    async #atLeast(count: number): Promise<void> {
        if (this.#rest.byteLength >= count) return;
        const parts = [this.#rest];
        for (let have = this.#rest.byteLength; have < count;) {
            const more = await this.#stream.read();
            if (!more) throw streamReset();
            parts.push(more);
            have += more.byteLength;
        }
        this.#rest = concatBytes(parts);
    }

    async #more(): Promise<boolean> {
        const more = await this.#stream.read();
        if (more) this.#rest = this.#rest.byteLength ? concatBytes([this.#rest, more]) : more;
        return more !== undefined;
    }
}

export function parseObject(bytes: Uint8Array): Record<string, unknown> {
    let value: unknown;
    try {
        value = JSON.parse(decodeText(bytes));
    } catch (thrown) {
        throw badReply("no JSON", thrown);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw badReply("not a JSON object");
    return value as Record<string, unknown>;
}
