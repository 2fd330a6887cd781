/**
 * The page's end of a raw port: a duplex over the worker's messages. At most `PORT_WINDOW` bytes are under way in each
 * direction.
 */
import type { Bytes } from "../base/bytes";
import type { Duplex } from "../base/duplex";
import { PORT_ACKNOWLEDGE, PORT_WINDOW } from "./protocol";

export interface RemotePortLink {
    /** Takes ownership of the bytes (transfers them). */
    send(bytes: Bytes): void;
    consumed(count: number): void;
}

export class RemotePort implements Duplex {
    readonly readable: ReadableStream<Bytes>;
    readonly writable: WritableStream<Bytes>;
    #link: RemotePortLink;
    #reader!: ReadableStreamDefaultController<Bytes>;
    #writer!: WritableStreamDefaultController;
    #received: Bytes[] = [];
    #pulling: (() => void) | undefined;
    #discarding = false;
    #consumed = 0;
    #unaccepted = 0;
    #windowOpens: (() => void) | undefined;
    #failure: { reason: unknown } | undefined;

    constructor(link: RemotePortLink) {
        this.#link = link;
        this.readable = new ReadableStream<Bytes>(
            {
                start: controller => void (this.#reader = controller),
                pull: () => this.#pull(),
                cancel: () => {
                    this.#discarding = true; // the guest must not block on a reader that has left
                    for (const bytes of this.#received.splice(0)) this.#acknowledge(bytes.byteLength);
                },
            },
            { highWaterMark: 0 },
        );
        this.writable = new WritableStream<Bytes>(
            { start: controller => void (this.#writer = controller), write: bytes => this.#write(bytes) },
            { highWaterMark: 1 },
        );
    }

    /** The guest has sent bytes. */
    receive(bytes: Bytes): void {
        if (this.#failure) return;
        if (this.#discarding) return this.#acknowledge(bytes.byteLength);
        this.#received.push(bytes);
        this.#pulling?.();
    }

    /** The guest has taken `count` more bytes. */
    accept(count: number): void {
        this.#unaccepted -= count;
        this.#openWindow();
    }

    /** Errors both streams. */
    fail(reason: unknown): void {
        if (this.#failure) return;
        this.#failure = { reason };
        this.#received = [];
        this.#reader.error(reason);
        this.#writer.error(reason);
        this.#pulling?.();
        this.#openWindow();
    }

    async #pull(): Promise<void> {
        if (this.#received.length === 0 && !this.#failure)
            await new Promise<void>(resolve => (this.#pulling = resolve));
        this.#pulling = undefined;
        const bytes = this.#received.shift();
        if (!bytes || this.#failure) return;
        this.#reader.enqueue(bytes);
        this.#acknowledge(bytes.byteLength);
    }

    async #write(bytes: Bytes): Promise<void> {
        // the caller may reuse its array, and the worker takes the buffer, so send copies, in pieces that fit the
        // window
        for (let at = 0; at < bytes.byteLength; at += PORT_ACKNOWLEDGE) {
            const part = new Uint8Array(bytes.subarray(at, at + PORT_ACKNOWLEDGE)); // not slice(): a Node Buffer would share its memory
            while (this.#unaccepted + part.byteLength > PORT_WINDOW) {
                if (this.#failure) throw this.#failure.reason;
                await new Promise<void>(resolve => (this.#windowOpens = resolve));
            }
            if (this.#failure) throw this.#failure.reason;
            this.#unaccepted += part.byteLength;
            this.#link.send(part);
        }
    }

    #openWindow(): void {
        const opens = this.#windowOpens;
        this.#windowOpens = undefined;
        opens?.();
    }

    #acknowledge(count: number): void {
        this.#consumed += count;
        if (this.#consumed < PORT_ACKNOWLEDGE) return;
        this.#link.consumed(this.#consumed);
        this.#consumed = 0;
    }
}
