/**
 * What courses call images that are not here, and which of those that are here comes nearest: image-families.json. The first
 * family that has a name and its tag counts.
 */
import * as v from "valibot";
import { closest } from "../../base/closest";
import families from "./image-families.json";
import { familiar, isRepositoryName, isTag } from "./names";

/** "debian:trixie-slim"; without a tag the newest there is. */
const target = v.pipe(
    v.string(),
    v.check(text => {
        const [name = "", tag = "latest", ...rest] = text.split(":");
        return isRepositoryName(name) && isTag(tag) && rest.length === 0;
    }, "not an image's name"),
);

const schema = v.strictObject({
    families: v.array(
        v.strictObject({
            /** As students type them: "ubuntu", "bitnami/redis". */
            names: v.pipe(
                v.array(v.pipe(v.string(), v.check(isRepositoryName, "not an image's name"))),
                v.minLength(1),
            ),
            /** Tags with `*` for any text. Every tag when left out. */
            tags: v.optional(v.pipe(v.array(v.pipe(v.string(), v.regex(/^[\w.*-]+$/))), v.minLength(1))),
            /** Images that can take its place, the best first. One that the hub lacks is passed over. */
            standIns: v.optional(v.array(target), []),
            /** They answer whether the student has turned stand-ins on or not. */
            always: v.optional(v.boolean(), false),
            /** Images to name when none can take its place. */
            nearest: v.optional(v.array(target), []),
            /** Why the image itself cannot be here, in a few words that fit between brackets. */
            because: v.optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/, "not plain ASCII"))),
        }),
    ),
});

export type ImageFamily = v.InferOutput<typeof schema>["families"][number];

/** Throws a ValiError. */
export const parseFamilies = (data: unknown): readonly ImageFamily[] => v.parse(schema, data).families;

export const imageFamilies = parseFamilies(families);

/** What a hub has: tags by repository ("library/nginx"). */
export type Shelf = ReadonlyMap<string, Iterable<string>>;

/** An image of the hub: "library/debian" and its tag. */
export interface ShelvedImage {
    name: string;
    tag: string;
}

export interface Advice {
    /** Why the image cannot be here. */
    because: string | undefined;
    standIn: ShelvedImage | undefined;
    /** The stand-in needs no leave of the student. */
    always: boolean;
    /** The stand-in, or an image to name when there is none. */
    nearest: ShelvedImage | undefined;
    /** The image that was probably meant, where the name looks misspelt. */
    meant: ShelvedImage | undefined;
}

/** What to say of an image that the hub lacks. `name` with its owner: "library/ubuntu". */
export function adviceOn(name: string, tag: string, shelf: Shelf, known = imageFamilies): Advice {
    const typed = familiar(name);
    const family = familyOf(typed, tag, known);
    const standIn = family && firstOf(family.standIns, shelf);
    const nearest = standIn ?? (family && firstOf(family.nearest, shelf));
    const names = [...shelf.keys()].map(familiar);
    const meant = family || names.includes(typed) ? undefined : closest(typed, names);
    return {
        because: family?.because,
        standIn,
        always: family?.always ?? false,
        nearest: nearest ?? (names.includes(typed) ? firstOf([typed], shelf) : undefined),
        meant: meant === undefined ? undefined : meantImage(meant, tag, shelf, known),
    };
}

/** "nginx:alpine" for "ngnix:alpine" is nothing that the hub has, so its stand-in is named. */
const meantImage = (name: string, tag: string, shelf: Shelf, known: readonly ImageFamily[]) =>
    firstOf([`${name}:${tag}`, ...(familyOf(name, tag, known)?.standIns ?? []), name], shelf);

const familyOf = (name: string, tag: string, known: readonly ImageFamily[]): ImageFamily | undefined =>
    known.find(({ names, tags }) => names.includes(name) && (tags?.some(pattern => fits(pattern, tag)) ?? true));

/** `*` stands for any text. */
function fits(pattern: string, tag: string): boolean {
    const [start = "", ...rest] = pattern.split("*");
    if (!tag.startsWith(start)) return false;
    let at = start.length;
    for (const [index, part] of rest.entries()) {
        const found = index === rest.length - 1 ? tag.length - part.length : tag.indexOf(part, at);
        if (found < at || !tag.startsWith(part, found)) return false;
        at = found + part.length;
    }
    return rest.length > 0 || at === tag.length;
}

function firstOf(targets: readonly string[], shelf: Shelf): ShelvedImage | undefined {
    for (const wanted of targets) {
        const [typed = "", tag] = wanted.split(":");
        const name = typed.includes("/") ? typed : `library/${typed}`;
        const tags = [...(shelf.get(name) ?? [])];
        const found = tag === undefined ? newest(tags) : tags.find(one => one === tag);
        if (found !== undefined) return { name, tag: found };
    }
    return undefined;
}

const newest = (tags: readonly string[]): string | undefined =>
    tags.includes("latest") ? "latest" : [...tags].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);

/** As a student types it: "nginx", "debian:trixie-slim". */
export const spelled = ({ name, tag }: ShelvedImage): string =>
    tag === "latest" ? familiar(name) : `${familiar(name)}:${tag}`;
