import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeText } from "../../base/bytes";
import { catalogueOfLayout } from "../../internet/hub/layout";
import { entriesOf, type LayoutEntry } from "../formats/oci-folder";
import { defineStage, type Stage } from "../workshop/stage";
import { repositoryOf, type ContainerImage } from "./container-images";
import type { Inputs } from "./inputs";

/**
 * Images as the files of a Docker Hub. Output: hub/ as the page's Docker Hub reads it (catalogue.json, blobs/). There
 * are two of these stages, because the disk needs only the images that the engine has from the start.
 */
export function hubStage(
    { workshop }: Inputs,
    name: string,
    images: readonly (readonly [ContainerImage, Stage])[],
): Stage {
    return defineStage(workshop, {
        name,
        version: 4,
        inputs: [JSON.stringify(images.map(([image]) => image))],
        needs: images.map(([, stage]) => stage),
        async run({ out }) {
            const blobs = join(out, "hub/blobs/sha256");
            await mkdir(blobs, { recursive: true });
            const manifests: LayoutEntry[] = [];
            for (const [, { folder }] of images) {
                for (const name of await readdir(join(folder, "blobs/sha256")))
                    if (!existsSync(join(blobs, name)))
                        await link(join(folder, "blobs/sha256", name), join(blobs, name));
                manifests.push(...(await entriesOf(folder)));
            }
            const descriptions = Object.fromEntries(
                images
                    .filter(([{ below }]) => below === undefined)
                    .map(([image]) => [repositoryOf(image), image.contents]),
            );
            const read = async (path: string) =>
                path === "index.json"
                    ? encodeText(JSON.stringify({ schemaVersion: 2, manifests }))
                    : new Uint8Array(await readFile(join(out, "hub", path)));
            await writeFile(
                join(out, "hub/catalogue.json"),
                `${JSON.stringify(await catalogueOfLayout(read, descriptions), undefined, 1)}\n`,
            );
        },
    });
}
