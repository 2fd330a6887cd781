import { delay } from "../../base/abort";
import { isAbort } from "../../base/errors";
import type { ChunkStore } from "./chunk-store";

const LANES = 2;
/** Milliseconds to pause while the guest is busy, or is itself waiting for the disk. */
const GIVE_WAY = 50;
/** Milliseconds between two chunks: decoding and checking one costs the emulator's thread about two. */
const PACE = 15;

/**
 * Loads chunks ahead in the background, in the order given, while the guest is idle: decoding takes the guest's thread.
 * Stops when memory is full, and at the first failure: the guest's own read will report the reason. Resolves to the
 * number of chunks loaded.
 */
export async function prefetchChunks(
    store: ChunkStore,
    chunks: readonly number[],
    isIdle: () => boolean,
    signal: AbortSignal,
): Promise<number> {
    const left = chunks.filter(chunk => chunk < store.table.length)[Symbol.iterator]();
    let loaded = 0;
    let failed = false;
    const lane = async () => {
        for (const chunk of left) {
            signal.throwIfAborted();
            while (store.busy >= LANES || !isIdle()) await delay(GIVE_WAY, signal);
            if (failed || !store.hasRoom) return;
            if (store.has(chunk)) continue;
            await store.load(chunk, "low");
            loaded++;
            await delay(PACE, signal);
        }
    };
    const lanes = Array.from({ length: LANES }, () =>
        lane().catch((thrown: unknown) => {
            failed = true;
            if (!isAbort(thrown) && !signal.aborted) throw thrown;
        }),
    );
    await Promise.allSettled(lanes);
    return loaded;
}
