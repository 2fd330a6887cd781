/**
 * Images that answer in the place of others, when the student or the lesson has turned that on; the few that need no asking, always. Each is served under the name that
 * was asked for, with the layers of the image that it really is and a configuration whose labels say so. Another configuration
 * has another digest, and so has the manifest that names it: what the engine verifies is what it gets.
 */
import * as v from "valibot";
import { decodeText, encodeText, readAll, type Bytes } from "../../base/bytes";
import { DrydockError } from "../../base/errors";
import type { StandIn } from "../../base/missing-image";
import type { Readable } from "../../base/store";
import { digestOf, parseDigest, type Digest } from "./digest";
import { adviceOn, spelled, type ShelvedImage } from "./image-families";
import { isIndexType, longestManifest, parseManifest } from "./manifest";
import type { FoundBlob, FoundManifest, Registry } from "./registry";

/** Labels of a stand-in's configuration. */
export const standInLabels = { asked: "drydock.stand-in.for", answered: "drydock.stand-in.is" } as const;

/** Of what was served, so much is known; a guest that asks for thousands of names must not fill memory. */
const mostServed = 300;

interface Served {
    told: StandIn;
    /** Whose layers it has. */
    of: string;
    manifest: FoundManifest;
    config: { digest: Digest; bytes: Bytes };
}

const configSchema = v.looseObject({
    config: v.optional(v.nullable(v.looseObject({ Labels: v.optional(v.nullable(v.record(v.string(), v.string()))) }))),
});
const manifestSchema = v.looseObject({ config: v.looseObject({ digest: v.string(), size: v.number() }) });

export class StandIns {
    /** By repository and manifest; also after they were turned off: a pull that has begun goes on. */
    #served = new Map<string, Served>();

    constructor(
        private readonly registry: Registry,
        private readonly on: Readable<boolean>,
    ) {}

    get turnedOn(): boolean {
        return this.on.state;
    }

    /** What answers for a tag that the registry does not have; undefined when nothing does. */
    async byTag(name: string, tag: string): Promise<{ manifest: FoundManifest; told: StandIn } | undefined> {
        const { standIn, always } = adviceOn(name, tag, await this.registry.shelf());
        if (!standIn || !(always || this.on.state)) return undefined;
        const image = await this.#imageFor386(standIn);
        if (!image) return undefined;
        const told = { asked: spelled({ name, tag }), answered: spelled(standIn) };
        const served = await this.#relabelled(image, standIn.name, told);
        const key = `${name}@${served.manifest.digest}`;
        this.#served.delete(key);
        this.#served.set(key, served);
        while (this.#served.size > mostServed) this.#served.delete(this.#served.keys().next().value!);
        return served;
    }

    /** A manifest that was served under that name. */
    byDigest(name: string, digest: string): FoundManifest | undefined {
        return this.#served.get(`${name}@${digest}`)?.manifest;
    }

    /** Whether something was served under that name, or would be. */
    async covers(name: string): Promise<boolean> {
        if (this.#servedAs(name).length > 0) return true;
        const { standIn, always } = adviceOn(name, "latest", await this.registry.shelf());
        return standIn !== undefined && (always || this.on.state);
    }

    /** A configuration or layer of what was served under that name. */
    async blob(name: string, digest: Digest): Promise<FoundBlob | undefined> {
        for (const { config, of } of this.#servedAs(name)) {
            if (config.digest === digest) return held(config.bytes);
            const layer = await this.registry.blob(of, digest);
            if (layer) return layer;
        }
        return undefined;
    }

    #servedAs(name: string): Served[] {
        return [...this.#served].filter(([key]) => key.startsWith(`${name}@`)).map(([, served]) => served);
    }

    async #imageFor386({ name, tag }: ShelvedImage): Promise<FoundManifest | undefined> {
        const found = await this.registry.manifest(name, tag);
        if (!found || !isIndexType(found.mediaType)) return found;
        const entry = parseManifest(found.bytes, found.mediaType).manifests.find(
            ({ platform }) => platform?.os === "linux" && platform.architecture === "386",
        );
        return entry && this.registry.manifest(name, entry.digest);
    }

    async #relabelled(image: FoundManifest, of: string, told: StandIn): Promise<Served> {
        const manifest = parsed(manifestSchema, image.bytes, told);
        const digest = parseDigest(manifest.config.digest);
        const blob = digest && (await this.registry.blob(of, digest));
        if (!blob) throw damaged(told);
        const config = parsed(configSchema, await readAll(await blob.open(0, blob.bytes), longestManifest), told);
        const labels = {
            ...config.config?.Labels,
            [standInLabels.asked]: told.asked,
            [standInLabels.answered]: told.answered,
        };
        const configBytes = encodeText(JSON.stringify({ ...config, config: { ...config.config, Labels: labels } }));
        const configDigest = digestOf(configBytes);
        const bytes = encodeText(
            JSON.stringify({
                ...manifest,
                config: { ...manifest.config, digest: configDigest, size: configBytes.byteLength },
            }),
        );
        return {
            told,
            of,
            manifest: { digest: digestOf(bytes), mediaType: image.mediaType, bytes, origin: image.origin },
            config: { digest: configDigest, bytes: configBytes },
        };
    }
}

const held = (bytes: Bytes): FoundBlob => ({
    bytes: bytes.byteLength,
    origin: "bundle",
    open: async (start, end) => new Response(bytes.slice(start, end)).body! as ReadableStream<Bytes>,
});

function parsed<S extends v.GenericSchema>(schema: S, bytes: Bytes, told: StandIn): v.InferOutput<S> {
    try {
        return v.parse(schema, JSON.parse(decodeText(bytes)));
    } catch (thrown) {
        throw damaged(told, thrown);
    }
}

const damaged = ({ asked, answered }: StandIn, cause?: unknown): DrydockError =>
    new DrydockError(
        "hub.stand-in-damaged",
        `${answered} cannot stand in for ${asked}: its configuration cannot be read.`,
        "Build the VM image again.",
        { cause },
    );
