/** What the bundle says about its Python packages: `internet/python/index.json`, written when the VM image is built. */
import * as v from "valibot";
import { readIndex } from "./bundle-index";
import type { Bundle } from "./internet";

export const PYTHON_FOLDER = "internet/python/";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const fileSchema = v.object({
    /** Name of the wheel or source archive, and of its file in the bundle's folder. */
    filename: v.pipe(v.string(), v.regex(/^[\w.+!-]+$/)),
    sha256,
    bytes: v.number(),
    requiresPython: v.optional(v.string()),
    /**
     * sha256 of `<filename>.metadata`, the wheel's METADATA file beside it: it lets pip resolve dependencies without
     * the wheel (PEP 658).
     */
    metadataSha256: v.optional(sha256),
});

const indexSchema = v.object({ packages: v.record(v.string(), v.array(fileSchema)) });

export type PythonFile = v.InferOutput<typeof fileSchema>;

/** Files by normalised name. */
export type PythonIndex = ReadonlyMap<string, readonly PythonFile[]>;

/** PEP 503: `Flask_RESTful` and `flask-restful` are one package. */
export const normalizedName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** Rejects with "internet.damaged" if the index is not in the form that the image build writes. */
export async function readPythonIndex(bundle: Bundle, signal?: AbortSignal): Promise<PythonIndex> {
    const { packages } = await readIndex(bundle, `${PYTHON_FOLDER}index.json`, indexSchema, "Python packages", signal);
    return new Map(Object.entries(packages).map(([name, files]) => [normalizedName(name), files]));
}

/** The version in a wheel's or source archive's file name, for lists that people read. */
export function versionOf(filename: string): string {
    return /^[^-]+-([^-]+)(-.+\.whl|\.(tar\.gz|zip))$/.exec(filename)?.[1] ?? "?";
}
