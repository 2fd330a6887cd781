import { readAll, type Bytes } from "../../base/bytes";
import { tellAct } from "./act";
import { digestIn, mustBeAllowed, unsupported, type Call } from "./call";
import type { Digest } from "./digest";
import { OciError } from "./oci-error";
import type { FoundBlob } from "./registry";
import { byteRange, contentRange } from "../byte-range";

/**
 * Up to this size, a blob is checked before the answer begins, so that damage is a named error and not a cut
 * connection.
 */
const checkedFirst = 1024 * 1024;

/**
 * From this size on, a blob comes from another host, as on Docker Hub: over plain HTTP, since encryption costs an
 * emulated processor ten times as much as the transfer. Its digest proves it anyway. Bytes; below this size, the detour
 * costs more.
 */
const redirectedFrom = 128 * 1024;

/** /v2/<name>/blobs/<digest> */
export async function blob(call: Call, reference: string): Promise<Response> {
    const { request, name, registry, blobOrigin, tell } = call;
    const does = { DELETE: "delete", HEAD: "look" } as const;
    tellAct(tell, {
        verb: "blob",
        repository: name,
        digest: reference,
        does: does[request.method as keyof typeof does] ?? "get",
    });
    if (request.method === "DELETE") {
        tell({ kind: "answerer", by: "browser" });
        await mustBeAllowed(call, "delete");
        if (!(await registry.deleteBlob(name, digestIn(reference))))
            throw new OciError("BLOB_UNKNOWN", "blob unknown to registry", { detail: { digest: reference } });
        return new Response(null, { status: 202 });
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw unsupported("GET", "HEAD", "DELETE");
    await mustBeAllowed(call, "pull");
    const digest = digestIn(reference);
    if (
        request.method === "GET" &&
        blobOrigin !== undefined &&
        ((await blobOf(call, digest))?.bytes ?? 0) >= redirectedFrom
    )
        return new Response(null, {
            status: 307,
            headers: {
                Location: `${blobOrigin}/v2/${name}/blobs/${digest}`,
                "Content-Length": "0",
                "Docker-Content-Digest": digest,
            },
        });
    return sendBlob(call, digest);
}

type BlobCall = Pick<Call, "request" | "name" | "registry" | "standIns" | "tell">;

const blobOf = async ({ name, registry, standIns }: BlobCall, digest: Digest): Promise<FoundBlob | undefined> =>
    (await registry.blob(name, digest)) ?? standIns.blob(name, digest);

/** Sends the bytes, once access has been granted. */
export async function sendBlob(call: BlobCall, digest: Digest): Promise<Response> {
    const { request, tell } = call;
    const found = await blobOf(call, digest);
    if (!found) throw new OciError("BLOB_UNKNOWN", "blob unknown to registry", { detail: { digest } });
    tell({ kind: "answerer", by: found.origin });
    const asked = byteRange(request.headers.get("Range"), found.bytes);
    if (asked === "unsatisfiable")
        throw new OciError("SIZE_INVALID", "requested range not satisfiable", {
            status: 416,
            detail: `${request.headers.get("Range")} of ${found.bytes} bytes`,
            headers: { "Content-Range": contentRange(undefined, found.bytes) },
        });
    const range = asked ?? { start: 0, end: found.bytes };
    const headers: Record<string, string> = {
        "Content-Type": "application/octet-stream",
        "Content-Length": String(range.end - range.start),
        "Docker-Content-Digest": digest,
        ETag: `"${digest}"`,
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000",
    };
    if (asked) headers["Content-Range"] = contentRange(asked, found.bytes);
    const status = asked ? 206 : 200;
    if (request.method === "HEAD") return new Response(null, { status, headers });
    const stream = await found.open(range.start, range.end, request.signal);
    const body: Bytes | ReadableStream<Bytes> =
        range.end - range.start <= checkedFirst ? await readAll(stream, checkedFirst) : stream;
    return new Response(body, { status, headers });
}
