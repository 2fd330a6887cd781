import type { Bytes } from "./bytes";

/**
 * Two byte streams, one each way, with the streams' own backpressure. Closing `writable` is a half-close; cancelling
 * `readable` or aborting `writable` gives up both directions.
 */
export interface Duplex {
    readonly readable: ReadableStream<Bytes>;
    readonly writable: WritableStream<Bytes>;
}
