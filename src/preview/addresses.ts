/**
 * Addresses that a page of the guest writes in full, `http://localhost:5000/api`, as the preview's own: its policy names
 * nothing but the preview, so that a request to the student's real localhost is refused wherever it comes from, and what
 * means the guest has to be translated before the browser asks its policy. `markup.ts` does it to HTML on its way, the
 * script of `frame/drydock-addresses.ts` to what scripts ask for. Neither is a line of defence.
 */
import { previewOf } from "./route";

/** Where previews are: what `translate.ts` calls Here. */
interface Preview {
    origin: string;
    session: string;
}

/** An attribute whose value is one address, a list of pictures with their sizes, or a refresh ("0; url=..."). */
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

/** `value` with each address of the guest as the preview's; what follows the port stays as it is, letter by letter. */
export function translated(value: string, kind: ReferenceKind, { origin, session }: Preview): string {
    if (!value.includes("//")) return value;
    return value.replace(start[kind], (found, at: number) => {
        const to = previewOf(found, "http://localhost/", origin, session);
        if (to === undefined) return found;
        return value[at + found.length] === "/" ? to.slice(0, -1) : to;
    });
}
