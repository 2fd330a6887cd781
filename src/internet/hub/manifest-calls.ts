import { readAll, type Bytes } from "../../base/bytes";
import { tellAct } from "./act";
import { mediaTypeOf, mustBeAllowed, unsupported, type Call } from "./call";
import { parseDigest } from "./digest";
import { contentOf, imageTypes, isIndexType, longestManifest, parseManifest } from "./manifest";
import { familiar, isTag } from "./names";
import { OciError } from "./oci-error";
import type { FoundManifest, Registry } from "./registry";

/** /v2/<name>/manifests/<tag or digest> */
export async function manifest(call: Call, reference: string): Promise<Response> {
    switch (call.request.method) {
        case "GET":
        case "HEAD":
            return getManifest(call, reference);
        case "PUT":
            return putManifest(call, reference);
        case "DELETE":
            return deleteManifest(call, reference);
        default:
            throw unsupported("GET", "HEAD", "PUT", "DELETE");
    }
}

/** Throws if the text is neither a tag nor a digest. */
function mustBeReference(reference: string): void {
    if (reference.includes(":") && !parseDigest(reference))
        throw new OciError("DIGEST_INVALID", "invalid checksum digest format", { detail: reference });
    if (!reference.includes(":") && !isTag(reference))
        throw new OciError("TAG_INVALID", "manifest tag did not match URI", { detail: reference });
}

async function getManifest(call: Call, reference: string): Promise<Response> {
    const { request, name, registry, gate, tell } = call;
    const does = request.method === "HEAD" ? "look" : "get";
    const told = { verb: "manifest", repository: name, reference, does } as const;
    tellAct(tell, { ...told, manifest: undefined });
    await gate.check(request, [{ type: "repository", name, actions: ["pull"] }], true);
    mustBeReference(reference);
    const found = await registry.manifest(name, reference);
    if (!found) throw await unknown(registry, name, reference);
    const { digest, mediaType, bytes, origin } = await forOldClients(call, reference, found);
    tell({ kind: "answerer", by: origin });
    if (does === "get") tellAct(tell, { ...told, manifest: contentOf(bytes, mediaType) });
    const headers = {
        "Content-Type": mediaType,
        "Content-Length": String(bytes.byteLength),
        "Docker-Content-Digest": digest,
        ETag: `"${digest}"`,
    };
    return new Response(request.method === "HEAD" ? null : bytes, { status: 200, headers });
}

/** Docker Hub's message; for a missing tag, also which tags there are. */
async function unknown(registry: Registry, name: string, reference: string): Promise<OciError> {
    const tags = parseDigest(reference) ? [] : (await registry.tags(name)).sort();
    const here = tags.length > 0 ? ` (${familiar(name)} has the tags ${tags.slice(0, 20).join(", ")} here)` : "";
    return new OciError("MANIFEST_UNKNOWN", `manifest unknown${here}`, {
        detail: `unknown ${parseDigest(reference) ? "manifest" : "tag"}=${reference}`,
    });
}

/**
 * A client that does not accept an index gets the image for this machine, linux/386, if it asks by tag; today's
 * registries do the same.
 */
async function forOldClients(
    { request, name, registry }: Call,
    reference: string,
    found: FoundManifest,
): Promise<FoundManifest> {
    const accept = (request.headers.get("Accept") ?? "")
        .split(",")
        .map(mediaTypeOf)
        .filter(type => type !== "");
    if (
        !isIndexType(found.mediaType) ||
        parseDigest(reference) ||
        !accept.some(type => (imageTypes as readonly string[]).includes(type))
    )
        return found;
    if (accept.some(type => isIndexType(type) || type === "*/*" || type === "application/*")) return found;
    const entry = parseManifest(found.bytes, found.mediaType).manifests.find(
        ({ platform }) => platform?.os === "linux" && platform.architecture === "386",
    );
    return (entry && (await registry.manifest(name, entry.digest))) ?? found;
}

async function putManifest(call: Call, reference: string): Promise<Response> {
    const { request, url, name, registry, tell } = call;
    const told = { verb: "manifest", repository: name, reference, does: "put" } as const;
    tellAct(tell, { ...told, manifest: undefined });
    tell({ kind: "answerer", by: "browser" });
    await mustBeAllowed(call, "pull", "push");
    mustBeReference(reference);
    const bytes = await readManifest(request);
    tellAct(tell, { ...told, manifest: contentOf(bytes, mediaTypeOf(request.headers.get("Content-Type"))) });
    // tags beside a digest: the specification's next version has them, and a client cannot know until it tries
    const tags = parseDigest(reference) ? url.searchParams.getAll("tag") : [];
    const { digest, subject } = await registry.putManifest(
        name,
        reference,
        bytes,
        mediaTypeOf(request.headers.get("Content-Type")),
        tags,
    );
    const headers: Record<string, string> = {
        Location: `/v2/${name}/manifests/${digest}`,
        "Docker-Content-Digest": digest,
        "Content-Length": "0",
    };
    if (subject) headers["OCI-Subject"] = subject;
    if (tags.length > 0) headers["OCI-Tag"] = tags.join(", ");
    return new Response(null, { status: 201, headers });
}

async function readManifest(request: Request): Promise<Bytes> {
    if (!request.body) throw new OciError("MANIFEST_INVALID", "manifest invalid", { detail: "no manifest was sent" });
    try {
        return await readAll(request.body, longestManifest);
    } catch (thrown) {
        if (!(thrown instanceof RangeError))
            throw new OciError("MANIFEST_INVALID", "manifest invalid", {
                detail: "the manifest broke off",
                cause: thrown,
            });
        throw new OciError("SIZE_INVALID", "manifest too large", {
            status: 413,
            detail: `the limit is ${longestManifest} bytes`,
        });
    }
}

async function deleteManifest(call: Call, reference: string): Promise<Response> {
    const { name, registry, tell } = call;
    tellAct(tell, { verb: "manifest", repository: name, reference, does: "delete", manifest: undefined });
    tell({ kind: "answerer", by: "browser" });
    await mustBeAllowed(call, "delete");
    mustBeReference(reference);
    const digest = parseDigest(reference);
    const done = digest ? await registry.deleteManifest(name, digest) : await registry.deleteTag(name, reference);
    if (!done)
        throw new OciError("MANIFEST_UNKNOWN", "manifest unknown", {
            detail: `unknown ${digest ? "manifest" : "tag"}=${reference}`,
        });
    return new Response(null, { status: 202 });
}
