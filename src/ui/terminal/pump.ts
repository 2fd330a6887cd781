import type { Bytes } from "../../base/bytes";

/** What the pump writes to: takes bytes, and calls back when it has parsed them. */
export interface Sink {
    write(chunk: Bytes, parsed: () => void): void;
}

/**
 * Bytes passed to the screen but not parsed yet: reading stops at the high mark and continues at the low one. The rest
 * waits in the guest, where the full pipe blocks the program. So `yes` fills neither memory nor the page's time, and
 * Ctrl-C gets through. xterm.js leaves this to its callers: xtermjs/xterm.js#2077.
 */
export const HIGH_MARK = 128 * 1024;
export const LOW_MARK = 32 * 1024;

/** Moves a program's output to the screen until it ends. Rejects if the stream fails. */
export async function pump(output: ReadableStream<Bytes>, screen: Sink, signal: AbortSignal): Promise<void> {
    const reader = output.getReader();
    const cancel = () => void reader.cancel(signal.reason).catch(() => undefined); // the stream's own failure is reported by read()
    signal.addEventListener("abort", cancel, { once: true });
    let waiting = 0;
    let resume: (() => void) | undefined;
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done || signal.aborted) return;
            waiting += value.byteLength;
            screen.write(value, () => {
                waiting -= value.byteLength;
                if (waiting <= LOW_MARK) resume?.();
            });
            if (waiting >= HIGH_MARK) await new Promise<void>(resolve => (resume = resolve));
        }
    } finally {
        signal.removeEventListener("abort", cancel);
        reader.releaseLock();
    }
}
