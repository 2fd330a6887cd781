import { delay } from "../../base/abort";
import { isAbort } from "../../base/errors";
import type { ChunkStore } from "./chunk-store";

const LANES = 2;
/** Milliseconds to step back for while the guest is busy, or waits for the disk itself. */
const GIVE_WAY = 50;
/** Milliseconds between two chunks: each costs the emulator's thread about two for decoding and checking. */
const PACE = 15;

/**
 * Loads chunks ahead in the background, in the order given, while the guest has nothing to do: decoding takes its thread.
 * Stops when memory is full, and at the first that fails: the guest's own read will name the reason. Resolves to the number
 * loaded.
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
