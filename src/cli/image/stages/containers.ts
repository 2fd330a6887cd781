import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeText } from "../../../base/bytes";
import { catalogueOfLayout } from "../../../internet/hub/layout";
import { entriesOf, type LayoutEntry } from "../oci-folder";
import { defineStage, type Stage } from "../stage";
import { containerImageStages, type ContainerNeeds } from "./container-image";
import { containerImages, nameOf } from "./container-images";
import type { Inputs } from "./inputs";

const archiveName = (ref: string): string => `${ref.replace(/[/:]/g, "_")}.tar`;

/**
 * All container images. Output: hub/ as the page's Docker Hub reads it (catalogue.json, blobs/); a docker archive of each that
 * is preloaded.
 */
export async function containersStage(inputs: Inputs, needs: ContainerNeeds): Promise<Stage> {
    const stages = await containerImageStages(inputs, containerImages, needs);
    return defineStage(inputs.workshop, {
        name: "containers",
        version: 3,
        inputs: [JSON.stringify(containerImages)],
        needs: [...stages.values()],
        async run({ out }) {
            const blobs = join(out, "hub/blobs/sha256");
            await mkdir(blobs, { recursive: true });
            const manifests: LayoutEntry[] = [];
            for (const [image, { folder }] of stages) {
                for (const name of await readdir(join(folder, "blobs/sha256"))) if (!existsSync(join(blobs, name))) await link(join(folder, "blobs/sha256", name), join(blobs, name));
                if (image.preloaded) await link(join(folder, "archive.tar"), join(out, archiveName(image.ref)));
                manifests.push(...(await entriesOf(folder)));
            }
            const descriptions = Object.fromEntries(containerImages.map(image => [`library/${nameOf(image)}`, image.contents]));
            const read = async (path: string) => (path === "index.json" ? encodeText(JSON.stringify({ schemaVersion: 2, manifests })) : new Uint8Array(await readFile(join(out, "hub", path))));
            await writeFile(join(out, "hub/catalogue.json"), `${JSON.stringify(await catalogueOfLayout(read, descriptions), undefined, 1)}\n`);
        },
    });
}

/** Paths of the archives that a finished stage holds, in `containerImages`' order. */
export const archivesOf = (stage: Stage): string[] => containerImages.filter(image => image.preloaded).map(({ ref }) => join(stage.folder, archiveName(ref)));
