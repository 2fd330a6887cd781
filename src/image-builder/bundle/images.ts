/**
 * Container images from a registry, by means of skopeo: found, pinned by digest, fetched, and stored for the page's
 * Docker Hub.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { DrydockError } from "../../base/errors";
import { parseCatalogue, type Catalogue } from "../../internet/hub/catalogue";
import { isManifestType } from "../../internet/hub/manifest";
import { isRepositoryName, isTag } from "../../internet/hub/names";
import { findHostProgram } from "../workshop/host-packages";
import { run } from "../workshop/program";
import { defineStage, type Stage, type Workshop } from "../workshop/stage";
import type { BundledImage } from "../pins/bundle-lock";

interface Context {
    log: string;
    signal?: AbortSignal;
}

export const DOCKER_HUB = "docker.io";

const descriptor = v.object({
    digest: v.string(),
    size: v.number(),
    platform: v.optional(v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) })),
});
const indexSchema = v.object({ manifests: v.array(descriptor) });
const imageSchema = v.object({ mediaType: v.optional(v.string()), config: descriptor, layers: v.array(descriptor) });
const configSchema = v.object({ os: v.string(), architecture: v.string() });

/** "alpine:3.20" as student and registry write it. Throws "bundle.image-name". */
export function parseImageName(name: string): { repository: string; tag: string } {
    const [, path = "", tag = "latest"] = /^([^:@]+)(?::([^:@]+))?$/.exec(name) ?? [];
    if (!isRepositoryName(path) || !isTag(tag) || path.split("/")[0]!.includes(".") || path.split("/").length > 2)
        throw new DrydockError(
            "bundle.image-name",
            `"${name}" is not the name of an image on Docker Hub.`,
            "Write it as students will, such as alpine:3.20 or bitnami/redis:7.4. Use --registry to name another registry.",
        );
    return { repository: path.includes("/") ? path : `library/${path}`, tag };
}

const sha256 = (bytes: Uint8Array | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** `registry`: "docker.io", "mirror.example:5000", "http://127.0.0.1:5000". */
function skopeo(registry: string) {
    if (!findHostProgram("skopeo"))
        throw new DrydockError(
            "bundle.no-skopeo",
            "Adding images needs the program skopeo, which is not installed.",
            "Install it (apt-get install skopeo) and run this again.",
        );
    const plain = registry.startsWith("http://");
    const host = registry.replace(/^http:\/\//, "");
    const call = (verb: string, argv: string[], options: Context) =>
        run("skopeo", ["--insecure-policy", verb, ...argv], options); // digests are checked, signatures are not
    return {
        inspect: (reference: string, argv: string[], options: Context) =>
            call("inspect", [...argv, `--tls-verify=${!plain}`, `docker://${host}/${reference}`], options),
        copy: (reference: string, folder: string, options: Context) =>
            call(
                "copy",
                ["--preserve-digests", `--src-tls-verify=${!plain}`, `docker://${host}/${reference}`, `dir:${folder}`],
                options,
            ),
    };
}

/**
 * Finds the image for linux/386 and pins it; fetches only its manifest and configuration. Rejects with
 * "bundle.no-image", "bundle.no-386".
 */
export async function resolveImage(name: string, registry: string, context: Context): Promise<BundledImage> {
    const { repository, tag } = parseImageName(name);
    const { inspect } = skopeo(registry);
    const raw = async (reference: string, ...argv: string[]): Promise<string> => {
        try {
            return await inspect(reference, ["--raw", ...argv], context);
        } catch (thrown) {
            if (context.signal?.aborted) throw thrown;
            throw new DrydockError(
                "bundle.no-image",
                `${registry} did not provide the image ${name}.`,
                `Check the spelling and the tag, and that you can reach the registry. The full log: ${context.log}`,
                { cause: thrown },
            );
        }
    };
    const top = await raw(`${repository}:${tag}`);
    const index = v.safeParse(indexSchema, JSON.parse(top));
    let digest = sha256(top);
    if (index.success) {
        const real = index.output.manifests.filter(({ platform }) => platform && platform.os !== "unknown");
        const found = real.find(({ platform }) => platform?.os === "linux" && platform.architecture === "386");
        if (!found)
            throw no386(
                name,
                real.map(
                    ({ platform }) =>
                        `${platform!.os}/${platform!.architecture}${platform!.variant ? `/${platform!.variant}` : ""}`,
                ),
            );
        digest = found.digest;
    }
    const manifest = index.success ? await raw(`${repository}@${digest}`) : top;
    const image = v.safeParse(imageSchema, JSON.parse(manifest));
    if (!image.success)
        throw new DrydockError(
            "bundle.old-image",
            `${name} is in a format that Docker abandoned in 2017.`,
            "Choose a newer tag.",
            { cause: new v.ValiError(image.issues) },
        );
    if (!index.success) {
        const { os, architecture } = v.parse(
            configSchema,
            JSON.parse(await raw(`${repository}@${digest}`, "--config")),
        );
        if (os !== "linux" || architecture !== "386") throw no386(name, [`${os}/${architecture}`]);
    }
    const blobs = Object.fromEntries(
        [image.output.config, ...image.output.layers].map(blob => [blob.digest, blob.size]),
    );
    return {
        kind: "image",
        name: `${repository.replace(/^library\//, "")}:${tag}`,
        registry,
        digest,
        blobs: { [digest]: Buffer.byteLength(manifest), ...blobs },
    };
}

function no386(name: string, platforms: readonly string[]): DrydockError {
    const there = platforms.length > 0 ? `it has ${[...new Set(platforms)].sort().join(", ")}` : "it names no platform";
    return new DrydockError(
        "bundle.no-386",
        `${name} has no image for linux/386, which the machine in the page needs; ${there}.`,
        "Choose another tag or image. Debian and Alpine, and many images built on them, support linux/386.",
    );
}

/** Output: hub/ with catalogue.json and blobs/, as the page's Docker Hub reads it. */
export function bundleImagesStage(workshop: Workshop, images: readonly BundledImage[]): Stage {
    return defineStage(workshop, {
        name: "bundle-images",
        version: 1,
        inputs: [JSON.stringify(images)],
        needs: [],
        run: ({ out, log, signal, progress }) => fetchImages(images, join(out, "hub"), { log, signal, progress }),
    });
}

export async function fetchImages(
    images: readonly BundledImage[],
    hub: string,
    context: Context & { progress(text: string): void },
): Promise<void> {
    const blobs = join(hub, "blobs/sha256");
    await mkdir(blobs, { recursive: true });
    const catalogue: Catalogue = { format: 1, repositories: [], blobs: {} };
    for (const image of images) {
        context.progress(image.name);
        const { repository, tag } = parseImageName(image.name);
        const work = join(hub, "work");
        await skopeo(image.registry).copy(`${repository}@${image.digest}`, work, context);
        const manifest = await readFile(join(work, "manifest.json"));
        if (sha256(manifest) !== image.digest)
            throw new DrydockError(
                "bundle.image-damaged",
                `${image.name} does not have its pinned digest ${image.digest}.`,
                "Build again. If that fails too, check what the registry serves.",
            );
        await rename(join(work, "manifest.json"), join(blobs, image.digest.slice("sha256:".length)));
        for (const file of await readdir(work))
            if (/^[0-9a-f]{64}$/.test(file)) await rename(join(work, file), join(blobs, file));
        await rm(work, { recursive: true });
        const { mediaType } = JSON.parse(manifest.toString()) as { mediaType?: string };
        const part: Catalogue = {
            format: 1,
            repositories: [
                {
                    name: repository,
                    description: "Taken in by the instructor.",
                    tags: { [tag]: image.digest as `sha256:${string}` },
                    manifests: {
                        [image.digest]:
                            mediaType && isManifestType(mediaType)
                                ? mediaType
                                : "application/vnd.oci.image.manifest.v1+json",
                    },
                },
            ],
            blobs: image.blobs,
        };
        addCatalogue(catalogue, part);
    }
    await writeCatalogue(hub, catalogue);
}

/** Adds the images of `from` to those of `hub`, which may not exist yet. Rejects with "bundle.image-taken". */
export async function mergeHub(hub: string, from: string): Promise<void> {
    await mkdir(join(hub, "blobs/sha256"), { recursive: true });
    const catalogue: Catalogue = existsSync(join(hub, "catalogue.json"))
        ? parseCatalogue(await readFile(join(hub, "catalogue.json"), "utf8"))
        : { format: 1, repositories: [], blobs: {} };
    addCatalogue(catalogue, parseCatalogue(await readFile(join(from, "catalogue.json"), "utf8")));
    for (const name of await readdir(join(from, "blobs/sha256"))) {
        const target = join(hub, "blobs/sha256", name);
        if (!existsSync(target)) await copyFile(join(from, "blobs/sha256", name), target);
    }
    await writeCatalogue(hub, catalogue);
}

/** Throws "bundle.image-taken" if a tag already names another image: lessons rely on those that come with the page. */
function addCatalogue(to: Catalogue, { repositories, blobs }: Catalogue): void {
    for (const repository of repositories) {
        const known = to.repositories.find(({ name }) => name === repository.name);
        if (!known) {
            to.repositories.push(structuredClone(repository));
            continue;
        }
        for (const [tag, digest] of Object.entries(repository.tags)) {
            if (tag in known.tags && known.tags[tag] !== digest)
                throw new DrydockError(
                    "bundle.image-taken",
                    `The page already has a different ${repository.name.replace(/^library\//, "")}:${tag}.`,
                    "Remove yours with `npm run drydock -- bundle remove image`, or choose another tag.",
                );
            known.tags[tag] = digest;
        }
        Object.assign(known.manifests, repository.manifests);
    }
    Object.assign(to.blobs, blobs);
}

/**
 * Parsed before it is written, so that a catalogue the page would refuse never gets there. Renamed into place, because
 * the old file may be a link to a stage's own.
 */
async function writeCatalogue(hub: string, catalogue: Catalogue): Promise<void> {
    catalogue.repositories.sort((a, b) => (a.name < b.name ? -1 : 1));
    const path = join(hub, "catalogue.json");
    await writeFile(`${path}.part`, `${JSON.stringify(parseCatalogue(JSON.stringify(catalogue)), undefined, 1)}\n`);
    await rename(`${path}.part`, path);
}
