import type { Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { agentGone, streamReset } from "./failures";

/** The window that the specification gives each new stream, bytes. */
export const INITIAL_WINDOW = 256 << 10;

/** Bytes of a data frame: small enough that a large upload does not delay a keystroke. */
const FRAME_BYTES = 16 << 10;

/** What a stream needs from its session. */
export interface StreamCarrier {
    /** Resolves when the port can take more. */
    sendData(id: number, body: Uint8Array): Promise<void>;
    sendWindow(id: number, delta: number): void;
    sendEnd(id: number): void;
    sendReset(id: number): void;
    /** The stream is over in both directions. */
    forget(id: number): void;
}

/**
 * One stream. At most `window` bytes from the peer may be unread here: the peer gets credit back only as the consumer
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

    /**
     * The next bytes, at least one; undefined once the peer has ended. Rejects if the stream was reset or the session
     * ended. One reader at a time.
     */
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

    /**
     * Resolves when everything is on its way. Several writers alternate piece by piece, so write a frame in one call.
     */
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

    /** Called when either side resets the stream or the session ends, even if nobody is reading. */
    onFailure: ((reason: unknown) => void) | undefined;

    /** Called when the peer has sent its last byte, even if nobody is reading. */
    onPeerEnd: (() => void) | undefined;

    /** This side sends no more data. */
    end(): void {
        if (this.#ended.here || this.#failure !== undefined) return;
        this.#ended.here = true;
        this.#carrier.sendEnd(this.id);
        this.#wake();
        if (this.#ended.there) this.#carrier.forget(this.id);
    }

    /**
     * Gives up both directions; whatever waits on the stream rejects with `reason`. Harmless if the stream is already
     * over.
     */
    reset(reason: unknown = streamReset()): void {
        if (this.#failure !== undefined || (this.#ended.here && this.#ended.there)) return;
        this.#carrier.sendReset(this.id);
        this.#carrier.forget(this.id);
        this.#queue = [];
        this.#queued = 0;
        this.#fail(reason);
    }

    /** For the session: data from the peer. False if the peer sent more than it was allowed to. */
    accept(bytes: Bytes): boolean {
        this.#granted -= bytes.byteLength;
        if (this.#granted < 0) return false;
        this.#queue.push(bytes);
        this.#queued += bytes.byteLength;
        this.#wakeReader?.();
        return true;
    }

    /** For the session: the peer can take `delta` more bytes. */
    allow(delta: number): void {
        this.#sendable += delta;
        this.#wake();
    }

    /** For the session: the peer sends nothing more. */
    acceptEnd(): void {
        this.#ended.there = true;
        this.#wake();
        this.onPeerEnd?.();
        if (this.#ended.here) this.#carrier.forget(this.id);
    }

    /**
     * For the session: the peer reset the stream, or the session ended. What arrived before the peer's end stays
     * readable.
     */
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

/** The stream's raw bytes as Web Streams. `first` was read ahead and comes before the rest. */
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
