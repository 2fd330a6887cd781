/** A pinned wheel and a pinned npm package, as they appear in the lock files. */
import * as v from "valibot";

export const wheel = v.object({ filename: v.string(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });

/** `integrity`: as in package-lock.json, "sha512-...". */
export const npmPackage = v.object({
    name: v.string(),
    version: v.string(),
    integrity: v.pipe(v.string(), v.startsWith("sha512-")),
});

export type PinnedWheel = v.InferOutput<typeof wheel>;
export type PinnedNpmPackage = v.InferOutput<typeof npmPackage>;
