import * as v from "valibot";
import { DrydockError } from "../../base/errors";
import { parseDigest, type Digest } from "./digest";
import { isRepositoryName, isTag } from "./names";

const digest = v.custom<Digest>(
    text => typeof text === "string" && parseDigest(text) !== undefined,
    "not a sha256 or sha512 digest",
);
const mediaType = v.pipe(v.string(), v.regex(/^[\w.+-]+\/[\w.+-]+$/, "not a media type"));

const schema = v.strictObject({
    /** Increased when an older page could no longer read the file. */
    format: v.literal(1),
    repositories: v.array(
        v.strictObject({
            /** Including its owner: "library/nginx". */
            name: v.pipe(v.string(), v.check(isRepositoryName, "not a repository name")),
            description: v.string(),
            tags: v.record(v.pipe(v.string(), v.check(isTag, "not a tag")), digest),
            /** digest → media type of every index and image manifest */
            manifests: v.record(v.string(), mediaType),
        }),
    ),
    /**
     * digest → bytes, of manifests, configurations and layers; the file is `blobs/<algorithm>/<hex>` beside the
     * catalogue.
     */
    blobs: v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** What the bundle has: `catalogue.json`, beside blobs stored as in an OCI image layout. */
export type Catalogue = v.InferOutput<typeof schema>;

/** Throws "hub.catalogue-damaged". */
export function parseCatalogue(text: string): Catalogue {
    try {
        const catalogue = v.parse(schema, JSON.parse(text));
        for (const key of Object.keys(catalogue.blobs))
            if (!parseDigest(key)) throw new Error(`blobs: ${key} is not a digest`);
        for (const repository of catalogue.repositories) {
            for (const key of Object.keys(repository.manifests))
                if (!(key in catalogue.blobs))
                    throw new Error(`${repository.name}: manifest ${key} has no size in blobs`);
            for (const [tag, tagged] of Object.entries(repository.tags))
                if (!(tagged in repository.manifests))
                    throw new Error(`${repository.name}:${tag} is ${tagged}, which is not in its manifests`);
        }
        return catalogue;
    } catch (thrown) {
        const what = v.isValiError(thrown)
            ? thrown.issues.map(issue => `${v.getDotPath(issue) ?? "catalogue"}: ${issue.message}`).join("; ")
            : String(thrown);
        throw new DrydockError(
            "hub.catalogue-damaged",
            `The list of bundled images cannot be read: ${what}.`,
            "Build the bundle again.",
            { cause: thrown },
        );
    }
}
