/**
 * The client side of yamux (specification: hashicorp/yamux, spec.md): several streams over one byte stream, each with a
 * window. Header, 12 bytes big endian: version 0, type, flags (2), stream id (4), length (4).
 */
import { concatBytes, type Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { agentGone, agentSilent, badReply, streamReset } from "./failures";
import { YamuxStream, type StreamCarrier } from "./yamux-stream";

const HEADER_BYTES = 12;
const TYPE = { data: 0, window: 1, ping: 2, goAway: 3 } as const;
const FLAG = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** Streams that the guest may have open to the page. */
const INCOMING_LIMIT = 256;

/**
 * While streams are open, three silent ticks cause a ping, and eighteen end the session. Ticks are counted rather than
 * time, because a tab may sleep and the machine with it. Milliseconds.
 */
const TICK = 5000;
const QUIET_TICKS = 3;
const SILENT_TICKS = 18;

export class YamuxSession implements StreamCarrier {
    #reader: ReadableStreamDefaultReader<Bytes>;
    #writer: WritableStreamDefaultWriter<Bytes>;
    #streams = new Map<number, YamuxStream>();
    /** Our streams whose first frame has not been sent yet. */
    #unannounced = new Set<number>();
    #nextId = 1;
    #ended: { reason: unknown } | undefined;
    #pending: Bytes;
    #quietTicks = 0;
    #watchdog: ReturnType<typeof setInterval>;
    /** Receives the streams that the peer opens; while it is unset, they are refused. */
    onStream: ((stream: YamuxStream) => void) | undefined;

    /** Takes over both ends of `port`; `early` holds bytes already read from it. */
    constructor(port: Duplex, early: Bytes = new Uint8Array(0)) {
        this.#reader = port.readable.getReader();
        this.#writer = port.writable.getWriter();
        this.#pending = early;
        this.#writer.closed.catch(reason => this.close(agentGone(reason)));
        this.#watchdog = setInterval(() => this.#watch(), TICK);
        void this.#receive();
    }

    get ended(): boolean {
        return this.#ended !== undefined;
    }

    /**
     * A new stream. A `window` below 256 KB (in bytes) keeps less unread output in flight once the first 256 KB are
     * through.
     */
    open(window?: number): YamuxStream {
        if (this.#ended) throw this.#ended.reason;
        const id = this.#nextId;
        this.#nextId += 2;
        const stream = new YamuxStream(id, this, window);
        this.#streams.set(id, stream);
        this.#unannounced.add(id);
        return stream;
    }

    /** Ends every stream with `reason` and releases the port, which stays open. */
    close(reason: unknown = agentGone()): void {
        if (this.#ended) return;
        this.#ended = { reason };
        clearInterval(this.#watchdog);
        for (const stream of this.#streams.values()) stream.acceptFailure(reason);
        this.#streams.clear();
        this.#reader.releaseLock();
        this.#writer.releaseLock();
    }

    async sendData(id: number, body: Uint8Array): Promise<void> {
        this.#send(TYPE.data, this.#opening(id), id, body.byteLength, body);
        if (!this.#ended) await this.#writer.ready.catch(reason => this.close(agentGone(reason)));
    }

    sendWindow(id: number, delta: number): void {
        this.#send(TYPE.window, this.#opening(id), id, delta);
    }

    sendEnd(id: number): void {
        this.#send(TYPE.window, FLAG.fin | this.#opening(id), id, 0);
    }

    sendReset(id: number): void {
        if (!this.#unannounced.has(id)) this.#send(TYPE.window, FLAG.rst, id, 0);
    }

    forget(id: number): void {
        this.#streams.delete(id);
        this.#unannounced.delete(id);
    }

    #opening(id: number): number {
        return this.#unannounced.delete(id) ? FLAG.syn : 0;
    }

    #send(type: number, flags: number, id: number, length: number, body?: Uint8Array): void {
        if (this.#ended) return;
        const frame = new Uint8Array(HEADER_BYTES + (body?.byteLength ?? 0));
        const view = new DataView(frame.buffer);
        view.setUint8(1, type);
        view.setUint16(2, flags);
        view.setUint32(4, id);
        view.setUint32(8, length);
        if (body) frame.set(body, HEADER_BYTES);
        this.#writer.write(frame).catch(reason => this.close(agentGone(reason)));
    }

    async #receive(): Promise<void> {
        try {
            for (;;) {
                this.#pending = this.#takeFrames(this.#pending);
                const { done, value } = await this.#reader.read();
                if (this.#ended) return;
                if (done) throw new Error("the port was closed");
                this.#quietTicks = 0;
                this.#pending = this.#pending.byteLength ? concatBytes([this.#pending, value]) : value;
            }
        } catch (thrown) {
            this.close(agentGone(thrown));
        }
    }

    /** Handles what is complete and returns the rest. Pieces of a data frame are passed on as they arrive. */
    #takeFrames(bytes: Bytes): Bytes {
        while (bytes.byteLength) {
            if (this.#body) {
                const piece = bytes.subarray(0, this.#body.left);
                bytes = bytes.subarray(piece.byteLength);
                this.#body.left -= piece.byteLength;
                const stream = this.#streams.get(this.#body.id); // undefined: this side has already given it up
                if (stream && !stream.accept(piece)) throw badReply("more data than the window allows");
                if (this.#body.left === 0) {
                    if (this.#body.flags & FLAG.fin) stream?.acceptEnd();
                    this.#body = undefined;
                }
                continue;
            }
            if (bytes.byteLength < HEADER_BYTES) break;
            const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
            if (view.getUint8(0) !== 0) throw badReply("the agent restarted, or lost its place");
            this.#takeHeader(view.getUint8(1), view.getUint16(2), view.getUint32(4), view.getUint32(8));
            bytes = bytes.subarray(HEADER_BYTES);
        }
        return bytes;
    }
    /** The data frame that is being received. */
    #body: { id: number; flags: number; left: number } | undefined;

    #takeHeader(type: number, flags: number, id: number, length: number): void {
        if (type === TYPE.ping) {
            if (flags & FLAG.syn) this.#send(TYPE.ping, FLAG.ack, 0, length);
            return;
        }
        if (type === TYPE.goAway) throw new Error(`the agent ended the session (${length})`);
        if (type !== TYPE.data && type !== TYPE.window) throw badReply(`frame type ${type}`);
        if (flags & FLAG.syn) this.#takeStream(id);
        const stream = this.#streams.get(id);
        if (flags & FLAG.rst) {
            this.forget(id);
            stream?.acceptFailure(streamReset());
        }
        if (type === TYPE.window) {
            stream?.allow(length);
            if (flags & FLAG.fin) stream?.acceptEnd();
        } else if (length > 0) this.#body = { id, flags, left: length };
        else if (flags & FLAG.fin) stream?.acceptEnd();
    }

    #takeStream(id: number): void {
        if (id === 0 || id % 2 !== 0 || this.#streams.has(id)) throw badReply(`stream ${id} was opened incorrectly`);
        if (!this.onStream || this.#streams.size >= INCOMING_LIMIT) return this.#send(TYPE.window, FLAG.rst, id, 0);
        const stream = new YamuxStream(id, this);
        this.#streams.set(id, stream);
        this.#send(TYPE.window, FLAG.ack, id, 0);
        this.onStream(stream);
    }

    #watch(): void {
        this.#quietTicks = this.#streams.size === 0 ? 0 : this.#quietTicks + 1;
        if (this.#quietTicks === QUIET_TICKS) this.#send(TYPE.ping, FLAG.syn, 0, 1);
        if (this.#quietTicks === SILENT_TICKS)
            this.close(agentSilent(`the guest agent has sent nothing for ${(SILENT_TICKS * TICK) / 1000} seconds`));
    }
}
