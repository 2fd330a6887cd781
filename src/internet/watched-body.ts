import type { Bytes } from "../base/bytes";

export interface BodyWatch {
    bytes(chunk: Bytes): void;
    ended(): void;
    failed(reason: unknown): void;
    /** The reader wants no more. */
    cancelled(): void;
}

/** The same bytes at the reader's pace; nothing is held back and nothing is read ahead. */
export function watchedBody(body: ReadableStream<Bytes>, watch: BodyWatch): ReadableStream<Bytes> {
    const reader = body.getReader();
    return new ReadableStream<Bytes>(
        {
            async pull(controller) {
                try {
                    const { done, value } = await reader.read();
                    if (done) {
                        watch.ended();
                        controller.close();
                    } else {
                        watch.bytes(value);
                        controller.enqueue(value);
                    }
                } catch (thrown) {
                    watch.failed(thrown);
                    controller.error(thrown);
                }
            },
            cancel(reason) {
                watch.cancelled();
                return reader.cancel(reason);
            },
        },
        { highWaterMark: 0 },
    );
}
