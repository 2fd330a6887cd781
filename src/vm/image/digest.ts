import { sha256 as sha256InScript } from "@noble/hashes/sha2.js";
import type { Bytes } from "../../base/bytes";

/** sha256 of `bytes`. WebCrypto exists in secure contexts only; a classroom's plain http address is none. */
export async function sha256(bytes: Bytes): Promise<Uint8Array> {
    const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
    return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256InScript(bytes);
}
