/**
 * Runs before the scripts of a page of the guest: what they request from `http://localhost:5000` is requested from the
 * preview instead, as if the browser had done it. It helps pages that mean the guest; pages that mean harm are stopped
 * by the policy, not by this.
 */
import { kindOf, referenceAttributes, translated } from "../addresses";
import { guestOf, previewOf } from "../route";

const { origin } = location;
const session = guestOf(location.href, origin)?.session ?? "";

/** The address to request in place of `address`. */
const instead = (address: string): string => previewOf(address, document.baseURI, origin, session) ?? address;
const inMarkup = (value: string, attribute: string, element: string): string => {
    const kind = kindOf(attribute, element);
    return kind ? translated(value, kind, { origin, session }) : value;
};

/** Constructors whose first argument is an address. */
for (const name of ["Request", "EventSource", "Worker", "SharedWorker"] as const) {
    const original = window[name] as unknown as (new (...given: unknown[]) => object) | undefined;
    if (original)
        Object.defineProperty(window, name, {
            configurable: true,
            writable: true,
            value: new Proxy(original, {
                construct: (target, [first, ...rest], newTarget) =>
                    Reflect.construct(target, [known(first), ...rest], newTarget) as object,
            }),
        });
}

/** Methods that take an address as the argument with this index. */
wrap(window, "fetch", 0);
wrap(XMLHttpRequest.prototype, "open", 1);
wrap(Navigator.prototype, "sendBeacon", 0);

function wrap(owner: object, name: string, place: number): void {
    const original = Reflect.get(owner, name) as (...given: unknown[]) => unknown;
    Reflect.set(owner, name, function (this: unknown, ...given: unknown[]) {
        if (place in given) given[place] = known(given[place]);
        return Reflect.apply(original, this, given);
    });
}

function known(address: unknown): unknown {
    return typeof address === "string" || address instanceof URL ? instead(String(address)) : address;
}

/** Properties and attributes that make an element load something or link somewhere. */
const owners = [
    [HTMLImageElement, "src", "srcset"],
    [HTMLScriptElement, "src"],
    [HTMLIFrameElement, "src"],
    [HTMLLinkElement, "href"],
    [HTMLAnchorElement, "href"],
    [HTMLAreaElement, "href"],
    [HTMLFormElement, "action"],
    [HTMLButtonElement, "formAction"],
    [HTMLInputElement, "src", "formAction"],
    [HTMLMediaElement, "src"],
    [HTMLVideoElement, "poster"],
    [HTMLSourceElement, "src", "srcset"],
    [HTMLTrackElement, "src"],
] as const;
for (const [owner, ...properties] of owners)
    for (const property of properties) {
        const { prototype } = owner;
        const original = Object.getOwnPropertyDescriptor(prototype, property);
        if (original?.set)
            Object.defineProperty(prototype, property, {
                ...original,
                set(this: Element, value: unknown) {
                    original.set?.call(this, inMarkup(String(value), property, this.localName));
                },
            });
    }
for (const name of ["setAttribute", "setAttributeNS"] as const) {
    const original = Element.prototype[name] as (...given: unknown[]) => void;
    Reflect.set(Element.prototype, name, function (this: Element, ...given: unknown[]) {
        const value = given.length - 1;
        given[value] = inMarkup(String(given[value]), String(given[value - 1]), this.localName);
        Reflect.apply(original, this, given);
    });
}

/**
 * What arrives through innerHTML and the like: by now the browser has refused it, and it loads from the second address.
 */
new MutationObserver(records => {
    for (const { addedNodes } of records)
        for (const node of addedNodes)
            if (node instanceof Element) [node, ...node.querySelectorAll(selector)].forEach(mend);
}).observe(document, { childList: true, subtree: true });

const selector = referenceAttributes.map(name => `[${name.replace(":", "\\:")}]`).join();

function mend(element: Element): void {
    for (const { name, value } of element.attributes) {
        const wanted = inMarkup(value, name, element.localName);
        if (wanted !== value) element.setAttribute(name, wanted);
    }
}

/** `location = "http://localhost:5000"`, where the browser announces it before it navigates. */
interface NavigateEvent extends Event {
    readonly destination: { readonly url: string };
    readonly formData: FormData | null;
    readonly navigationType: string;
}
(window as { navigation?: EventTarget }).navigation?.addEventListener("navigate", event => {
    const { destination, formData, navigationType, cancelable } = event as NavigateEvent;
    const to = formData ? undefined : previewOf(destination.url, location.href, origin, session);
    if (to === undefined || !cancelable) return;
    event.preventDefault();
    if (navigationType === "replace") location.replace(to);
    else location.assign(to);
});
