import { delay } from "../../base/abort";
import type { Sandbox } from "../sandbox";

/** The background warm-up may take so long to clear up behind itself; then what the student wants begins all the same. */
export const GIVE_WAY_MILLISECONDS = 2_500;

/** Resolves when the background work has stopped, or when the patience with it is over. Rejects when the signal aborts. */
export async function giveWay(sandbox: Pick<Sandbox, "giveWay">, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const patience = delay(GIVE_WAY_MILLISECONDS, both);
    patience.catch(() => undefined); // the race has been decided
    try {
        await Promise.race([sandbox.giveWay(), patience]);
    } finally {
        over.abort();
    }
}
