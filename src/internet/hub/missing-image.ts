import type { MissingImage } from "../../base/missing-image";
import { adviceOn, spelled, type Shelf } from "./image-families";
import { familiar } from "./names";

/** More names than these are no help in a terminal. */
const mostNamed = 20;

/** What the hub says of an image that it lacks. `name` with its owner: "library/ubuntu". `standInsOn`: they were asked, too. */
export function missingImage(name: string, tag: string, shelf: Shelf, standInsOn: boolean): MissingImage {
    const asked = spelled({ name, tag });
    const { because, standIn, nearest, meant } = adviceOn(name, tag, shelf);
    const sentences = [`${asked} is not in this sandbox${because === undefined ? "" : ` (${because})`}.`];
    if (meant) sentences.push(`Did you mean ${spelled(meant)}?`);
    else if (nearest)
        sentences.push(
            `Nearest: ${spelled(nearest)}${standIn && !standInsOn ? ", which stands in for it if you turn on stand-ins in the network panel" : ""}.`,
        );
    else sentences.push(offer(shelf));
    sentences.push("An author can add images with `drydock bundle add image <name>`.");
    return { asked, words: sentences.join(" "), standIn: standIn && !standInsOn ? spelled(standIn) : undefined };
}

function offer(shelf: Shelf): string {
    const names = [...shelf.keys()].map(familiar).sort();
    if (names.length === 0) return "It has no images yet.";
    return `It has ${names.slice(0, mostNamed).join(", ")}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ""}.`;
}
