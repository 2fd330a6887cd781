import { afterEach, describe, expect, test } from "vitest";
import { type Bytes, readAll } from "../../../src/base/bytes";
import { receiveBody, sendBody } from "../../../src/preview/body";

const channels: MessageChannel[] = [];

function channel(): MessageChannel {
    const made = new MessageChannel();
    made.port1.start();
    made.port2.start();
    channels.push(made);
    return made;
}

afterEach(() => {
    for (const { port1, port2 } of channels.splice(0)) {
        port1.close();
        port2.close();
    }
});

/** A source of `chunks` chunks that counts how many were taken. */
function source(chunks: number, size = 1000) {
    const state = { taken: 0, cancelled: undefined as unknown };
    const stream = new ReadableStream<Bytes>(
        {
            pull(controller) {
                if (state.taken === chunks) return controller.close();
                controller.enqueue(new Uint8Array(size).fill(state.taken++));
            },
            cancel: reason => {
                state.cancelled = reason;
            },
        },
        { highWaterMark: 0 },
    );
    return { state, stream };
}

describe("a body over a port", () => {
    test("arrives whole and in order, however it is cut", async () => {
        const { port1, port2 } = channel();
        const whole = new Uint8Array(1_000_003).map((_, index) => index % 251);
        const received = readAll(receiveBody(port2));
        await sendBody(port1, new Blob([whole]).stream() as ReadableStream<Bytes>);
        expect(Buffer.from(await received).equals(whole)).toBe(true);
    });

    test("an empty body ends", async () => {
        const { port1, port2 } = channel();
        const received = readAll(receiveBody(port2));
        await sendBody(port1, source(0).stream);
        expect((await received).byteLength).toBe(0);
    });

    test("a flood stops at the high mark while nobody reads, and continues afterwards", async () => {
        const { port1, port2 } = channel();
        const { state, stream } = source(10_000);
        const received = receiveBody(port2);
        const sent = sendBody(port1, stream);
        let before = -1;
        await expect
            .poll(() => {
                const still = state.taken === before && state.taken > 0;
                before = state.taken;
                return still;
            })
            .toBe(true);
        expect(state.taken).toBeLessThanOrEqual(20);
        expect((await readAll(received)).byteLength).toBe(10_000_000);
        await sent;
    });

    test("the reader's cancel reaches the source", async () => {
        const { port1, port2 } = channel();
        const { state, stream } = source(10_000);
        const received = receiveBody(port2);
        const sent = sendBody(port1, stream);
        const reader = received.getReader();
        await reader.read();
        await reader.cancel();
        await sent;
        expect(state.cancelled).toBeInstanceOf(Error);
    });

    test("a source that breaks breaks the reader's stream", async () => {
        const { port1, port2 } = channel();
        const received = readAll(receiveBody(port2));
        const broken = new ReadableStream<Bytes>({ pull: () => Promise.reject(new Error("the machine stopped")) });
        void sendBody(port1, broken);
        await expect(received).rejects.toThrow("the machine stopped");
    });

    test("aborting the sender breaks the reader's stream and cancels the source", async () => {
        const { port1, port2 } = channel();
        const { state, stream } = source(10_000);
        const abort = new AbortController();
        const reader = receiveBody(port2).getReader();
        const sent = sendBody(port1, stream, abort.signal);
        await reader.read();
        abort.abort(new Error("given up"));
        await sent;
        await expect(
            (async () => {
                while (!(await reader.read()).done);
            })(),
        ).rejects.toThrow("given up");
        expect(state.cancelled).toBeInstanceOf(Error);
    });

    test("a side that is gone breaks the stream", async () => {
        const { port1, port2 } = channel();
        const received = readAll(receiveBody(port2));
        port1.close();
        await expect(received).rejects.toThrow("gone");
    });
});
