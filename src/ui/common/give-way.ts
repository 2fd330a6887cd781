import { delay } from "../../base/abort";
import type { Sandbox } from "../sandbox";

/** How long the background warm-up may take to clean up; after that, what the student wants starts anyway. */
export const GIVE_WAY_MILLISECONDS = 2_500;

/** Resolves when the background work has stopped, or when the time for that is up. Rejects when the signal aborts. */
export async function giveWay(sandbox: Pick<Sandbox, "giveWay">, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const patience = delay(GIVE_WAY_MILLISECONDS, both);
    patience.catch(() => undefined); // by now the race is decided
    try {
        await Promise.race([sandbox.giveWay(), patience]);
    } finally {
        over.abort();
    }
}
