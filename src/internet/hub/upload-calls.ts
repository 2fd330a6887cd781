import { DrydockError } from "../../base/errors";
import { tellAct } from "./act";
import { digestIn, mustBeAllowed, unsupported, type Call } from "./call";
import type { Digest } from "./digest";
import { isRepositoryName } from "./names";
import { OciError } from "./oci-error";
import { writeBody, type Upload } from "./uploads";

/** POST /v2/<name>/blobs/uploads/: a new upload, a whole blob at once, or a blob of another repository. */
export async function startUpload(call: Call): Promise<Response> {
    const { request, url, name, registry, uploads, tell } = call;
    if (request.method !== "POST") throw unsupported("POST");
    const mount = url.searchParams.get("mount");
    const from = url.searchParams.get("from") ?? undefined;
    const asked = mount ?? url.searchParams.get("digest") ?? undefined;
    const told = { verb: "upload", repository: name, upload: undefined, digest: asked, from } as const;
    tellAct(tell, { ...told, does: "start" });
    tell({ kind: "answerer", by: "browser" });
    await mustBeAllowed(call, "pull", "push");
    if (mount !== null && (await mountBlob(call, digestIn(mount)))) {
        tellAct(tell, { ...told, does: "mount" });
        return created(name, digestIn(mount));
    }
    const digest =
        mount === null && url.searchParams.has("digest") ? digestIn(url.searchParams.get("digest")) : undefined;
    const upload = await uploads.start(name, await registry.draft());
    if (digest) return finish(call, upload, digest);
    return new Response(null, { status: 202, headers: { ...stateOf(upload), "Content-Length": "0" } });
}

async function mountBlob({ url, name, registry }: Call, digest: Digest): Promise<boolean> {
    const from = url.searchParams.get("from");
    // anybody may pull anything here, so the other repository needs no token
    return (from === null || isRepositoryName(from)) && registry.mount(name, digest, from ?? undefined);
}

/** Requests for an upload under way: GET its state, PATCH a chunk, PUT the end, DELETE it. */
export async function continueUpload(call: Call, id: string): Promise<Response> {
    const { request, url, name, uploads, tell } = call;
    const method = request.method;
    const does = { PATCH: "part", PUT: "finish" } as const;
    tellAct(tell, {
        verb: "upload",
        repository: name,
        does: does[method as keyof typeof does] ?? "other",
        upload: id,
        digest: url.searchParams.get("digest") ?? undefined,
        from: undefined,
    });
    tell({ kind: "answerer", by: "browser" });
    if (!["GET", "HEAD", "PATCH", "PUT", "DELETE"].includes(method)) throw unsupported("GET", "PATCH", "PUT", "DELETE");
    await mustBeAllowed(call, "pull", "push");
    const upload = uploads.find(name, id);
    if (method === "GET" || method === "HEAD") return new Response(null, { status: 204, headers: stateOf(upload) });
    if (method === "PATCH") return uploads.inTurn(upload, () => addChunk(call, upload));
    if (method === "PUT") {
        const digest = digestIn(url.searchParams.get("digest"));
        return uploads.inTurn(upload, () => finish(call, upload, digest));
    }
    return uploads.inTurn(upload, async () => {
        await uploads.end(upload);
        return new Response(null, { status: 204 });
    });
}

async function addChunk(call: Call, upload: Upload): Promise<Response> {
    await receive(call, upload);
    return new Response(null, { status: 202, headers: { ...stateOf(upload), "Content-Length": "0" } });
}

/** Takes the last bytes, if any, and turns the upload into the blob with that digest. */
async function finish(call: Call, upload: Upload, digest: Digest): Promise<Response> {
    const { name, registry, uploads } = call;
    await receive(call, upload);
    try {
        await registry.keep(name, upload.draft, digest);
    } catch (thrown) {
        if (thrown instanceof DrydockError && thrown.code === "hub.digest-mismatch")
            throw new OciError("DIGEST_INVALID", "provided digest did not match uploaded content", {
                detail: thrown.message,
                cause: thrown,
            });
        throw thrown;
    } finally {
        await uploads.end(upload);
    }
    return created(name, digest);
}

/**
 * Writes the body. A body that does not match its headers ends the upload, because its bytes can no longer be told
 * apart.
 */
async function receive({ request, uploads }: Call, upload: Upload): Promise<void> {
    const promised = chunkOf(request, upload);
    const before = upload.draft.bytes;
    await writeBody(upload.draft, request.body);
    const bytes = upload.draft.bytes - before;
    if (promised === undefined || promised === bytes) return;
    await uploads.end(upload);
    throw new OciError("SIZE_INVALID", "provided length did not match content length", {
        detail: `${promised} bytes promised, ${bytes} received`,
    });
}

/**
 * The chunk's length according to Content-Range or Content-Length. Throws 416 if the chunk does not begin where the
 * upload ends.
 */
function chunkOf(request: Request, upload: Upload): number | undefined {
    const header = request.headers.get("Content-Range");
    const length = request.headers.get("Content-Length");
    const promised = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
    if (header === null) return promised;
    const range = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
    const start = Number(range?.[1]);
    const end = Number(range?.[2]);
    const fits =
        range !== null &&
        start === upload.draft.bytes &&
        end >= start &&
        (promised === undefined || promised === end - start + 1);
    if (!fits)
        throw new OciError("BLOB_UPLOAD_INVALID", "blob upload invalid", {
            status: 416,
            detail: `the upload has ${upload.draft.bytes} bytes; the chunk says ${header}, length ${length ?? "unknown"}`,
            headers: stateOf(upload),
        });
    return end - start + 1;
}

function stateOf(upload: Upload): Record<string, string> {
    return {
        Location: `/v2/${upload.name}/blobs/uploads/${upload.id}`,
        Range: `0-${Math.max(upload.draft.bytes - 1, 0)}`,
        "Docker-Upload-UUID": upload.id,
    };
}

function created(name: string, digest: Digest): Response {
    return new Response(null, {
        status: 201,
        headers: { Location: `/v2/${name}/blobs/${digest}`, "Docker-Content-Digest": digest, "Content-Length": "0" },
    });
}
