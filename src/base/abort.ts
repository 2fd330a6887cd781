import { DrydockError } from "./errors";

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (!signal) return promise;
    return new Promise<T>((resolve, reject) => {
        const onAbort = () => reject(signal.reason);
        // Listen even when the signal has already aborted: otherwise nobody would handle the promise's rejection.
        promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
    });
}

/** Resolves after `milliseconds`; rejects with the signal's reason if it aborts first. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
            clearTimeout(timer);
            reject(signal!.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
        }, milliseconds);
        signal?.addEventListener("abort", onAbort, { once: true });
    });
}

/**
 * Runs `work` with a signal that aborts with `signal`, or with `late()` after `milliseconds`. Settles as the work does, or rejects
 * with the reason of the abort at once.
 */
export async function limited<T>(
    work: (signal: AbortSignal) => Promise<T>,
    options: { milliseconds: number; late: () => DrydockError; signal?: AbortSignal | undefined },
): Promise<T> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(options.late()), options.milliseconds);
    const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
    try {
        return await abortable(work(signal), signal);
    } finally {
        clearTimeout(timer);
    }
}

/** Settles as `promise` does, or rejects with a named error after `milliseconds`. */
export async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
    const timer = new AbortController();
    const timeout = delay(milliseconds, timer.signal).then(() => {
        throw new DrydockError(
            "base.timeout",
            `${what} gave no answer within ${milliseconds / 1000} s.`,
            "Try again. If it still does not answer, restart the machine.",
        );
    });
    try {
        return await Promise.race([promise, timeout]);
    } finally {
        timeout.catch(() => undefined); // the losing timer's own abort is no error
        timer.abort();
    }
}

/** Polls until `look` returns something other than undefined. Use it to wait for readiness, never to measure time. */
export async function until<T>(
    look: () => Promise<T | undefined> | T | undefined,
    options: { every: number; timeout: number; what: string; signal?: AbortSignal },
): Promise<T> {
    const end = Date.now() + options.timeout;
    for (;;) {
        options.signal?.throwIfAborted();
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() > end)
            throw new DrydockError(
                "base.timeout",
                `${options.what} did not happen within ${options.timeout / 1000} s.`,
                "Try again.",
            );
        await delay(options.every, options.signal);
    }
}
