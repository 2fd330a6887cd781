import { toHex } from "../base/bytes";
import type { KeptValues } from "../storage/kept-values";

/** A number kept by this browser: the same student gets the same values. */
export function studentSeed(kept: KeptValues): string {
    const known = kept.read("drydock.student", "number that chooses your values", text => {
        if (!/^[0-9a-f]{16}$/.test(text)) throw new TypeError(`${JSON.stringify(text)} is no seed`);
        return text;
    });
    if (known) return known;
    const seed = toHex(crypto.getRandomValues(new Uint8Array(8)));
    kept.write("drydock.student", seed);
    return seed;
}
