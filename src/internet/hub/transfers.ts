/**
 * Reads a pull or push of an image out of the requests it is made of: the way to the token, the manifests, the blobs, and the
 * layers that were not asked for because the engine has them already.
 */
import * as v from "valibot";
import type { Exchange } from "../traffic";
import { hubHosts } from "./hub";
import { isIndexType } from "./manifest";
import { familiar } from "./names";

export interface Transfer {
    kind: "pull" | "push";
    /** The first exchange's number: a name that lasts. */
    id: number;
    /** What a student typed: "nginx", "me/app". */
    image: string;
    /** The tag or digest asked for; undefined before it is. */
    reference: string | undefined;
    steps: readonly TransferStep[];
    exchanges: readonly Exchange[];
    /** Layers of the image; undefined before its manifest is known. */
    layers: number | undefined;
    /** Of these, not transferred since the other side has them. */
    existing: number;
    /** Bytes of bodies to the engine (pull) or from it (push). */
    bytes: number;
    state: "open" | "complete" | "failed";
}

/** One line of the lesson. `exchange` undefined: there was no request, and that is the point. */
export interface TransferStep {
    what: "greeting" | "token" | "tag" | "index" | "manifest" | "config" | "layer" | "upload" | "other";
    exchange: Exchange | undefined;
    /** Of a manifest, configuration or layer. */
    digest?: string;
    /** Bytes by the manifest. */
    size?: number;
    /** From 1, in the manifest's order. */
    number?: number;
    /** `exists`: the engine (pull) or the registry (push) has it already. `mounted`: taken over from another repository. `waiting`: not asked for yet. */
    layer?: "transferred" | "exists" | "mounted" | "waiting" | "missing";
    /** The platform that was chosen from an index. */
    platforms?: readonly string[];
}

/** Without a request for so long (milliseconds) a pull asks for no more layers. */
const SETTLED = 1_000;

/** A pause (milliseconds) after which the same image is another pull. */
const ANOTHER = 10_000;

const descriptor = v.object({
    digest: v.string(),
    size: v.number(),
    mediaType: v.optional(v.string()),
    platform: v.optional(
        v.nullable(v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) })),
    ),
});
const imageSchema = v.object({ config: descriptor, layers: v.array(descriptor) });
const indexSchema = v.object({ manifests: v.array(descriptor) });

type ImageManifest = v.InferOutput<typeof imageSchema>;

function read<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
    try {
        return v.parse(schema, JSON.parse(text));
    } catch {
        return undefined; // what a student pushes need not be sound
    }
}

/** A request to a registry, taken apart. */
interface Call {
    exchange: Exchange;
    name: string | undefined;
    verb: "greeting" | "token" | "manifests" | "blobs" | "uploads" | "other";
    reference: string;
    query: URLSearchParams;
    pushes: boolean;
}

function callOf(exchange: Exchange): Call | undefined {
    const url = new URL(exchange.url);
    if (!hubHosts.includes(url.hostname)) return undefined;
    const call = { exchange, query: url.searchParams, reference: "", pushes: false };
    if (url.pathname === "/token") {
        // a push that takes a layer over asks to pull from that repository along with it
        const scopes = url.searchParams
            .getAll("scope")
            .flatMap(scope => scope.split(" "))
            .map(scope => /^repository:([^:]+):(.*)$/.exec(scope));
        const scope = scopes.find(found => found?.[2]!.includes("push")) ?? scopes.find(found => found);
        return { ...call, verb: "token", name: scope?.[1], pushes: scope?.[2]!.includes("push") ?? false };
    }
    if (/^\/v2\/?$/.test(url.pathname)) return { ...call, verb: "greeting", name: undefined };
    const path = /^\/v2\/(.+)\/(?:(blobs\/uploads)(?:\/([^/]*))?|(manifests|blobs|tags|referrers)\/([^/]+))\/?$/.exec(
        url.pathname,
    );
    if (!path) return undefined;
    const [, name, uploads, , verb, reference = ""] = path;
    const writes = exchange.method !== "GET" && exchange.method !== "HEAD";
    if (uploads) return { ...call, verb: "uploads", name, pushes: true };
    return {
        ...call,
        verb: verb === "manifests" || verb === "blobs" ? verb : "other",
        name,
        reference: decodeURIComponent(reference),
        pushes: writes,
    };
}

interface Group {
    name: string;
    calls: Call[];
}

/** Each exchange with a registry that belongs to a pull or push, gathered; oldest first. `now`: milliseconds since 1970. */
export function transfersOf(exchanges: readonly Exchange[], now: number): Transfer[] {
    const groups: Group[] = [];
    const current = new Map<string, Group>();
    let greetings: Call[] = [];
    for (const exchange of exchanges) {
        const call = callOf(exchange);
        if (!call) continue;
        if (call.name === undefined) {
            if (call.verb === "greeting") greetings.push(call);
            continue; // a token without a repository is a login's
        }
        let group = current.get(call.name);
        if (!group || startsAnother(group, call, greetings.length > 0)) {
            group = { name: call.name, calls: [] };
            groups.push(group);
            current.set(call.name, group);
        }
        group.calls.push(...greetings, call);
        greetings = [];
    }
    return groups.map(group => transferOf(group, now));
}

/** Only what every pull or push begins with can begin another; between two layers an emulated processor may unpack for a minute. */
function startsAnother({ calls }: Group, { exchange, verb, reference }: Call, greeted: boolean): boolean {
    const begins =
        greeted || verb === "token" || (verb === "manifests" && !reference.includes(":") && exchange.method !== "PUT");
    const lastEnd = Math.max(...calls.map(call => call.exchange.ended ?? Number.POSITIVE_INFINITY));
    if (!begins || lastEnd > exchange.began) return false;
    if (exchange.began - lastEnd > ANOTHER) return true;
    const manifests = calls.filter(call => call.verb === "manifests");
    const put = manifests.some(call => call.exchange.method === "PUT");
    if (calls.some(call => call.pushes)) return put;
    return (
        manifests.some(call => isImage(call.exchange)) ||
        calls.some(call => call.verb === "blobs") ||
        (greeted && manifests.some(call => call.exchange.status !== 401))
    );
}

const isImage = ({ manifest }: Exchange): boolean => manifest !== undefined && !isIndexType(manifest.mediaType);

function transferOf({ name, calls }: Group, now: number): Transfer {
    const kind = calls.some(call => call.pushes) ? "push" : "pull";
    const exchanges = calls.map(call => call.exchange);
    const open = exchanges.some(exchange => exchange.end === "open");
    const settled = !open && now - Math.max(...exchanges.map(exchange => exchange.ended ?? now)) >= SETTLED;
    const manifest = calls.findLast(call => call.verb === "manifests" && isImage(call.exchange));
    const image = manifest && read(imageSchema, manifest.exchange.manifest!.text);
    const blobs = image ? blobSteps(image, calls, kind, settled) : [];
    const told = new Set(blobs.flatMap(({ exchange, rest }) => [...(exchange ? [exchange] : []), ...rest]));
    const steps = [
        ...calls.filter(call => !told.has(call.exchange)).map(call => stepOf(call, image)),
        ...blobs.map(({ rest: _, ...step }) => step),
    ];
    // a push's manifest comes last, as it did
    const put = steps.findIndex(step => step.what === "manifest" && step.exchange?.method === "PUT");
    if (put >= 0) steps.push(...steps.splice(put, 1));
    const layers = blobs.filter(step => step.what === "layer");
    const tagged =
        calls.find(call => call.verb === "manifests" && !call.reference.includes(":")) ??
        calls.find(call => call.verb === "manifests");
    return {
        kind,
        id: exchanges[0]!.id,
        image: familiar(name),
        reference: tagged?.reference,
        steps,
        exchanges,
        layers: image && image.layers.length,
        existing: layers.filter(step => step.layer === "exists" || step.layer === "mounted").length,
        bytes: exchanges.reduce((sum, exchange) => sum + (kind === "pull" ? exchange.bytesDown : exchange.bytesUp), 0),
        state: open || (!settled && !failed(calls)) ? "open" : failed(calls) ? "failed" : "complete",
    };
}

/** A refusal that belongs to the way (401: where tokens are; 404 to HEAD: what a push has to send) or a try that was made good is no failure. */
function failed(calls: readonly Call[]): boolean {
    return calls.some(({ exchange: { end, status = 0, method, url }, verb }, index) => {
        if (end === "open" || (end === "complete" && (status < 400 || status === 401))) return false;
        if (status === 404 && method === "HEAD" && verb === "blobs") return false;
        const later = calls
            .slice(index + 1)
            .filter(call => call.exchange.end === "complete" && (call.exchange.status ?? 0) < 300);
        const madeGood = later.some(
            call => call.exchange.url === url || (status === 404 && method === "HEAD" && call.verb === "manifests"),
        );
        return !madeGood;
    });
}

function stepOf({ exchange, verb, reference, query }: Call, image: ImageManifest | undefined): TransferStep {
    const digest = reference.includes(":") ? reference : (query.get("digest") ?? query.get("mount") ?? undefined);
    if (verb === "greeting" || verb === "token") return { what: verb, exchange };
    if (verb === "uploads") return { what: "upload", exchange, digest };
    if (verb === "blobs")
        return {
            what: image?.config.digest === reference ? "config" : "layer",
            exchange,
            digest,
            layer: exchange.method === "HEAD" && exchange.status === 404 ? "missing" : "transferred",
        };
    if (verb !== "manifests") return { what: "other", exchange };
    if (!exchange.manifest) return { what: "tag", exchange, digest };
    if (!isIndexType(exchange.manifest.mediaType)) return { what: "manifest", exchange, digest };
    const listed = read(indexSchema, exchange.manifest.text)?.manifests ?? [];
    const platforms = listed.flatMap(({ platform }) =>
        platform && platform.os !== "unknown"
            ? [`${platform.os}/${platform.architecture}${platform.variant ? `/${platform.variant}` : ""}`]
            : [],
    );
    return { what: "index", exchange, digest, platforms };
}

interface BlobStep extends TransferStep {
    /** The other requests that moved the same blob. */
    rest: readonly Exchange[];
}

/** The image's configuration and layers in its manifest's order, each with the request that moved it. */
function blobSteps(image: ImageManifest, calls: readonly Call[], kind: Transfer["kind"], settled: boolean): BlobStep[] {
    const parts = [
        { what: "config" as const, ...image.config, number: undefined },
        ...image.layers.map((layer, index) => ({ what: "layer" as const, ...layer, number: index + 1 })),
    ];
    return parts.map(({ what, digest, size, number }) => {
        const own = calls
            .filter(
                call =>
                    call.reference === digest ||
                    call.query.get("digest") === digest ||
                    call.query.get("mount") === digest,
            )
            .map(call => call.exchange);
        const step = { what, digest, size, number, rest: own };
        if (kind === "pull") {
            const exchange = own.findLast(({ method }) => method === "GET");
            // a request that fails is made again; the last one counts
            return { ...step, exchange, layer: exchange ? "transferred" : settled ? "exists" : "waiting" };
        }
        const mounted = own.find(
            ({ method, url, status }) => method === "POST" && status === 201 && url.includes("mount="),
        );
        if (mounted) return { ...step, exchange: mounted, layer: "mounted" };
        const put = own.find(({ method }) => method === "PUT" || method === "POST");
        if (put) {
            const upload = uploadOf(put, calls);
            return { ...step, exchange: upload ?? put, rest: upload ? [...own, upload] : own, layer: "transferred" };
        }
        const found = own.find(({ method, status }) => method === "HEAD" && status === 200);
        return { ...step, exchange: found, layer: found ? "exists" : settled ? "exists" : "waiting" };
    });
}

/** The PATCH that carried the bytes which a PUT then gave a name; it went to the same address. */
function uploadOf(put: Exchange, calls: readonly Call[]): Exchange | undefined {
    const { pathname } = new URL(put.url);
    return calls.find(({ exchange }) => exchange.method === "PATCH" && new URL(exchange.url).pathname === pathname)
        ?.exchange;
}
