import { readAll, type Bytes } from "../../base/bytes";
import { tellAct } from "./act";
import { mediaTypeOf, mustBeAllowed, unsupported, type Call } from "./call";
import { parseDigest } from "./digest";
import { contentOf, imageTypes, isIndexType, longestManifest, parseManifest } from "./manifest";
import { missingImage } from "./missing-image";
import { isTag } from "./names";
import { OciError } from "./oci-error";
import type { FoundManifest } from "./registry";

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
    const { request, name, registry, standIns, gate, tell } = call;
    const does = request.method === "HEAD" ? "look" : "get";
    const told = { verb: "manifest", repository: name, reference, does } as const;
    tellAct(tell, { ...told, manifest: undefined });
    // whoever may ask hears of a name that is nowhere without a token, and so in the first answer
    if ((await registry.exists(name)) || (await standIns.covers(name)))
        await gate.check(request, [{ type: "repository", name, actions: ["pull"] }]);
    mustBeReference(reference);
    const found = (await registry.manifest(name, reference)) ?? (await inItsPlace(call, reference));
    if (!found) throw await unknown(call, reference);
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

async function inItsPlace({ name, standIns, tell }: Call, reference: string): Promise<FoundManifest | undefined> {
    if (parseDigest(reference)) return standIns.byDigest(name, reference);
    const found = await standIns.byTag(name, reference);
    if (found) tell({ kind: "stand-in", standIn: found.told });
    return found?.manifest;
}

/**
 * An image that is not here. The engine shows the message of Docker Hub's 404. BuildKit asks with HEAD, whose answer has no
 * message, and then shows the first status line other than a 404's: that of the mirror, which it asks first.
 */
async function unknown({ name, registry, standIns, mirror, tell }: Call, reference: string): Promise<OciError> {
    if (parseDigest(reference))
        return new OciError("MANIFEST_UNKNOWN", "manifest unknown", { detail: `unknown manifest=${reference}` });
    const image = missingImage(name, reference, await registry.shelf(), standIns.turnedOn);
    tell({ kind: "missing-image", image });
    if (mirror) return new OciError("DENIED", image.words, { reason: image.words });
    return (await registry.exists(name))
        ? new OciError("MANIFEST_UNKNOWN", image.words, { detail: `unknown tag=${reference}` })
        : new OciError("NAME_UNKNOWN", image.words, { detail: { name } });
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
