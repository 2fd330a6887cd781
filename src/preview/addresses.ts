/**
 * Translates addresses that a page of the guest writes in full, such as `http://localhost:5000/api`, into the
 * preview's. The page's policy names nothing but the preview, so a request to the student's real localhost is refused
 * wherever it comes from; addresses that mean the guest must therefore be translated before the browser consults the
 * policy. `markup.ts` does this to HTML on its way, the script in `frame/drydock-addresses.ts` to what scripts request.
 * Neither is a line of defence.
 */
import { previewOf } from "./route";

/** Where previews are; `translate.ts` calls this Here. */
interface Preview {
    origin: string;
    session: string;
}

/** An attribute whose value is one address, a list of images with their sizes, or a refresh ("0; url=..."). */
export type ReferenceKind = "address" | "srcset" | "refresh";

const kinds: Record<string, ReferenceKind> = {
    href: "address",
    "xlink:href": "address",
    src: "address",
    action: "address",
    formaction: "address",
    data: "address",
    poster: "address",
    srcset: "srcset",
    imagesrcset: "srcset",
};

export const referenceAttributes: readonly string[] = Object.keys(kinds);

/** undefined for an attribute that holds no address. */
export function kindOf(attribute: string, element: string): ReferenceKind | undefined {
    const name = attribute.toLowerCase();
    return name === "content" && element.toLowerCase() === "meta" ? "refresh" : kinds[name];
}

/** The part before the path: scheme, host and port; the scheme may be left out. */
const start: Record<ReferenceKind, RegExp> = (() => {
    const place = String.raw`(?:https?:)?//(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=[/?#"'\s,;>]|$)`;
    return {
        address: new RegExp(String.raw`(?<=^\s*)${place}`, "gi"),
        srcset: new RegExp(String.raw`(?<=^|[\s,])${place}`, "gi"),
        refresh: new RegExp(String.raw`(?<=;\s*url\s*=\s*["']?)${place}`, "gi"),
    };
})();

/**
 * `value` with each address of the guest replaced by the preview's; what follows the port is kept, letter for letter.
 */
export function translated(value: string, kind: ReferenceKind, { origin, session }: Preview): string {
    if (!value.includes("//")) return value;
    return value.replace(start[kind], (found, at: number) => {
        const to = previewOf(found, "http://localhost/", origin, session);
        if (to === undefined) return found;
        return value[at + found.length] === "/" ? to.slice(0, -1) : to;
    });
}
