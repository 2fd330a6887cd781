/**
 * Rows as a browser returns them, parsed on arrival: another version of this page, or a fault, may have written them.
 */
import * as v from "valibot";
import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import { algorithmOf, digestOf, parseDigest, type Digest } from "./digest";
import { lastOf, type Rows, type Table } from "./records";

const digest = v.custom<Digest>(value => typeof value === "string" && parseDigest(value) !== undefined);
const bytes = v.custom<Bytes>(value => value instanceof Uint8Array);
const since = v.object({ since: v.number() });

const schemas: { [T in Table]: v.GenericSchema<unknown, Rows[T]> } = {
    blobs: v.object({ file: v.string(), bytes: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    links: since,
    manifests: v.object({ mediaType: v.string(), bytes, subject: v.exactOptional(digest) }),
    tags: v.object({ digest }),
    referrers: since,
    accounts: v.object({ salt: v.string(), hash: v.string() }),
};

/** Throws if the row does not fit `table`, or if a manifest's digest differs from the one in its key. */
export function parseRow<T extends Table>(table: T, key: string, row: unknown): Rows[T] {
    const parsed = v.parse(schemas[table], row) as Rows[T];
    if (table === "manifests") checkManifest(key, (parsed as Rows["manifests"]).bytes);
    return parsed;
}

function checkManifest(key: string, content: Bytes): void {
    const wanted = parseDigest(lastOf(key));
    if (wanted === undefined || digestOf(content, algorithmOf(wanted)) !== wanted)
        throw new TypeError("the manifest does not have the digest that it is kept under");
}

const SET_ASIDE = "It is set aside in this browser, not deleted.";

/** The error that tells the student what a damaged row means. */
export function damagedRow(table: Table, key: string, cause: unknown): DrydockError {
    const name = key.split("\n")[0]!;
    const [what, advice] =
        table === "accounts"
            ? [`The account "${name}" that this browser keeps is damaged.`, "Log in again to make it anew."]
            : table === "blobs"
              ? ["What this browser keeps of a pushed image's layer is damaged.", "Push the image again."]
              : [`What this browser keeps of the pushed image "${name}" is damaged.`, "Push the image again."];
    return new DrydockError("hub.record-damaged", what, `${advice} ${SET_ASIDE}`, { cause });
}
