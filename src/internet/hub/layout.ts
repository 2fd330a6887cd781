/** The catalogue of an OCI image layout, for the bundle's build. */
import * as v from "valibot";
import { decodeText, type Bytes } from "../../base/bytes";
import { DrydockError } from "../../base/errors";
import { parseCatalogue, type Catalogue } from "./catalogue";
import { digestOf, parseDigest, type Digest } from "./digest";
import { isIndexType } from "./manifest";

const descriptor = v.object({
    mediaType: v.string(),
    digest: v.string(),
    size: v.number(),
    platform: v.optional(v.object({ os: v.string(), architecture: v.string() })),
    annotations: v.optional(v.record(v.string(), v.string())),
});
const layoutIndex = v.object({ manifests: v.array(descriptor) });
const manifest = v.object({ config: descriptor, layers: v.array(descriptor) });

const referenceAnnotation = "org.opencontainers.image.ref.name";

/**
 * Reads `index.json` and the manifests below it. Each entry is named by its annotation
 * org.opencontainers.image.ref.name, as written by `buildah push oci:folder:nginx:latest` or `skopeo copy`:
 * "nginx:1.26" or "bitnami/redis:7". `descriptions` has one line for each repository's full name. Throws
 * "hub.layout-invalid".
 */
export async function catalogueOfLayout(
    read: (path: string) => Promise<Bytes>,
    descriptions: Readonly<Record<string, string>>,
): Promise<Catalogue> {
    const blobs: Record<string, number> = {};
    const repositories = new Map<string, Catalogue["repositories"][number]>();

    const add = async (
        { mediaType, digest, size }: v.InferOutput<typeof descriptor>,
        manifests: Record<string, string>,
    ): Promise<void> => {
        blobs[digest] = size;
        manifests[digest] = mediaType;
        const bytes = await read(pathOf(digest));
        if (digestOf(bytes) !== digest) throw invalid(`${digest} does not match its digest`);
        if (isIndexType(mediaType))
            for (const child of parse(layoutIndex, bytes, digest).manifests) await add(child, manifests);
        else {
            const { config, layers } = parse(manifest, bytes, digest);
            for (const blob of [config, ...layers]) blobs[blob.digest] = blob.size;
        }
    };

    for (const entry of parse(layoutIndex, await read("index.json"), "index.json").manifests) {
        const reference = entry.annotations?.[referenceAnnotation] ?? "";
        const colon = reference.lastIndexOf(":");
        if (colon < 1)
            throw invalid(
                `the entry ${entry.digest} has no name; its annotation ${referenceAnnotation} is "${reference}"`,
            );
        const name = reference.slice(0, colon).includes("/")
            ? reference.slice(0, colon)
            : `library/${reference.slice(0, colon)}`;
        const description = descriptions[name];
        if (description === undefined) throw invalid(`${name} has no description`);
        const repository = repositories.get(name) ?? { name, description, tags: {}, manifests: {} };
        repositories.set(name, repository);
        repository.tags[reference.slice(colon + 1)] = entry.digest as Digest;
        await add(entry, repository.manifests);
    }
    const sorted = [...repositories.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return parseCatalogue(JSON.stringify({ format: 1, repositories: sorted, blobs }));
}

function pathOf(digest: string): string {
    if (!parseDigest(digest)) throw invalid(`${digest} is not a digest`);
    return `blobs/${digest.replace(":", "/")}`;
}

function parse<S extends v.GenericSchema>(schema: S, bytes: Bytes, what: string): v.InferOutput<S> {
    try {
        return v.parse(schema, JSON.parse(decodeText(bytes)));
    } catch (thrown) {
        throw invalid(`${what} cannot be read: ${String(thrown)}`, thrown);
    }
}

function invalid(what: string, cause?: unknown): DrydockError {
    return new DrydockError(
        "hub.layout-invalid",
        `The images for the bundle are not a complete OCI layout: ${what}.`,
        "Build the images again.",
        { cause },
    );
}
