/**
 * Docker Hub, answered in the page: registry (OCI distribution 1.1), token endpoint, search.
 *
 * One handler for all its hosts. Images that came with the site are read from it on request and never change; what
 * students push is kept in the browser's storage. Whatever a client sends, it gets an answer in the specification's
 * form and nothing is thrown.
 */
import { Hono } from "hono";
import { DrydockError, asDrydockError } from "../../base/errors";
import { Store, type Readable } from "../../base/store";
import type { Internet } from "../internet";
import { untold, type Tell } from "../told";
import { Tokens } from "./access";
import { Accounts } from "./accounts";
import type { BlobSource } from "./blob-source";
import { blob, sendBlob } from "./blob-calls";
import { tellAct } from "./act";
import { digestIn, type Call } from "./call";
import { Gate } from "./gate";
import { catalogue, referrers, tagsList } from "./list-calls";
import { manifest } from "./manifest-calls";
import { isRepositoryName, ownerOf } from "./names";
import { OciError } from "./oci-error";
import { Registry } from "./registry";
import { searchV1, webApi } from "./search";
import { StandIns } from "./stand-ins";
import type { HubStorage } from "./storage";
import { continueUpload, startUpload } from "./upload-calls";
import { Uploads } from "./uploads";

/** Where Docker Hub keeps its blobs; anyone who knows a digest may fetch the blob. */
export const blobHost = "production.cloudflare.docker.com";

/**
 * Docker Hub's mirror, for pulling without a token and without TLS. Until moby/moby#52198, which the guest's engine
 * lacks, an engine closes its connection to a registry after each request, and so needs a TLS handshake for each; that
 * alone took a third of a pull's instructions.
 */
export const mirrorHost = "hub.lab";

/** Every name under which clients look for Docker Hub. */
export const hubHosts: readonly string[] = [
    mirrorHost,
    "registry-1.docker.io",
    "auth.docker.io",
    "index.docker.io",
    "registry.hub.docker.com",
    "hub.docker.com",
    "docker.io",
    "www.docker.io",
    blobHost,
];

const webHosts: readonly string[] = ["hub.docker.com", "docker.io", "www.docker.io"];

export interface HubOptions {
    source: BlobSource;
    storage: HubStorage;
    /** Where clients are sent for tokens. Docker Hub's own address unless a test serves the hub elsewhere. */
    realm?: string;
    /** Where clients that come over https are sent for large blobs: scheme and host. Nowhere unless given. */
    blobOrigin?: string;
    /** Whether an image may answer in the place of one that the hub lacks. Off unless given. */
    standIns?: Readable<boolean>;
    /** Milliseconds since 1970. */
    now?: () => number;
    /** Called with what went wrong on the hub's side: damaged blobs, failing storage. */
    report?: (error: DrydockError) => void;
}

/** What a request brings along for its handler: the listener that is told what happens to it. */
type Telling = { Bindings: { tell: Tell } };

/** Covers the longest possible path: a name, a verb and a sha512 digest, all of it escaped. */
const longestPath = 2000;

export function createHub(options: HubOptions): Internet {
    const { source, storage, now = Date.now, report = () => undefined } = options;
    const registry = new Registry(source, storage, report);
    const isTaken = async (name: string) =>
        name === "library" || [...(await source.repositories()).keys()].some(bundled => ownerOf(bundled) === name);
    const standIns = new StandIns(registry, options.standIns ?? new Store(false));
    const gate = new Gate(
        registry,
        standIns,
        new Accounts(storage.records, isTaken),
        new Tokens(now),
        options.realm ?? "https://auth.docker.io/token",
    );
    const uploads = new Uploads(now);
    const parts = { registry, uploads, gate, standIns, mirror: false };
    const secureParts = { ...parts, blobOrigin: options.blobOrigin };
    const mirrorParts = { ...parts, gate: readersOnly, mirror: true };

    const app = new Hono<Telling>();
    app.onError((thrown, context) => refusal(thrown, context.req.raw, report));
    app.notFound(context =>
        context.req.method === "HEAD"
            ? new Response(null, { status: 404 })
            : new Response("404 page not found\n", { status: 404 }),
    );
    app.on(["GET", "POST"], "/token", context => gate.token(context.req.raw, context.env.tell));
    app.get("/v1/_ping", () => Response.json(true));
    app.get("/v1/search", context => searchV1(context.req.raw, registry));
    app.all("/v2/_catalog", context => catalogue(context.req.raw, gate, registry));
    app.all("/v2/*", context => {
        const { hostname, protocol } = new URL(context.req.url);
        return versionTwo(
            context.req.raw,
            hostname === mirrorHost ? mirrorParts : protocol === "https:" ? secureParts : parts,
            context.env.tell,
        );
    });

    const blobs = new Hono<Telling>();
    blobs.onError((thrown, context) => refusal(thrown, context.req.raw, report));
    blobs.get("/v2/:name{.+}/blobs/:digest", context => {
        const { tell } = context.env;
        const { name, digest } = context.req.param();
        tellAct(tell, { verb: "blob", repository: name, digest, does: context.req.method === "HEAD" ? "look" : "get" });
        return sendBlob({ request: context.req.raw, name, registry, standIns, tell }, digestIn(digest));
    });

    const web = new Hono();
    web.onError((thrown, context) => refusal(thrown, context.req.raw, report));
    web.all("*", context => webApi(context.req.raw, registry));

    // remove what an earlier visit left half written; on failure it stays until the next visit
    storage.blobs
        .sweep()
        .catch((thrown: unknown) =>
            report(
                asDrydockError(
                    thrown,
                    "hub.sweep-failed",
                    "Leftovers of unfinished uploads could not be removed.",
                    "Nothing to do; it is tried again at the next visit.",
                ),
            ),
        );

    return async (request, tell = untold) => {
        const { hostname } = new URL(request.url);
        try {
            if (webHosts.includes(hostname)) return await web.fetch(request);
            return await (hostname === blobHost ? blobs : app).fetch(request, { tell });
        } catch (thrown) {
            return refusal(thrown, request, report);
        }
    };
}

/** Every client of the mirror may pull, and do nothing else. */
const readersOnly: Call["gate"] = {
    async check(_request, needed) {
        if (needed.some(({ actions }) => actions.some(action => action !== "pull")))
            throw new OciError("DENIED", "this mirror of Docker Hub is read-only; push to docker.io");
    },
};

const versionHeader = "Docker-Distribution-Api-Version";

/** Everything below /v2/. The name may contain slashes, so the verb is searched from the end. */
async function versionTwo(
    request: Request,
    parts: Pick<Call, "registry" | "uploads" | "gate" | "blobOrigin" | "standIns" | "mirror">,
    tell: Tell,
): Promise<Response> {
    const url = new URL(request.url);
    const respond = (response: Response): Response => {
        response.headers.set(versionHeader, "registry/2.0");
        return response;
    };
    if (url.pathname.length > longestPath)
        throw new OciError("NAME_INVALID", "invalid repository name", { detail: "the path is too long" });
    const path = decoded(url.pathname.slice("/v2".length));
    if (path === "" || path === "/") {
        tellAct(tell, { verb: "greeting" });
        await parts.gate.check(request, []);
        return respond(Response.json({}));
    }
    const match =
        /^\/(?<name>.+)\/(?<verb>blobs\/uploads)\/(?<rest>[^/]*)$/.exec(path) ??
        /^\/(?<name>.+)\/(?<verb>blobs\/uploads)(?<rest>)$/.exec(path) ??
        /^\/(?<name>.+)\/(?<verb>manifests|blobs|tags|referrers)\/(?<rest>[^/]+)$/.exec(path);
    if (!match?.groups) throw new OciError("UNSUPPORTED", "404 page not found", { status: 404 });
    const { name, verb, rest } = match.groups as { name: string; verb: string; rest: string };
    if (!isRepositoryName(name))
        throw new OciError("NAME_INVALID", "invalid repository name", { detail: { name: name.slice(0, 300) } });
    const call: Call = { request, url, name, tell, ...parts };
    if (verb === "blobs/uploads")
        return respond(rest === "" ? await startUpload(call) : await continueUpload(call, rest));
    if (verb === "manifests") return respond(await manifest(call, rest));
    if (verb === "blobs") return respond(await blob(call, rest));
    tellAct(tell, { verb: "other", repository: name });
    if (verb === "referrers") return respond(await referrers(call, rest));
    if (rest === "list") return respond(await tagsList(call));
    throw new OciError("UNSUPPORTED", "404 page not found", { status: 404 });
}

/** Throws NAME_INVALID for escapes that do not decode to text. */
function decoded(path: string): string {
    try {
        return decodeURIComponent(path);
    } catch (thrown) {
        throw new OciError("NAME_INVALID", "invalid repository name", {
            detail: { name: path.slice(0, 300) },
            cause: thrown,
        });
    }
}

/**
 * The answer for whatever was thrown. Docker's clients show an error's text only for a status below 500, and keep
 * retrying unless it is DENIED, UNAUTHORIZED or UNSUPPORTED; only for the last do they not add a remark about logging
 * in. So our named errors go out as UNSUPPORTED, and the student reads them at once.
 */
function refusal(thrown: unknown, request: Request, report: (error: DrydockError) => void): Response {
    let error: OciError;
    if (thrown instanceof OciError) error = thrown;
    else if (thrown instanceof DrydockError) {
        // damaged blobs were reported where they were found
        if (!thrown.code.startsWith("hub.blob-")) report(thrown);
        error = new OciError("UNSUPPORTED", `${thrown.message} ${thrown.advice}`, {
            status: 400,
            detail: thrown.code,
            cause: thrown,
        });
    } else {
        report(
            asDrydockError(
                thrown,
                "hub.failed",
                "The Docker Hub inside this page could not answer.",
                "Try again. If that does not help, reload the page.",
            ),
        );
        error = new OciError(
            "UNKNOWN",
            "The Docker Hub inside this page could not answer. Try again. If that does not help, reload the page.",
            { cause: thrown },
        );
    }
    const response = error.response(request.method === "HEAD");
    response.headers.set(versionHeader, "registry/2.0");
    return response;
}
