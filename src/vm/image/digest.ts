import { sha256 as sha256InScript } from "@noble/hashes/sha2.js";
import type { Bytes } from "../../base/bytes";
import { secureContext } from "../../base/secure-context";

/** SHA-256 of `bytes`: computed by the browser, which is several times as fast, or in JavaScript. */
export async function sha256(bytes: Bytes): Promise<Uint8Array> {
    const { subtle } = secureContext;
    return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256InScript(bytes);
}
