/**
 * Makes a page of the guest self-contained: what it loads is embedded, and anything that would run or lead away is
 * removed.
 */
import { loopbackOf, type Loopback } from "./route";
import { guestUrl } from "./translate";

/** Loads a part of the page; undefined if it is not available. */
export type LoadPart = (place: Loopback) => Promise<Blob | undefined>;

/** Most parts to embed; a page with more is shown without the rest. */
const MOST_PARTS = 60;

const removed =
    "script, base, meta[http-equiv], iframe, frame, frameset, object, embed, template, link:not([rel=stylesheet i])";

/**
 * Attributes by which an element loads something or leads somewhere; the page reads `data-drydock-*` and asks the guest
 * itself.
 */
const leading = ["href", "xlink:href", "action", "formaction"];
const loading = ["ping", "target", "formtarget", "srcset", "poster", "background", "data"];

/**
 * The document's own policy, whatever the policy around it says: it contains everything it needs, and may request
 * nothing.
 */
const policy =
    "default-src 'none'; img-src blob: data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'";

const notice =
    "This page is shown without its scripts: this browser, at this address, allows no more. Links and forms work.";

export interface StandaloneDocument {
    html: string;
    title: string;
    /** Blob addresses that the document uses; revoke them when it is discarded. */
    blobs: string[];
}

/** Where `reference`, found in the page at `base`, leads in the guest; undefined if it leads elsewhere. */
export function placeOf(reference: string, base: Loopback): (Loopback & { fragment: string }) | undefined {
    const from = guestUrl(base.port, base.path);
    if (!URL.canParse(reference, from)) return undefined;
    const url = new URL(reference, from);
    const place = loopbackOf(url);
    return place && { ...place, fragment: url.hash };
}

export async function standalone(html: string, base: Loopback, load: LoadPart): Promise<StandaloneDocument> {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const { title } = parsed;
    const blobs: string[] = [];
    for (const element of parsed.querySelectorAll(removed)) element.remove();
    const isPart = "link[href], img[src]";
    const parts = [...parsed.querySelectorAll<HTMLElement>(isPart)].slice(0, MOST_PARTS);
    await Promise.all(
        parts.map(async element => {
            const name = element instanceof HTMLLinkElement ? "href" : "src";
            const reference = element.getAttribute(name) ?? "";
            if (reference.startsWith("data:")) return;
            const place = placeOf(reference, base);
            const blob = place && (await load(place));
            if (name === "href") {
                const style = parsed.createElement("style");
                style.textContent = (await blob?.text()) ?? "";
                element.replaceWith(style);
            } else if (blob) {
                const address = URL.createObjectURL(blob);
                blobs.push(address);
                element.removeAttribute("srcset");
                element.setAttribute("src", address);
            }
        }),
    );
    for (const link of parsed.querySelectorAll("link")) link.remove();
    // Nothing that is left may load or lead anywhere: images beyond the limit, media, links and forms.
    for (const element of parsed.querySelectorAll("*")) {
        for (const name of loading) element.removeAttribute(name);
        const source = element.getAttribute("src");
        if (source !== null && !/^(blob|data):/.test(source)) element.removeAttribute("src");
        for (const name of leading) {
            const value = element.getAttribute(name);
            if (value === null || (name === "href" && value.startsWith("#"))) continue;
            element.removeAttribute(name);
            if (!name.startsWith("xlink")) element.setAttribute(`data-drydock-${name}`, value);
            if (name === "href") element.setAttribute("href", "#");
        }
    }
    const bounds = parsed.createElement("meta");
    bounds.httpEquiv = "Content-Security-Policy";
    bounds.content = policy;
    const lookUps = parsed.createElement("meta");
    lookUps.httpEquiv = "x-dns-prefetch-control";
    lookUps.content = "off";
    parsed.head.prepend(bounds, lookUps);
    const bar = parsed.createElement("p");
    bar.textContent = notice;
    bar.setAttribute("role", "note");
    bar.setAttribute(
        "style",
        "all: initial; display: block; font: 12px/1.4 system-ui, sans-serif; padding: 4px 8px; background: #fff3c4; color: #4a3b00",
    );
    parsed.body.prepend(bar);
    return { html: `<!doctype html>${parsed.documentElement.outerHTML}`, title, blobs };
}
