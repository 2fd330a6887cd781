/** The image last built from this source. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../base/errors";
import { IMAGE_FORMAT, type ImageManifest } from "../vm/image/image";
import { imagesFolder } from "./cache";

export interface BuiltImage {
    id: string;
    /** Absolute path of the folder that holds image.json. */
    folder: string;
    manifest: ImageManifest;
}

/** Rejects with "image.missing" if none has been built, and with "image.damaged" if its manifest cannot be read. */
export async function currentImage(): Promise<BuiltImage> {
    let id: string;
    try {
        id = (await readFile(join(imagesFolder(), "current"), "utf8")).trim();
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
