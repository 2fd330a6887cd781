/** The list of what a bundle's folder holds: JSON that the image build writes, parsed on arrival. */
import * as v from "valibot";
import { decodeText, readAll } from "../base/bytes";
import { DrydockError } from "../base/errors";
import type { Bundle } from "./internet";

/** Bytes; an index of a thousand packages is 300 kB to 2 MB. */
const LARGEST_INDEX = 16 << 20;

/**
 * `what`: "Python packages". Rejects with "internet.damaged" if the index is not in the form that the image build
 * writes.
 */
export async function readIndex<S extends v.GenericSchema>(
    bundle: Bundle,
    path: string,
    schema: S,
    what: string,
    signal?: AbortSignal,
): Promise<v.InferOutput<S>> {
    const { body } = await bundle.open(path, signal);
    try {
        return v.parse(schema, JSON.parse(decodeText(await readAll(body, LARGEST_INDEX))));
    } catch (thrown) {
        throw new DrydockError(
            "internet.damaged",
            `The list of ${what} in the VM image cannot be read.`,
            "Build the VM image again.",
            { cause: thrown },
        );
    }
}

/** Reads on the first call and keeps the result; after a failure, the next call reads again. */
export function kept<T>(read: () => Promise<T>): () => Promise<T> {
    let known: Promise<T> | undefined;
    return async () => {
        known ??= read();
        try {
            return await known;
        } catch (thrown) {
            known = undefined;
            throw thrown;
        }
    };
}
