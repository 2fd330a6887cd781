/** The image's table of contents, parsed on arrival. */
import * as v from "valibot";
import { wrongFormat } from "../errors";
import { IMAGE_FORMAT, type ImageManifest } from "./image";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** A path that stays inside the image's folder. */
const path = v.pipe(v.string(), v.regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\:/][^\\:]*$/, "not a path inside the image"));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a sha256"));
const file = v.object({ path, bytes: count, sha256 });

const code = v.object({ modules: v.array(file), guestAt: positive, clock: v.tuple([count, count]) });

const manifest = v.object({
    format: v.literal(IMAGE_FORMAT),
    id: v.string(),
    emulator: v.object({ version: v.string(), module: file, wasm: file }),
    bios: file,
    vgaBios: file,
    kernel: file,
    commandLine: v.string(),
    disk: v.object({
        bytes: positive,
        chunkBytes: v.pipe(positive, v.multipleOf(4096)),
        table: file,
        prefetch: v.array(count),
    }),
    snapshot: v.object({ file, raw: v.object({ bytes: positive, sha256 }), memory: positive, code: v.optional(code) }),
    preloaded: v.array(v.object({ ref: v.string(), digest: v.string(), bytes: count, contents: v.string() })),
    internet: v.object({ python: file, debian: file, node: file, hub: file }),
    builtAt: v.string(),
});

/** `text`: the contents of image.json. Throws "image.wrong-format", naming the first field that is wrong. */
export function parseManifest(text: string): ImageManifest {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch (thrown) {
        throw wrongFormat("image.json is not JSON", thrown);
    }
    const result = v.safeParse(manifest, value);
    if (!result.success) {
        const issue = result.issues[0];
        throw wrongFormat(`${v.getDotPath(issue) ?? "image.json"}: ${issue.message}`);
    }
    const { disk } = result.output;
    if (disk.bytes % disk.chunkBytes !== 0) throw wrongFormat("disk.bytes is not a multiple of disk.chunkBytes");
    if (disk.table.bytes !== (disk.bytes / disk.chunkBytes) * 16)
        throw wrongFormat("disk.table does not have 16 bytes for each chunk");
    return result.output;
}
