import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import { Hasher, algorithmOf, type Digest } from "./digest";

/** Tells the student and the teacher where to find what is damaged. */
export interface Expected {
    digest: Digest;
    bytes: number;
    /** Where it comes from: "the bundle of this site", "the browser's storage". */
    place: string;
}

/**
 * The same bytes, checked as they pass. One chunk is held back, so that no reader ever has the whole of a damaged blob:
 * the stream fails with "hub.blob-truncated" or "hub.blob-altered", both of which name the blob, and `onDamage` is
 * called.
 */
export function verified(
    stream: ReadableStream<Bytes>,
    expected: Expected,
    onDamage: (error: DrydockError) => void = () => undefined,
): ReadableStream<Bytes> {
    const reader = stream.getReader();
    const hasher = new Hasher(algorithmOf(expected.digest));
    let held: Bytes | undefined;
    let bytes = 0;
    return new ReadableStream<Bytes>(
        {
            async pull(controller) {
                for (;;) {
                    const { done, value } = await reader.read();
                    if (done) {
                        const damage = damageOf(expected, bytes, hasher);
                        if (damage) {
                            onDamage(damage);
                            throw damage;
                        }
                        if (held) controller.enqueue(held);
                        return controller.close();
                    }
                    if (value.byteLength === 0) continue;
                    hasher.add(value);
                    bytes += value.byteLength;
                    const ready = held;
                    held = value;
                    if (ready) return controller.enqueue(ready);
                }
            },
            cancel: reason => reader.cancel(reason),
        },
        { highWaterMark: 0 },
    );
}

function damageOf(expected: Expected, bytes: number, hasher: Hasher): DrydockError | undefined {
    const { digest, place } = expected;
    if (bytes < expected.bytes)
        return new DrydockError(
            "hub.blob-truncated",
            `Blob ${digest} from ${place} ends after ${bytes} of ${expected.bytes} bytes.`,
            "Pull again. If that fails too, the file on the server is incomplete.",
        );
    const actual = hasher.digest();
    if (bytes === expected.bytes && actual === digest) return undefined;
    return new DrydockError(
        "hub.blob-altered",
        `Blob ${digest} from ${place} is damaged: its ${bytes} bytes have the digest ${actual}.`,
        "Reload the page without the browser's cache (Ctrl+Shift+R). If that fails too, the file on the server is damaged.",
    );
}

/** The bytes from `start` up to `end` of a stream that can only be read from its beginning. */
export function part(stream: ReadableStream<Bytes>, start: number, end: number): ReadableStream<Bytes> {
    const reader = stream.getReader();
    let at = 0;
    return new ReadableStream<Bytes>(
        {
            async pull(controller) {
                for (;;) {
                    const { done, value } = await reader.read();
                    if (done) return controller.close();
                    const from = Math.max(start - at, 0);
                    const wanted = value.subarray(
                        Math.min(from, value.byteLength),
                        Math.max(Math.min(end - at, value.byteLength), 0),
                    );
                    at += value.byteLength;
                    if (wanted.byteLength > 0) controller.enqueue(wanted);
                    if (at >= end) {
                        await reader.cancel();
                        return controller.close();
                    }
                    if (wanted.byteLength > 0) return;
                }
            },
            cancel: reason => reader.cancel(reason),
        },
        { highWaterMark: 0 },
    );
}
