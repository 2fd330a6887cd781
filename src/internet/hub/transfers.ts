/**
 * Reconstructs a pull or push of an image from the requests it consists of: the token, the manifests, the blobs, and
 * the layers that were not requested because the engine has them already.
 */
import type { MissingImage, StandIn } from "../../base/missing-image";
import type { RegistryAct, ToldManifest } from "../told";
import type { Exchange } from "../traffic";
import { familiar } from "./names";

export interface Transfer {
    kind: "pull" | "push";
    /** The number of the first exchange: it stays the same. */
    id: number;
    /** What the student typed: "nginx", "me/app". */
    image: string;
    /** The requested tag or digest; undefined until it is requested. */
    reference: string | undefined;
    steps: readonly TransferStep[];
    exchanges: readonly Exchange[];
    /** How many layers the image has; undefined until its manifest is known. */
    layers: number | undefined;
    /** How many of these are not transferred because the other side has them. */
    existing: number;
    /** Bytes of bodies to the engine (pull) or from it (push). */
    bytes: number;
    /** The image that answered in the place of the one asked for. */
    standIn: StandIn | undefined;
    /** What is said of the image if it is not here. */
    missing: MissingImage | undefined;
    state: "open" | "complete" | "failed";
}

/** One step of the transfer. `exchange` undefined: there was no request, and that is what the step shows. */
export interface TransferStep {
    what: "greeting" | "token" | "tag" | "index" | "manifest" | "config" | "layer" | "upload" | "other";
    exchange: Exchange | undefined;
    /** Of a manifest, configuration or layer. */
    digest?: string;
    /** Bytes according to the manifest. */
    size?: number;
    /** From 1, in the manifest's order. */
    number?: number;
    /**
     * `exists`: the engine (pull) or the registry (push) already has it. `mounted`: taken from another repository.
     * `waiting`: not requested yet.
     */
    layer?: "transferred" | "exists" | "mounted" | "waiting" | "missing";
    /** The platforms that an index offers. */
    platforms?: readonly string[];
}

/** After this long without a request (milliseconds), a pull will request no more layers. */
const SETTLED = 1_000;

/** After a pause this long (milliseconds), a request for the same image starts another pull. */
const ANOTHER = 10_000;

type ImageManifest = Extract<ToldManifest, { kind: "image" }>;

/** A request to a registry, with what the registry reported about it. */
interface Call {
    exchange: Exchange;
    act: RegistryAct;
}

const repositoryOf = (act: RegistryAct): string | undefined => (act.verb === "greeting" ? undefined : act.repository);

/** True for what only a push does. */
const pushes = ({ act }: Call): boolean =>
    act.verb === "upload" ||
    (act.verb === "token" && act.pushes) ||
    ((act.verb === "manifest" || act.verb === "blob") && act.does !== "look" && act.does !== "get");

const imageOf = ({ act }: Call): ImageManifest | undefined =>
    act.verb === "manifest" && act.manifest?.kind === "image" ? act.manifest : undefined;

/**
 * The blob that a call was about; undefined for a call about something else, or about bytes that have no digest yet.
 */
const blobOf = ({ act }: Call): string | undefined =>
    act.verb === "blob" || act.verb === "upload" ? act.digest : undefined;

interface Group {
    name: string;
    calls: Call[];
}

/**
 * Groups the exchanges with a registry by the pull or push they belong to; oldest first. `now`: milliseconds since
 * 1970.
 */
export function transfersOf(exchanges: readonly Exchange[], now: number): Transfer[] {
    const groups: Group[] = [];
    const current = new Map<string, Group>();
    let greetings: Call[] = [];
    for (const exchange of exchanges) {
        const { act } = exchange;
        if (!act) continue;
        const call = { exchange, act };
        const name = repositoryOf(act);
        if (name === undefined) {
            if (act.verb === "greeting") greetings.push(call);
            continue; // a token without a repository belongs to a login
        }
        let group = current.get(name);
        if (!group || startsAnother(group, call, greetings.length > 0)) {
            group = { name, calls: [] };
            groups.push(group);
            current.set(name, group);
        }
        group.calls.push(...greetings, call);
        greetings = [];
    }
    return groups.map(group => transferOf(group, now));
}

/**
 * Only a request that every pull or push begins with can begin another one; between two layers, an emulated processor
 * may be unpacking for a minute.
 */
function startsAnother({ calls }: Group, { exchange, act }: Call, greeted: boolean): boolean {
    const asksTag = act.verb === "manifest" && act.does !== "put" && !act.reference.includes(":");
    const begins = greeted || act.verb === "token" || asksTag;
    const lastEnd = Math.max(...calls.map(call => call.exchange.ended ?? Number.POSITIVE_INFINITY));
    if (!begins || lastEnd > exchange.began) return false;
    if (exchange.began - lastEnd > ANOTHER) return true;
    const manifests = calls.filter(call => call.act.verb === "manifest");
    if (calls.some(pushes)) return manifests.some(({ act: done }) => done.verb === "manifest" && done.does === "put");
    return (
        manifests.some(call => imageOf(call)) ||
        calls.some(call => call.act.verb === "blob") ||
        (greeted && manifests.some(call => call.exchange.status !== 401))
    );
}

function transferOf({ name, calls }: Group, now: number): Transfer {
    const kind = calls.some(pushes) ? "push" : "pull";
    const exchanges = calls.map(call => call.exchange);
    const open = exchanges.some(exchange => exchange.end === "open");
    const settled = !open && now - Math.max(...exchanges.map(exchange => exchange.ended ?? now)) >= SETTLED;
    const image = calls.map(imageOf).findLast(found => found !== undefined);
    const blobs = image ? blobSteps(image, calls, kind, settled) : [];
    const told = new Set(blobs.flatMap(({ exchange, rest }) => [...(exchange ? [exchange] : []), ...rest]));
    const steps = [
        ...calls.filter(call => !told.has(call.exchange)).map(call => stepOf(call, image)),
        ...blobs.map(({ rest: _, ...step }) => step),
    ];
    // a push sends its manifest last, so it is shown last
    const put = kind === "push" ? steps.findIndex(step => step.what === "manifest") : -1;
    if (put >= 0) steps.push(...steps.splice(put, 1));
    const layers = blobs.filter(step => step.what === "layer");
    const references = calls.flatMap(({ act }) => (act.verb === "manifest" ? [act.reference] : []));
    return {
        kind,
        id: exchanges[0]!.id,
        image: familiar(name),
        reference: references.find(reference => !reference.includes(":")) ?? references[0],
        steps,
        exchanges,
        layers: image && image.layers.length,
        existing: layers.filter(step => step.layer === "exists" || step.layer === "mounted").length,
        bytes: exchanges.reduce((sum, exchange) => sum + (kind === "pull" ? exchange.bytesDown : exchange.bytesUp), 0),
        standIn: exchanges.findLast(exchange => exchange.standIn)?.standIn,
        missing: exchanges.findLast(exchange => exchange.missing)?.missing,
        state: open || (!settled && !failed(calls)) ? "open" : failed(calls) ? "failed" : "complete",
    };
}

/**
 * A refusal that is part of the procedure is no failure (401: where to get tokens; 404 for HEAD: what a push has to
 * send), and neither is a try that a later one made good.
 */
function failed(calls: readonly Call[]): boolean {
    return calls.some(({ exchange: { end, status = 0, url }, act }, index) => {
        if (end === "open" || (end === "complete" && (status < 400 || status === 401))) return false;
        const looked = status === 404 && (act.verb === "manifest" || act.verb === "blob") && act.does === "look";
        if (looked && act.verb === "blob") return false;
        const later = calls
            .slice(index + 1)
            .filter(call => call.exchange.end === "complete" && (call.exchange.status ?? 0) < 300);
        const madeGood = later.some(call => call.exchange.url === url || (looked && call.act.verb === "manifest"));
        return !madeGood;
    });
}

function stepOf({ exchange, act }: Call, image: ImageManifest | undefined): TransferStep {
    switch (act.verb) {
        case "greeting":
        case "token":
            return { what: act.verb, exchange };
        case "upload":
            return { what: "upload", exchange, digest: act.digest };
        case "blob":
            return {
                what: image?.config.digest === act.digest ? "config" : "layer",
                exchange,
                digest: act.digest,
                layer: act.does === "look" && exchange.status === 404 ? "missing" : "transferred",
            };
        case "manifest": {
            const digest = act.reference.includes(":") ? act.reference : undefined;
            // a manifest that was transferred but cannot be read is still a manifest
            if (act.does === "look" || act.does === "delete" || (exchange.status ?? 400) >= 400)
                return { what: act.does === "put" ? "manifest" : "tag", exchange, digest };
            if (act.manifest?.kind === "index")
                return { what: "index", exchange, digest, platforms: act.manifest.platforms };
            return { what: "manifest", exchange, digest };
        }
        case "other":
            return { what: "other", exchange };
    }
}

interface BlobStep extends TransferStep {
    /** The other requests that moved the same blob. */
    rest: readonly Exchange[];
}

/** The image's configuration and layers in the order of its manifest, each with the request that moved it. */
function blobSteps(image: ImageManifest, calls: readonly Call[], kind: Transfer["kind"], settled: boolean): BlobStep[] {
    const parts = [
        { what: "config" as const, ...image.config, number: undefined },
        ...image.layers.map((layer, index) => ({ what: "layer" as const, ...layer, number: index + 1 })),
    ];
    return parts.map(({ what, digest, size, number }) => {
        const own = calls.filter(call => blobOf(call) === digest);
        const last = (does: string) =>
            own.findLast(({ act }) => (act.verb === "blob" || act.verb === "upload") && act.does === does);
        const step = { what, digest, size, number, rest: own.map(call => call.exchange) };
        if (kind === "pull") {
            const exchange = last("get")?.exchange;
            // a failed request is made again; the last one counts
            return { ...step, exchange, layer: exchange ? "transferred" : settled ? "exists" : "waiting" };
        }
        const mounted = last("mount");
        if (mounted) return { ...step, exchange: mounted.exchange, layer: "mounted" };
        const put = last("finish") ?? last("start");
        if (put) {
            const upload = uploadOf(put, calls);
            const rest = upload ? [...step.rest, upload] : step.rest;
            return { ...step, exchange: upload ?? put.exchange, rest, layer: "transferred" };
        }
        const found = own.find(({ act, exchange }) => act.verb === "blob" && exchange.status === 200)?.exchange;
        return { ...step, exchange: found, layer: found || settled ? "exists" : "waiting" };
    });
}

/** The request that carried the bytes to which another then gave a digest. */
function uploadOf({ act: put }: Call, calls: readonly Call[]): Exchange | undefined {
    if (put.verb !== "upload" || put.upload === undefined) return undefined;
    return calls.find(({ act }) => act.verb === "upload" && act.does === "part" && act.upload === put.upload)?.exchange;
}
