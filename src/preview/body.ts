/**
 * A byte stream over a MessagePort, with acknowledgements: the receiver grants chunks, and the sender sends no more
 * than that. (Only some browsers can transfer streams; this works in all of them, and under Node in the tests.)
 */
import type { Bytes } from "../base/bytes";
import { messageOf } from "../base/errors";

/**
 * Both directions use these: `chunk`, `end` and `broken` about the body being sent, `pull` and `cancel` about the body
 * being received.
 */
export type BodyMessage =
    | { kind: "chunk"; bytes: Bytes }
    | { kind: "end" }
    | { kind: "broken"; message: string }
    /** This many more chunks may be sent. */
    | { kind: "pull"; chunks: number }
    | { kind: "cancel" };

/** Most chunks under way (the high mark): 8 of at most 128 KiB keep the port busy and hold 1 MiB. */
const WINDOW = 8;
const LARGEST = 128 << 10;

/** The part of a MessagePort that bodies need. */
export type Port = Pick<MessagePort, "postMessage" | "addEventListener" | "removeEventListener">;

/**
 * Sends `source` until it ends. Resolves when everything is sent or the receiver has cancelled; if the source fails,
 * the receiver is told. Aborting `signal` cancels the source and breaks the receiver's stream.
 */
export async function sendBody(port: Port, source: ReadableStream<Bytes>, signal?: AbortSignal): Promise<void> {
    const reader = source.getReader();
    let granted = 0;
    let ended = false;
    let wake: () => void = () => undefined;
    const stop = (reason: unknown) => {
        ended = true;
        wake();
        reader.cancel(reason).catch(() => undefined); // whether the source could be cancelled no longer matters
    };
    const listen = (event: MessageEvent) => {
        const message = event.data as BodyMessage;
        if (message.kind === "pull") {
            granted += message.chunks;
            wake();
        } else if (message.kind === "cancel") stop(new DOMException("The receiver wants no more.", "AbortError"));
    };
    const onAbort = () => {
        if (!ended) port.postMessage({ kind: "broken", message: messageOf(signal?.reason) } satisfies BodyMessage);
        stop(signal?.reason);
    };
    port.addEventListener("message", listen);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
        if (signal?.aborted) onAbort();
        while (!ended) {
            const { done, value } = await reader.read();
            if (ended) return;
            if (done) return port.postMessage({ kind: "end" } satisfies BodyMessage);
            for (let at = 0; at < value.byteLength && !ended; at += LARGEST) {
                while (granted === 0 && !ended) await new Promise<void>(resolve => (wake = resolve));
                if (ended) return;
                granted--;
                // A copy, since the chunk may be a view of memory that its owner goes on using.
                const bytes = value.slice(at, at + LARGEST);
                port.postMessage({ kind: "chunk", bytes } satisfies BodyMessage, [bytes.buffer]);
            }
        }
    } catch (thrown) {
        if (!ended) port.postMessage({ kind: "broken", message: messageOf(thrown) } satisfies BodyMessage);
    } finally {
        port.removeEventListener("message", listen);
        signal?.removeEventListener("abort", onAbort);
    }
}

/**
 * The stream that the other side sends. Cancelling it cancels the sender's source. `onEnd` is called once, however the
 * stream ends.
 */
export function receiveBody(port: Port, onEnd: () => void = () => undefined): ReadableStream<Bytes> {
    let unacknowledged = 0;
    const acknowledge = () => {
        if (unacknowledged === 0) return;
        port.postMessage({ kind: "pull", chunks: unacknowledged } satisfies BodyMessage);
        unacknowledged = 0;
    };
    let close: () => void = () => undefined;
    return new ReadableStream<Bytes>(
        {
            start(controller) {
                const listen = (event: MessageEvent) => {
                    const message = event.data as BodyMessage;
                    if (message.kind === "chunk") {
                        controller.enqueue(message.bytes);
                        unacknowledged++;
                        if ((controller.desiredSize ?? 0) > 0) acknowledge();
                    } else if (message.kind === "end") {
                        close();
                        controller.close();
                    } else if (message.kind === "broken") {
                        close();
                        controller.error(new TypeError(message.message));
                    }
                };
                // Some browsers tell when the other side is gone (Chromium from 122 on); elsewhere the stream waits to
                // be cancelled.
                const onGone = () => {
                    close();
                    controller.error(new TypeError("The other side is gone."));
                };
                close = () => {
                    port.removeEventListener("message", listen);
                    port.removeEventListener("close", onGone);
                    onEnd();
                };
                port.addEventListener("message", listen);
                port.addEventListener("close", onGone);
                port.postMessage({ kind: "pull", chunks: WINDOW } satisfies BodyMessage);
            },
            pull: acknowledge,
            cancel() {
                port.postMessage({ kind: "cancel" } satisfies BodyMessage);
                close();
            },
        },
        { highWaterMark: WINDOW },
    );
}
