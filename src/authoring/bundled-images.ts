import { existsSync, readFileSync } from "node:fs";
import { DrydockError, messageOf } from "../base/errors";
import { bundledSource } from "../internet/hub/bundled-source";
import { familiar } from "../internet/hub/names";
import { currentImage } from "../host/current-image";
import { nameOf, offeredImages } from "../image-builder/stages/container-images";
import { createFileBundle } from "../host/file-bundle";
import { usage } from "../host/usage";
import { parseImageList, type BundledImage } from "./lint";

/** Everything that the image build makes is for linux/386. */
const here = (refs: readonly string[]): BundledImage[] => [...new Set(refs)].map(ref => ({ ref, architecture: "386" }));

/** From `--images` (a list, or a file with one); otherwise what the engine and the Docker Hub of the built VM image have; otherwise what its build would put there. */
export async function bundledImages(option: string | undefined): Promise<BundledImage[]> {
    if (option !== undefined) {
        try {
            return parseImageList(existsSync(option) ? readFileSync(option, "utf8") : option);
        } catch (thrown) {
            throw usage("lint", `--images is not a list of images: ${messageOf(thrown)}`);
        }
    }
    try {
        const { folder, manifest } = await currentImage();
        const repositories = await bundledSource(createFileBundle(folder), "internet/hub").repositories();
        const pulled = [...repositories.values()].flatMap(({ name, tags }) =>
            [...tags.keys()].map(tag => `${familiar(name)}:${tag}`),
        );
        return here([...manifest.preloaded.map(({ ref }) => ref), ...pulled]);
    } catch (thrown) {
        if (thrown instanceof DrydockError && thrown.code === "image.missing")
            return here(
                offeredImages.flatMap(image => [
                    image.ref,
                    ...(image.tags ?? []).map(tag => `${nameOf(image)}:${tag}`),
                ]),
            );
        throw thrown;
    }
}
