/**
 * What page, bridge frame and service worker say to each other.
 *
 *     Drydock's page  <-- MessagePort -->  bridge frame (hidden, preview origin)  <-- postMessage -->  service worker
 *            ^                                                                                             |
 *            +---- one MessagePort a request, made by the worker, handed through the bridge frame ---------+
 *
 * Anything on the preview origin may come from the guest: the page parses what it receives from there, and gives it
 * nothing but answers from the guest's own ports.
 */
import type { HeaderPairs } from "../base/http";
import type { BodyMessage } from "./body";

/** Increase this with every change of this file that an older partner would misread. */
export const PROTOCOL = 2;

export const BRIDGE_PATH = "/bridge.html";
export const WORKER_PATH = "/service-worker.js";
/** The script that goes before those of a guest's page: see addresses.ts. */
export const ADDRESSES_PATH = "/drydock-addresses.js";
/** The bridge frame's address says which Drydock tab it belongs to. */
export const bridgeAddress = (origin: string, session: string): string => `${origin}${BRIDGE_PATH}?session=${session}`;

/** The session of a bridge frame's address; undefined for any other address. */
export function sessionOf(address: string): string | undefined {
    const url = new URL(address);
    return url.pathname === BRIDGE_PATH ? (url.searchParams.get("session") ?? "") : undefined;
}

/** Our own files on the preview origin; every other path belongs to the guest. */
export const OWN_PATHS: readonly string[] = [
    BRIDGE_PATH,
    WORKER_PATH,
    "/bridge-frame.js",
    "/waiting.html",
    "/waiting.js",
];

/** Page to bridge frame, with a port: the only message between windows. */
export interface ConnectMessage {
    kind: "drydock-connect";
    protocol: number;
}

/** Page to bridge frame. */
export type FrameCommand = { kind: "go"; by: number } | { kind: "reload" } | { kind: "ping" };

/** Bridge frame to page. A "request" comes with the port to answer on. */
export type FrameReport =
    /** The frame's script is running: the answer to "ping". */
    | { kind: "alive" }
    | { kind: "ready" }
    | { kind: "failed"; reason: string }
    /** The address of the previewed document; `href` is on the preview origin. `refreshes`: it loads itself again. */
    | { kind: "location"; href: string; title: string; refreshes: boolean }
    | RequestMessage;

/**
 * Worker to bridge frame to page: a request made by the previewed document. The body, if there is one, follows on the
 * port.
 */
export interface RequestMessage {
    kind: "request";
    protocol: number;
    /** Port of the guest. */
    port: number;
    method: string;
    /** Path and query as the guest gets them, beginning with "/". */
    path: string;
    headers: HeaderPairs;
    /** Address of the requesting document, on the preview origin; "" if it has none. */
    referrer: string;
    /** A document is requested, so a person reads the answer. */
    navigation: boolean;
    hasBody: boolean;
}

/** Page to worker, on the request's port; then body messages. */
export type AnswerMessage =
    /** Sent at once: the page is there and has the request. */
    | { kind: "accepted" }
    | { kind: "head"; status: number; statusText: string; headers: HeaderPairs; hasBody: boolean }
    /** The page does not speak this protocol. */
    | { kind: "refused"; protocol: number };

/** Bridge frame to worker, with a port to answer on. */
export interface VersionQuestion {
    kind: "drydock-version";
}

export type PortMessage = AnswerMessage | BodyMessage;

function fieldsOf(message: unknown): Record<string, unknown> | undefined {
    return typeof message === "object" && message !== null ? { ...message } : undefined;
}

export function isConnect(message: unknown): message is ConnectMessage {
    return fieldsOf(message)?.kind === "drydock-connect";
}

export function isVersionQuestion(message: unknown): message is VersionQuestion {
    return fieldsOf(message)?.kind === "drydock-version";
}

const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(part => typeof part === "string");

/**
 * The report, or undefined for anything malformed: the previewed document can reach the bridge frame and send whatever
 * it likes.
 */
export function parseFrameReport(message: unknown): FrameReport | undefined {
    const fields = fieldsOf(message);
    switch (fields?.kind) {
        case "alive":
        case "ready":
            return { kind: fields.kind };
        case "failed":
            return { kind: "failed", reason: String(fields.reason) };
        case "location":
            return typeof fields.href === "string" && typeof fields.title === "string"
                ? {
                      kind: "location",
                      href: fields.href,
                      title: fields.title,
                      refreshes: fields.refreshes === true,
                  }
                : undefined;
        case "request": {
            const { protocol, port, method, path, headers, referrer, navigation, hasBody } = fields;
            const wellFormed =
                typeof protocol === "number" &&
                isPort(port) &&
                typeof method === "string" &&
                /^[A-Za-z]+$/.test(method) &&
                typeof path === "string" &&
                path.startsWith("/") &&
                Array.isArray(headers) &&
                headers.every(isPair) &&
                typeof referrer === "string" &&
                typeof navigation === "boolean" &&
                typeof hasBody === "boolean";
            return wellFormed
                ? {
                      kind: "request",
                      protocol,
                      port,
                      method,
                      path,
                      headers: headers as HeaderPairs,
                      referrer,
                      navigation,
                      hasBody,
                  }
                : undefined;
        }
        default:
            return undefined;
    }
}

export function isPort(port: unknown): port is number {
    return typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65535;
}
