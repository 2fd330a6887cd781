/** An image as a folder in the OCI image layout (index.json, blobs/sha256/), its layers encoded as they are served. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../workshop/program";

/**
 * How layers are stored and transferred. Measured in the emulated machine with nginx's layer (7.7 MB of files) over
 * plain HTTP: a pull took 6.5 s in zstd, 8.3 s in gzip and 9-10 s uncompressed. Every transferred byte is carried,
 * hashed, written and read again; zstd sends a third of them and decompresses faster than that. (An archive on the
 * guest's own disk is another matter: there, uncompressed is best.) Level 19 would save an eighth, in twelve times the
 * time. The bytes are the same for any number of threads.
 */
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd";
const LAYER_ENCODER = ["zstd", "-9", "-T0", "--quiet"];

/** Identifies how layers are encoded, for a stage's inputs. */
export const layerEncoding = LAYER_ENCODER.join(" ");

interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
}

interface Manifest {
    config: Descriptor;
    layers: Descriptor[];
}

/** An entry of index.json: an image under one of its names. */
export interface LayoutEntry extends Descriptor {
    platform: { os: string; architecture: string };
    annotations: Record<string, string>;
}

interface Context {
    log: string;
    signal?: AbortSignal;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const blobOf = (folder: string, digest: string): string => join(folder, "blobs", digest.replace(":", "/"));

async function readJson<T>(path: string): Promise<T> {
    return JSON.parse(await readFile(path, "utf8")) as T;
}

export const entriesOf = async (folder: string): Promise<LayoutEntry[]> =>
    (await readJson<{ manifests: LayoutEntry[] }>(join(folder, "index.json"))).manifests;

/** Digest of each layer's uncompressed bytes → the layer as it is served. */
async function layersOf(folder: string): Promise<Map<string, Descriptor>> {
    const [entry] = await entriesOf(folder);
    const { config, layers } = await readJson<Manifest>(blobOf(folder, entry!.digest));
    const { rootfs } = await readJson<{ rootfs: { diff_ids: string[] } }>(blobOf(folder, config.digest));
    return new Map(rootfs.diff_ids.map((digest, index) => [digest, layers[index]!]));
}

/**
 * Writes to `folder` a layout of what `buildah push --disable-compression <image> dir:<pushed>` wrote. Layers that come
 * from the image in the layout `base` are named as they are there and not stored again: anyone who has the base has
 * them already. Throws if the base's layers are not the first ones.
 */
export async function writeLayout(
    pushed: string,
    folder: string,
    refs: readonly string[],
    base: string | undefined,
    context: Context,
): Promise<void> {
    const manifest = await readJson<Manifest>(join(pushed, "manifest.json"));
    const inherited = base === undefined ? new Map<string, Descriptor>() : await layersOf(base);
    const expected = [...inherited.keys()];
    if (expected.some((digest, index) => manifest.layers[index]?.digest !== digest))
        throw new Error(`${refs[0]} does not begin with the layers of its base`);

    await mkdir(join(folder, "blobs/sha256"), { recursive: true });
    const keep = async (file: string, mediaType: string): Promise<Descriptor> => {
        const digest = `sha256:${await hashFile(file)}`;
        const { size } = await stat(file);
        await rename(file, blobOf(folder, digest));
        return { mediaType, digest, size };
    };
    const blobIn = (digest: string): string => join(pushed, digest.replace(/^.*:/, ""));
    const layers: Descriptor[] = [];
    for (const { digest } of manifest.layers)
        layers.push(inherited.get(digest) ?? (await keep(await encode(blobIn(digest), context), LAYER_TYPE)));
    const config = await keep(blobIn(manifest.config.digest), "application/vnd.oci.image.config.v1+json");

    await writeIndex(folder, refs, config, layers);
}

/** The fields of an image's configuration that are read here. */
interface Configuration {
    config?: { Labels?: Record<string, string> };
    rootfs: { type: string; diff_ids: string[] };
    history?: object[];
}

/**
 * Writes to `folder` a layout of the image in `below` with those layers of `top` above it that it lacks. It stores no layer:
 * both layouts have theirs. Everything else of the configuration is that of `below`.
 */
export async function writeStacked(
    folder: string,
    refs: readonly string[],
    { below, top }: { below: string; top: string },
): Promise<void> {
    const [entry] = await entriesOf(below);
    const manifest = await readJson<Manifest>(blobOf(below, entry!.digest));
    const configuration = await readJson<Configuration>(blobOf(below, manifest.config.digest));
    const inherited = new Set(configuration.rootfs.diff_ids);
    const added = [...(await layersOf(top))].filter(([digest]) => !inherited.has(digest));
    const [named] = await entriesOf(top);
    const [belowName, topName] = [entry!, named!].map(one => one.annotations[REF_NAME]);
    const created_by = `the layer of ${topName}`;
    const labels = configuration.config?.Labels ?? {};
    const stacked: Configuration = {
        ...configuration,
        config: {
            ...configuration.config,
            Labels: {
                ...labels,
                "org.opencontainers.image.description": `${labels["org.opencontainers.image.description"]}; with the commands of ${topName} on top`,
                "org.opencontainers.image.base.name": belowName!,
            },
        },
        rootfs: {
            ...configuration.rootfs,
            diff_ids: [...configuration.rootfs.diff_ids, ...added.map(([digest]) => digest)],
        },
        history: [...(configuration.history ?? []), ...added.map(() => ({ created_by }))],
    };
    await mkdir(join(folder, "blobs/sha256"), { recursive: true });
    const config = await writeBlob(folder, manifest.config.mediaType, JSON.stringify(stacked));
    await writeIndex(folder, refs, config, [...manifest.layers, ...added.map(([, layer]) => layer)]);
}

const REF_NAME = "org.opencontainers.image.ref.name";

async function writeBlob(folder: string, mediaType: string, text: string): Promise<Descriptor> {
    const bytes = Buffer.from(text);
    const digest = `sha256:${sha256(bytes)}`;
    await writeFile(blobOf(folder, digest), bytes);
    return { mediaType, digest, size: bytes.length };
}

/** The manifest, and the index that names it. */
async function writeIndex(
    folder: string,
    refs: readonly string[],
    config: Descriptor,
    layers: readonly Descriptor[],
): Promise<void> {
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = await writeBlob(
        folder,
        mediaType,
        JSON.stringify({ schemaVersion: 2, mediaType, config, layers }),
    );
    const manifests = refs.map((ref): LayoutEntry => ({
        ...manifest,
        platform: { os: "linux", architecture: "386" },
        annotations: { [REF_NAME]: ref },
    }));
    await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function hashFile(path: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest("hex");
}

/** Path of the encoded file, beside the layer; the layer itself is removed. */
async function encode(layer: string, context: Context): Promise<string> {
    const encoded = `${layer}.zst`;
    await run(LAYER_ENCODER[0]!, [...LAYER_ENCODER.slice(1), "-o", encoded, layer], context);
    await rm(layer);
    return encoded;
}
