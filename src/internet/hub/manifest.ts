import * as v from "valibot";
import { messageOf } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import type { ToldManifest } from "../told";
import { parseDigest, type Digest } from "./digest";
import { OciError } from "./oci-error";

/**
 * The two families of manifest, as OCI and Docker name them. Docker's old schema 1 is not served: no current client
 * creates it.
 */
export const imageTypes = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
] as const;
export const indexTypes = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;

/** The specification requires support for 4 megabytes. */
export const longestManifest = 4 * 1024 * 1024;

const digest = v.custom<Digest>(
    text => typeof text === "string" && parseDigest(text) !== undefined,
    "is not a sha256 or sha512 digest",
);
const annotations = v.optional(v.nullable(v.record(v.string(), v.string())));

const descriptor = v.object({
    mediaType: v.string(),
    digest,
    size: v.pipe(v.number(), v.integer(), v.minValue(0)),
    urls: v.optional(v.nullable(v.array(v.string()))),
    platform: v.optional(
        v.nullable(v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) })),
    ),
});

const common = {
    schemaVersion: v.literal(2),
    mediaType: v.optional(v.string()),
    artifactType: v.optional(v.string()),
    subject: v.optional(v.nullable(descriptor)),
    annotations,
};
const image = v.object({ ...common, config: descriptor, layers: v.nullable(v.array(descriptor)) });
const index = v.object({ ...common, manifests: v.nullable(v.array(descriptor)) });

export type Descriptor = v.InferOutput<typeof descriptor>;

/** What the hub needs to know about a manifest; other fields stay in its bytes. */
export interface Manifest {
    mediaType: string;
    /** For the list of referrers; undefined where the specification says to leave it out. */
    artifactType: string | undefined;
    annotations: Record<string, string> | undefined;
    subject: Digest | undefined;
    /** Blobs that must be in the repository first. */
    blobs: readonly Digest[];
    /** For an index: what it lists. */
    manifests: readonly Descriptor[];
}

const isOneOf = (types: readonly string[], type: string): boolean => types.includes(type);

export const isIndexType = (mediaType: string): boolean => isOneOf(indexTypes, mediaType);
export const isManifestType = (mediaType: string): boolean => isOneOf(imageTypes, mediaType) || isIndexType(mediaType);

/** Foreign layers are stored elsewhere: nobody pushes them. */
const isForeign = (layer: Descriptor): boolean =>
    /nondistributable|\.foreign\./.test(layer.mediaType) || (layer.urls ?? []).length > 0;

/** Throws MANIFEST_INVALID. `contentType` has no parameters, and is "" if the client gave none. */
export function parseManifest(bytes: Bytes, contentType: string): Manifest {
    let value: unknown;
    try {
        value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (thrown) {
        throw new OciError("MANIFEST_INVALID", "manifest invalid", { detail: messageOf(thrown), cause: thrown });
    }
    const own =
        typeof value === "object" && value !== null && "mediaType" in value && typeof value.mediaType === "string"
            ? value.mediaType
            : "";
    const mediaType = contentType || own;
    if (own && contentType && own !== contentType)
        throw new OciError("MANIFEST_INVALID", "manifest invalid", {
            detail: `the manifest says it is ${own}, its Content-Type says ${contentType}`,
        });
    if (!isManifestType(mediaType))
        throw new OciError("MANIFEST_INVALID", "manifest invalid", {
            detail: `unsupported media type ${mediaType || "(none)"}`,
        });
    return isIndexType(mediaType)
        ? fromIndex(check(index, value), mediaType)
        : fromImage(check(image, value), mediaType);
}

function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
    const result = v.safeParse(schema, value);
    if (result.success) return result.output;
    const detail = result.issues.map(issue => `${v.getDotPath(issue) ?? "manifest"}: ${issue.message}`).slice(0, 5);
    throw new OciError("MANIFEST_INVALID", "manifest invalid", { detail });
}

function fromImage(manifest: v.InferOutput<typeof image>, mediaType: string): Manifest {
    const blobs = [manifest.config, ...(manifest.layers ?? []).filter(layer => !isForeign(layer))].map(
        blob => blob.digest,
    );
    const artifactType = manifest.artifactType || manifest.config.mediaType;
    return {
        mediaType,
        artifactType,
        annotations: manifest.annotations ?? undefined,
        subject: manifest.subject?.digest,
        blobs,
        manifests: [],
    };
}

function fromIndex(manifest: v.InferOutput<typeof index>, mediaType: string): Manifest {
    const artifactType = manifest.artifactType || undefined;
    return {
        mediaType,
        artifactType,
        annotations: manifest.annotations ?? undefined,
        subject: manifest.subject?.digest,
        blobs: [],
        manifests: manifest.manifests ?? [],
    };
}

/** Bytes; manifests of images have a few thousand. */
const longestTold = 256 * 1024;

/**
 * What the network panel shows of a manifest; undefined if it cannot be read: what a student pushes need not be valid.
 */
export function contentOf(bytes: Bytes, contentType: string): ToldManifest | undefined {
    if (bytes.byteLength > longestTold) return undefined;
    try {
        const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
        if (!isIndexType(parseManifest(bytes, contentType).mediaType)) {
            const { config, layers } = check(image, value);
            const part = ({ digest, size }: Descriptor) => ({ digest, size });
            return { kind: "image", config: part(config), layers: (layers ?? []).map(part) };
        }
        const platforms = (check(index, value).manifests ?? []).flatMap(({ platform }) =>
            platform && platform.os !== "unknown"
                ? [`${platform.os}/${platform.architecture}${platform.variant ? `/${platform.variant}` : ""}`]
                : [],
        );
        return { kind: "index", platforms };
    } catch (thrown) {
        if (thrown instanceof OciError || thrown instanceof SyntaxError) return undefined;
        throw thrown;
    }
}
