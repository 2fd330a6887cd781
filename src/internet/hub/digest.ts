import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { toHex } from "../../base/bytes";

export type Algorithm = "sha256" | "sha512";

/** "sha256:" or "sha512:" and the hash in lower-case hex: names a blob or manifest by its content. */
export type Digest = `${Algorithm}:${string}`;

const patterns: Record<Algorithm, RegExp> = { sha256: /^[0-9a-f]{64}$/, sha512: /^[0-9a-f]{128}$/ };

/** The digest in a text; undefined if it is not a digest of a known kind. */
export function parseDigest(text: string): Digest | undefined {
    const [algorithm, hex, ...rest] = text.split(":");
    if (rest.length > 0 || hex === undefined || (algorithm !== "sha256" && algorithm !== "sha512")) return undefined;
    return patterns[algorithm].test(hex) ? `${algorithm}:${hex}` : undefined;
}

export const algorithmOf = (digest: Digest): Algorithm => (digest.startsWith("sha512:") ? "sha512" : "sha256");

/** Hashes bytes as they arrive, so that no layer has to be in memory as a whole. */
export class Hasher {
    #hash;

    constructor(readonly algorithm: Algorithm) {
        this.#hash = algorithm === "sha512" ? sha512.create() : sha256.create();
    }

    add(bytes: Uint8Array): void {
        this.#hash.update(bytes);
    }

    /** Call it once; nothing can be added afterwards. */
    digest(): Digest {
        return `${this.algorithm}:${toHex(this.#hash.digest())}`;
    }
}

export function digestOf(bytes: Uint8Array, algorithm: Algorithm = "sha256"): Digest {
    const hasher = new Hasher(algorithm);
    hasher.add(bytes);
    return hasher.digest();
}
