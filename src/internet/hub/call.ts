import { parseDigest, type Digest } from "./digest";
import type { Gate } from "./gate";
import { OciError } from "./oci-error";
import type { Registry } from "./registry";
import type { StandIns } from "./stand-ins";
import type { Tell } from "../told";
import type { Uploads } from "./uploads";

/** One request below /v2/<name>/, whose name is known to be well-formed. */
export interface Call {
    request: Request;
    url: URL;
    name: string;
    registry: Registry;
    uploads: Uploads;
    gate: Pick<Gate, "check">;
    /** Where clients are sent for large blobs, if anywhere: scheme and host. */
    blobOrigin?: string;
    tell: Tell;
    standIns: StandIns;
    /** Docker Hub's mirror was asked, not Docker Hub. */
    mirror: boolean;
}

/** Throws the 401 unless the client's token allows `actions` on the call's repository. */
export const mustBeAllowed = ({ request, name, gate }: Call, ...actions: string[]): Promise<void> =>
    gate.check(request, [{ type: "repository", name, actions }]);

/** Throws DIGEST_INVALID. */
export function digestIn(text: string | null): Digest {
    const digest = text === null ? undefined : parseDigest(text);
    if (!digest) throw new OciError("DIGEST_INVALID", "invalid checksum digest format", { detail: text });
    return digest;
}

export function unsupported(...methods: string[]): OciError {
    return new OciError("UNSUPPORTED", "The operation is unsupported.", { headers: { Allow: methods.join(", ") } });
}

/** A Content-Type without its parameters; "" if there is none. */
export const mediaTypeOf = (header: string | null): string => (header ?? "").split(";")[0]!.trim().toLowerCase();
