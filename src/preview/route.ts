/**
 * Where a request of the preview origin belongs. Pages of the guest live under `/p/<port>/`, but link as if they stood at
 * the root: `/static/x.css`, `http://localhost:5000/api`. Pure, so that every case is a line in a test.
 */
import { isPort, OWN_PATHS } from "./protocol";

export interface Asked {
    /** Full address asked for. */
    url: string;
    /** A document for a frame or tab, as opposed to something that a document loads. */
    navigation: boolean;
    /** Address of the document that asks; "" when unknown. */
    referrer: string;
    /** Address of the client that makes the request (document or worker); "" for navigations, which have none yet. */
    client: string;
    /** Addresses of all open windows of the origin. */
    windows: readonly string[];
}

export type Route =
    /** To the guest: path with query, from "/". */
    | { kind: "guest"; port: number; path: string }
    /** Send the navigation to the address under its prefix; method and body stay (307). */
    | { kind: "redirect"; to: string }
    /** Our own file: the network answers. */
    | { kind: "own" }
    /** Outside of the sandbox. */
    | { kind: "outside"; host: string }
    /** Nobody can tell which port is meant. */
    | { kind: "unknown" };

/** Names of the student's own computer, which in a lesson means the guest. */
const loopback = new Set(["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"]);

export const prefixOf = (port: number): string => `/p/${port}`;

/** A port of the guest and the path on it (with query, from "/"). */
export interface Loopback {
    port: number;
    path: string;
}

/** Guest port and path of an address under `/p/<port>/`; undefined for any other address. */
export function guestOf(address: string, origin: string): Loopback | undefined {
    if (!URL.canParse(address)) return undefined;
    const url = new URL(address);
    if (url.origin !== origin) return undefined;
    const match = /^\/p\/(\d{1,5})(\/.*)?$/.exec(url.pathname);
    const port = Number(match?.[1]);
    return match && isPort(port) ? { port, path: (match[2] ?? "/") + url.search } : undefined;
}

/** Guest port and path of an address that a page of the guest writes in full; undefined when it leads elsewhere. */
export function loopbackOf(address: URL): Loopback | undefined {
    if (address.protocol !== "http:" && address.protocol !== "https:") return undefined;
    if (!loopback.has(address.hostname)) return undefined;
    const port = Number(address.port || (address.protocol === "https:" ? 443 : 80));
    return { port, path: address.pathname + address.search };
}

export function route(asked: Asked, origin: string): Route {
    const url = new URL(asked.url);
    if (url.origin !== origin) {
        const guest = loopbackOf(url);
        return guest ? { kind: "guest", ...guest } : { kind: "outside", host: url.host };
    }
    const guest = guestOf(asked.url, origin);
    const asker = guestOf(asked.client, origin) ?? guestOf(asked.referrer, origin);
    if (guest) {
        // "/p/5000" is the folder's name without its slash: relative links would lose the port.
        if (asked.navigation && /^\/p\/\d+$/.test(url.pathname)) return { kind: "redirect", to: `${origin}${prefixOf(guest.port)}/${url.search}` };
        return { kind: "guest", ...guest };
    }
    if (!asker && OWN_PATHS.includes(url.pathname)) return { kind: "own" };
    const port = asker?.port ?? onlyPort(asked.windows, origin);
    if (port === undefined) return { kind: "unknown" };
    const path = url.pathname + url.search;
    return asked.navigation ? { kind: "redirect", to: `${origin}${prefixOf(port)}${path}` } : { kind: "guest", port, path };
}

/** A page that hides its referrer is still placed when all open pages are of one port. */
function onlyPort(windows: readonly string[], origin: string): number | undefined {
    const ports = new Set(windows.map(address => guestOf(address, origin)?.port).filter(port => port !== undefined));
    return ports.size === 1 ? [...ports][0] : undefined;
}
