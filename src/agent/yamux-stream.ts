import type { Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { agentGone, streamReset } from "./failures";

/** The specification's window at the start of each stream, bytes. */
export const INITIAL_WINDOW = 256 << 10;

/** Bytes of a data frame: small enough that a large upload does not hold up a keystroke. */
const FRAME_BYTES = 16 << 10;

/** What a stream needs of its session. */
export interface StreamCarrier {
    /** Resolves when the port takes more. */
    sendData(id: number, body: Uint8Array): Promise<void>;
    sendWindow(id: number, delta: number): void;
    sendEnd(id: number): void;
    sendReset(id: number): void;
    /** The stream is over both ways. */
    forget(id: number): void;
}

/**
 * One stream. The peer may have sent at most `window` bytes that were not read here: credit goes back only as the consumer
 * reads, so a flood stops at the source.
 */
export class YamuxStream {
    readonly id: number;
    #carrier: StreamCarrier;
    #window: number;
    /** Bytes that the peer may still send. */
    #granted = INITIAL_WINDOW;
    #sendable = INITIAL_WINDOW;
    #queue: Bytes[] = [];
    #queued = 0;
    #ended = { here: false, there: false };
    #failure: unknown;
    #wakeReader: (() => void) | undefined;
    #wakeWriters: (() => void)[] = [];

    constructor(id: number, carrier: StreamCarrier, window = INITIAL_WINDOW) {
        this.id = id;
        this.#carrier = carrier;
        this.#window = window;
    }

    /** The next bytes, at least one; undefined at the peer's end. Rejects when the stream was reset or the session ended. One reader at a time. */
    async read(): Promise<Bytes | undefined> {
        for (;;) {
            const chunk = this.#queue.shift();
            if (chunk) {
                this.#queued -= chunk.byteLength;
                this.#giveCredit();
                return chunk;
            }
            if (this.#ended.there) return undefined;
            if (this.#failure !== undefined) throw this.#failure;
            await new Promise<void>(resolve => (this.#wakeReader = resolve));
        }
    }

    /** Resolves when everything is on its way. Several writers take turns by piece, so frames must be written in one call. */
    async write(bytes: Uint8Array): Promise<void> {
        const turn = this.#writing;
        let done = (): void => undefined;
        this.#writing = new Promise(resolve => (done = resolve));
        await turn;
        try {
            for (let at = 0; at < bytes.byteLength;) {
                while (this.#sendable === 0 && this.#failure === undefined && !this.#ended.here)
                    await new Promise<void>(resolve => this.#wakeWriters.push(resolve));
                if (this.#failure !== undefined) throw this.#failure;
                if (this.#ended.here) throw streamReset();
                const piece = bytes.subarray(at, at + Math.min(FRAME_BYTES, this.#sendable, bytes.byteLength - at));
                at += piece.byteLength;
                this.#sendable -= piece.byteLength;
                await this.#carrier.sendData(this.id, piece);
            }
        } finally {
            done();
        }
    }
    #writing: Promise<void> = Promise.resolve();

    /** Told when the stream is reset by either side or the session ends, also while nobody reads. */
    onFailure: ((reason: unknown) => void) | undefined;

    /** Told when the peer has sent its last byte, also while nobody reads. */
    onPeerEnd: (() => void) | undefined;

    /** No more data from here. */
    end(): void {
        if (this.#ended.here || this.#failure !== undefined) return;
        this.#ended.here = true;
        this.#carrier.sendEnd(this.id);
        this.#wake();
        if (this.#ended.there) this.#carrier.forget(this.id);
    }

    /** Gives the stream up both ways; what waits on it rejects with `reason`. Harmless when it is over already. */
    reset(reason: unknown = streamReset()): void {
        if (this.#failure !== undefined || (this.#ended.here && this.#ended.there)) return;
        this.#carrier.sendReset(this.id);
        this.#carrier.forget(this.id);
        this.#queue = [];
        this.#queued = 0;
        this.#fail(reason);
    }

    /** From the session: data of the peer. False when it is more than it was allowed. */
    accept(bytes: Bytes): boolean {
        this.#granted -= bytes.byteLength;
        if (this.#granted < 0) return false;
        this.#queue.push(bytes);
        this.#queued += bytes.byteLength;
        this.#wakeReader?.();
        return true;
    }

    /** From the session: the peer takes `delta` bytes more. */
    allow(delta: number): void {
        this.#sendable += delta;
        this.#wake();
    }

    /** From the session: the peer sends nothing more. */
    acceptEnd(): void {
        this.#ended.there = true;
        this.#wake();
        this.onPeerEnd?.();
        if (this.#ended.here) this.#carrier.forget(this.id);
    }

    /** From the session: reset by the peer, or the session's end. What was received before the peer's end stays readable. */
    acceptFailure(reason: unknown): void {
        this.#fail(reason);
    }

    #fail(reason: unknown): void {
        if (this.#failure !== undefined) return;
        this.#failure = reason ?? agentGone();
        this.#wake();
        this.onFailure?.(this.#failure);
    }

    #wake(): void {
        this.#wakeReader?.();
        for (const wake of this.#wakeWriters.splice(0)) wake();
    }

    #giveCredit(): void {
        const delta = this.#window - this.#queued - this.#granted;
        if (delta < this.#window / 2 || this.#ended.there || this.#failure !== undefined) return;
        this.#granted += delta;
        this.#carrier.sendWindow(this.id, delta);
    }
}

/** The stream's raw bytes as Web Streams. `first` was read ahead of the rest. */
export function asDuplex(stream: YamuxStream, first?: Bytes): Duplex {
    let ahead = first?.byteLength ? first : undefined;
    return {
        readable: new ReadableStream<Bytes>(
            {
                async pull(controller) {
                    const bytes = ahead ?? (await stream.read());
                    ahead = undefined;
                    if (bytes) controller.enqueue(bytes);
                    else controller.close();
                },
                cancel: reason => stream.reset(reason),
            },
            { highWaterMark: 0 },
        ),
        writable: new WritableStream<Bytes>({
            write: bytes => stream.write(bytes),
            close: () => stream.end(),
            abort: reason => stream.reset(reason),
        }),
    };
}
