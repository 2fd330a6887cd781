/**
 * What the bundle says about its JavaScript packages: `internet/node/index.json`, written when the VM image is built.
 */
import compare from "semver/functions/compare";
import * as v from "valibot";
import { readIndex } from "./bundle-index";
import type { Bundle } from "./internet";

export const NODE_FOLDER = "internet/node/";

const versionSchema = v.object({
    /** The package.json, with `bin` in its long form and `hasInstallScript`. */
    manifest: v.looseObject({ name: v.string(), version: v.string(), description: v.optional(v.string()) }),
    /** Name of the tarball in the bundle's folder. */
    file: v.pipe(v.string(), v.regex(/^[\w.+-]+\.tgz$/)),
    bytes: v.number(),
    unpackedBytes: v.number(),
    fileCount: v.number(),
    /** "sha512-..." of the tarball. */
    integrity: v.pipe(v.string(), v.regex(/^sha512-[\w+/=]+$/)),
    /** sha1 of the tarball, which clients before npm 5 check. */
    shasum: v.string(),
});

const indexSchema = v.object({ packages: v.record(v.string(), v.array(versionSchema)) });

export type NodeVersion = v.InferOutput<typeof versionSchema>;

/** Versions by package name ("express", "@redis/client"), lowest first. */
export type NodeIndex = ReadonlyMap<string, readonly NodeVersion[]>;

/** Rejects with "internet.damaged" if the index is not in the form that the image build writes. */
export async function readNodeIndex(bundle: Bundle, signal?: AbortSignal): Promise<NodeIndex> {
    const { packages } = await readIndex(
        bundle,
        `${NODE_FOLDER}index.json`,
        indexSchema,
        "JavaScript packages",
        signal,
    );
    return new Map(
        Object.entries(packages).map(([name, versions]) => [
            name,
            versions.toSorted((a, b) => compare(a.manifest.version, b.manifest.version)),
        ]),
    );
}

/** The tarball's address below the registry's root: its last part is the name without the scope. */
export const tarballPath = ({ manifest: { name, version } }: NodeVersion): string =>
    `/${name}/-/${name.replace(/^@[^/]+\//, "")}-${version}.tgz`;
