import { existsSync, readFileSync } from "node:fs";
import { DrydockError, messageOf } from "../../base/errors";
import { currentImage } from "../image/current";
import { containerImages } from "../image/stages/container-images";
import { usage } from "../usage";
import { parseImageList, type BundledImage } from "./lint";

/** What the image build makes is for linux/386, all of it. */
const here = (refs: readonly { ref: string }[]): BundledImage[] => refs.map(({ ref }) => ({ ref, architecture: "386" }));

/** From `--images` (a list, or a file with one); else the built VM image; else what its build would put there. */
export async function bundledImages(option: string | undefined): Promise<BundledImage[]> {
    if (option !== undefined) {
        try {
            return parseImageList(existsSync(option) ? readFileSync(option, "utf8") : option);
        } catch (thrown) {
            throw usage("lint", `--images is no list of images: ${messageOf(thrown)}`);
        }
    }
    try {
        return here((await currentImage()).manifest.preloaded);
    } catch (thrown) {
        if (thrown instanceof DrydockError && thrown.code === "image.missing") return here(containerImages);
        throw thrown;
    }
}
