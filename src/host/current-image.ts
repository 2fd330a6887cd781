/**
 * Which image is used. Clones share the cache, and two may need different images: each has its choice in a file of its own (the id,
 * then the clone's folder), and `images/current` has the last choice of all, for a clone that has made none.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../base/errors";
import { IMAGE_FORMAT, type ImageManifest } from "../vm/image/image";
import { imagesFolder } from "./cache";
import { root } from "./project";

export interface BuiltImage {
    id: string;
    /** Absolute path of the folder that holds image.json. */
    folder: string;
    manifest: ImageManifest;
}

const shared = "current";
const own = `current-${createHash("sha256").update(root).digest("hex").slice(0, 12)}`;

/** Rejects with "image.missing" if none has been built, and with "image.damaged" if its manifest cannot be read. */
export async function currentImage(): Promise<BuiltImage> {
    const chosen = await choice(own).catch(() => undefined); // this clone has made no choice yet
    if (chosen !== undefined && existsSync(join(imagesFolder(), chosen))) return openImage(chosen);
    let id: string;
    try {
        id = await choice(shared);
    } catch (thrown) {
        throw new DrydockError(
            "image.missing",
            "There is no VM image on this computer yet.",
            "Build it: npm run drydock -- image build",
            { cause: thrown },
        );
    }
    return openImage(id);
}

const linesOf = async (file: string): Promise<string[]> =>
    (await readFile(join(imagesFolder(), file), "utf8")).trim().split("\n");
const choice = async (file: string): Promise<string> => (await linesOf(file))[0]!;

export async function makeCurrent(id: string): Promise<void> {
    for (const file of [own, shared]) {
        const path = join(imagesFolder(), file);
        await writeFile(`${path}.part`, `${id}\n${file === own ? `${root}\n` : ""}`);
        await rename(`${path}.part`, path);
    }
}

/** The images that some clone uses. A clone that has been deleted uses none. */
export async function imagesInUse(): Promise<string[]> {
    const files = await readdir(imagesFolder()).catch(() => []); // none built yet
    const choices = await Promise.all(files.filter(file => /^current(-[0-9a-f]+)?$/.test(file)).map(linesOf));
    return choices.filter(([, clone]) => clone === undefined || existsSync(clone)).map(([id]) => id!);
}

/** A built image by its id. */
export async function openImage(id: string): Promise<BuiltImage> {
    const folder = join(imagesFolder(), id);
    let manifest: ImageManifest;
    try {
        manifest = JSON.parse(await readFile(join(folder, "image.json"), "utf8")) as ImageManifest;
    } catch (thrown) {
        throw new DrydockError(
            "image.damaged",
            `The VM image ${id} cannot be read.`,
            "Build it again: npm run drydock -- image build --force",
            { cause: thrown },
        );
    }
    if (manifest.format !== IMAGE_FORMAT || manifest.id !== id)
        throw new DrydockError(
            "image.damaged",
            `The VM image ${id} has an unknown kind of manifest.`,
            "Build it again: npm run drydock -- image build --force",
        );
    return { id, folder, manifest };
}
