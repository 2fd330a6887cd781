import { describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/base/bytes";
import { HIGH_MARK, LOW_MARK, pump } from "../../../src/ui/terminal/pump";

const CHUNK = 16 * 1024;

describe("pump", () => {
    test("a flood stops at the high mark and continues at the low one", async () => {
        let pulled = 0;
        const flood = new ReadableStream<Bytes>(
            { pull: controller => (pulled++, controller.enqueue(new Uint8Array(CHUNK))) },
            { highWaterMark: 0 },
        );
        const waiting: (() => void)[] = [];
        const abort = new AbortController();
        const running = pump(flood, { write: (_chunk, parsed) => void waiting.push(parsed) }, abort.signal);
        const settled = async () => {
            for (let seen = -1; seen !== pulled; await new Promise(resolve => setTimeout(resolve, 0))) seen = pulled;
            return pulled * CHUNK;
        };

        expect(await settled()).toBe(HIGH_MARK);
        const more = () => waiting.length * CHUNK > LOW_MARK + CHUNK;
        while (more()) waiting.shift()!();
        expect(await settled()).toBe(HIGH_MARK); // still above the low mark
        waiting.shift()!();
        expect(await settled()).toBeGreaterThan(HIGH_MARK);
        expect(waiting.length * CHUNK).toBeLessThanOrEqual(HIGH_MARK);

        abort.abort();
        while (waiting.length > 0) waiting.shift()!();
        await running;
    });

    test("ends with the stream, and rejects as it does", async () => {
        const written: string[] = [];
        const sink = {
            write: (chunk: Bytes, parsed: () => void) => (written.push(new TextDecoder().decode(chunk)), parsed()),
        };
        await pump(new Blob(["one"]).stream() as ReadableStream<Bytes>, sink, new AbortController().signal);
        expect(written.join("")).toBe("one");
        const broken = new ReadableStream<Bytes>({ start: controller => controller.error(new Error("gone")) });
        await expect(pump(broken, sink, new AbortController().signal)).rejects.toThrow("gone");
    });

    test("an abort ends it in the middle of waiting for output", async () => {
        const abort = new AbortController();
        const running = pump(new ReadableStream<Bytes>(), { write: () => undefined }, abort.signal);
        abort.abort();
        await running;
    });
});
