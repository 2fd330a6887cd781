import { toHex } from "../base/bytes";

/** A number of this browser's own, kept: the same student gets the same values. */
export function studentSeed(storage: Storage): string {
    const kept = storage.getItem("drydock.student");
    if (kept) return kept;
    const seed = toHex(crypto.getRandomValues(new Uint8Array(8)));
    storage.setItem("drydock.student", seed);
    return seed;
}
