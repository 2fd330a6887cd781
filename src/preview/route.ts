/**
 * Where a request on the preview origin belongs. Pages of the guest are served under `/p/<port>~<session>/`, but link
 * as if they were at the root: `/static/x.css`, `http://localhost:5000/api`. Pure, so that every case is a line in a
 * test.
 *
 * The session names the Drydock tab, so that two tabs with a machine each do not mix; the worker need not store
 * anything for it.
 */
import { ADDRESSES_PATH, isPort, OWN_PATHS } from "./protocol";

export interface Asked {
    /** The full address requested. */
    url: string;
    /** True for a document in a frame or tab, false for something that a document loads. */
    navigation: boolean;
    /** Address of the requesting document; "" if unknown. */
    referrer: string;
    /** Address of the client that makes the request (document or worker); "" for navigations, which have none yet. */
    client: string;
    /** The document is for a tab of its own, without Drydock's page around it. */
    alone: boolean;
    /** Addresses of all open windows on the origin. */
    windows: readonly string[];
}

export type Route =
    | ({ kind: "guest" } & Place)
    /** Send the navigation to the address with its prefix; method and body are kept (307). */
    | { kind: "redirect"; to: string }
    /** Our own file: the network answers. */
    | { kind: "own" }
    /** Outside the sandbox. */
    | { kind: "outside"; host: string }
    /** A page of the guest outside the frame meant for it. */
    | { kind: "alone" }
    /** It cannot be told which port is meant. */
    | { kind: "unknown" };

/**
 * Names of the student's own computer, which in a lesson means the guest. `host` must be as URL returns it, so that
 * "127.1" and "0x7f000001" have already become 127.0.0.1. Every name below localhost is one, including the preview's
 * own: a page that builds the address of its API from `location.hostname` means the guest too.
 */
export function isLoopback(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, "");
    return (
        name === "localhost" ||
        name.endsWith(".localhost") ||
        name === "host.docker.internal" ||
        /^127\.\d+\.\d+\.\d+$/.test(name) ||
        ["0.0.0.0", "[::]", "[::1]"].includes(name) ||
        /^\[::ffff:(7f[0-9a-f]{2}:[0-9a-f]{1,4}|0:0)\]$/.test(name)
    );
}

/** A port of the guest and the path on it (with query, from "/"). */
export interface Loopback {
    port: number;
    path: string;
}

export interface Place extends Loopback {
    /** Which Drydock tab; "" if the address does not say. */
    session: string;
}

export const prefixOf = (port: number, session: string): string => `/p/${port}${session && `~${session}`}`;

/** What an address with a prefix means; undefined for any other address. */
export function guestOf(address: string, origin: string): Place | undefined {
    if (!URL.canParse(address)) return undefined;
    const url = new URL(address);
    if (url.origin !== origin) return undefined;
    const match = /^\/p\/(\d{1,5})(?:~([a-z0-9]{1,16}))?(\/.*)?$/.exec(url.pathname);
    const port = Number(match?.[1]);
    return match && isPort(port) ? { port, session: match[2] ?? "", path: (match[3] ?? "/") + url.search } : undefined;
}

/** Guest port and path of an address that a page of the guest writes in full; undefined if it leads elsewhere. */
export function loopbackOf(address: URL): Loopback | undefined {
    if (address.protocol !== "http:" && address.protocol !== "https:") return undefined;
    if (!isLoopback(address.hostname)) return undefined;
    const port = Number(address.port || (address.protocol === "https:" ? 443 : 80));
    return { port, path: address.pathname + address.search };
}

export function route(asked: Asked, origin: string): Route {
    const url = new URL(asked.url);
    const asker = guestOf(asked.client, origin) ?? guestOf(asked.referrer, origin);
    if (url.origin !== origin) {
        const guest = loopbackOf(url);
        return guest ? { kind: "guest", ...guest, session: asker?.session ?? "" } : { kind: "outside", host: url.host };
    }
    // Pages of the guest request this one too, see addresses.ts.
    if (url.pathname === ADDRESSES_PATH) return { kind: "own" };
    // The frame's sandbox keeps a page of the guest from leading the tab elsewhere; a tab of its own has no sandbox.
    if (asked.alone) return { kind: "alone" };
    const guest = guestOf(asked.url, origin);
    if (guest) {
        // "/p/5000" is the folder's name without its slash: relative links would lose the port.
        const prefix = prefixOf(guest.port, guest.session);
        return asked.navigation && url.pathname === prefix
            ? { kind: "redirect", to: `${origin}${prefix}/${url.search}` }
            : { kind: "guest", ...guest };
    }
    if (!asker && OWN_PATHS.includes(url.pathname)) return { kind: "own" };
    const place = asker ?? onlyPlace(asked.windows, origin);
    if (!place) return { kind: "unknown" };
    const path = url.pathname + url.search;
    const { port, session } = place;
    return asked.navigation
        ? { kind: "redirect", to: `${origin}${prefixOf(port, session)}${path}` }
        : { kind: "guest", port, session, path };
}

/** Even a page that hides its referrer can be placed if all open pages belong to one port and tab. */
function onlyPlace(windows: readonly string[], origin: string): Place | undefined {
    const places = windows.map(address => guestOf(address, origin)).filter(place => place !== undefined);
    return new Set(places.map(({ port, session }) => prefixOf(port, session))).size === 1 ? places[0] : undefined;
}

/**
 * The address on the preview's origin for an `address` that a page of the guest writes in full; undefined for any
 * other.
 */
export function previewOf(address: string, base: string, origin: string, session: string): string | undefined {
    if (!URL.canParse(address, base)) return undefined;
    const url = new URL(address, base);
    if (url.origin === origin) return undefined;
    const guest = loopbackOf(url);
    return guest && `${origin}${prefixOf(guest.port, session)}${guest.path}${url.hash}`;
}
