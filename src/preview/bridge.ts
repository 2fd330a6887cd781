/**
 * The page's end of the preview: a hidden frame on the preview origin holds the service worker and passes on its
 * requests, and this answers them from the guest's ports.
 */
import { within } from "../base/abort";
import { DrydockError, messageOf } from "../base/errors";
import { Lifetime, type Stop } from "../base/lifetime";
import { type Readable, Store } from "../base/store";
import type { AskGuest } from "./answer";
import { CookieJar } from "./cookies";
import { Exchanges } from "./exchanges";
import {
    bridgeAddress,
    type ConnectMessage,
    type FrameCommand,
    type FrameReport,
    parseFrameReport,
    PROTOCOL,
} from "./protocol";
import { guestOf, prefixOf } from "./route";

export type { AskGuest } from "./answer";

export interface PreviewLocation {
    /** Port of the guest. */
    port: number;
    /** Path, query and fragment. */
    path: string;
    title: string;
}

export interface PreviewBridge {
    /**
     * Resolves when pages can be shown. Rejects with "preview.unreachable" or "preview.no-worker"; the interface shows
     * the message.
     */
    readonly ready: Promise<void>;
    /** What the pane can do: "worker" shows whole sites, "single-page" one page at a time, without its scripts. */
    readonly mode: "worker" | "single-page";
    /** The address of the previewed document; follows links, redirects, and changes made by scripts. */
    readonly location: Readable<PreviewLocation | undefined>;
    /** Shows the preview in `frame` from now on, and sets its sandbox. One frame at a time. */
    attach(frame: HTMLIFrameElement): Stop;
    /** Goes to a page. Before `ready`, the latest request is kept. */
    open(port: number, path?: string): void;
    /** Full address of a page that shows the guest's page in a tab of its own. undefined in mode "single-page". */
    url(port: number, path?: string): string | undefined;
    reload(): void;
    /** Steps in the preview's own history: -1 back, 1 forward. */
    go(by: number): void;
    readonly close: Stop;
}

/**
 * Milliseconds that the preview's process may stay busy when the student wants another page; after that it is replaced.
 */
const ALIVE_LIMIT = 3_000;

/** Milliseconds between two questions whether it is busy, and how many there are at most. */
const ASK_EVERY = 500;
const QUESTIONS = 20;

/** Milliseconds that new frames have to become ready; then they are replaced once more. */
const REBUILD_LIMIT = 10_000;

/** Milliseconds. The frame is a few kilobytes from the same server; a worker's first start takes under a second. */
const READY_LIMIT = 20_000;

/**
 * What the previewed page may do. It may run scripts and keep its own (the preview's) origin: otherwise no service
 * worker would see it. It may not go to another address in the tab (`allow-top-navigation`) or open windows
 * (`allow-popups`). Scripts and origin together are harmless only because the preview's origin is not the page's: see
 * the check in `createPreviewBridge`. `src/server/preview-tab.ts` repeats this for a tab of its own.
 */
export const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-modals allow-downloads";

/** Whether this browser can run the preview's service worker at this address: it needs https or localhost. */
export const canPreview = (): boolean => isSecureContext && "serviceWorker" in navigator;

/**
 * Uses the first of `origins`, and the next one whenever a page of the guest never ends. Throws "preview.same-origin"
 * if one of them is the page's own: the guest's scripts would run with the page's rights.
 */
export function createPreviewBridge(options: { origins: readonly string[]; http: AskGuest }): PreviewBridge {
    const { origins } = options;
    if (origins.includes(location.origin))
        throw new DrydockError(
            "preview.same-origin",
            "The preview has no separate origin.",
            "Serve Drydock with `npm start`, which opens a second port for the preview.",
        );
    const session = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
    const lifetime = new Lifetime();
    /** Which of the origins is in use; only ever counts up. */
    let turn = 0;
    const origin = () => origins[turn % origins.length]!;
    const exchanges = new Exchanges({
        http: options.http,
        jar: new CookieJar(),
        get origin() {
            return origin();
        },
        session,
        page: location.origin,
        userAgent: navigator.userAgent,
    });
    lifetime.add(() => exchanges.end());
    const place = new Store<PreviewLocation | undefined>(undefined);
    let resolve: () => void = () => undefined;
    let reject: (reason: DrydockError) => void = () => undefined;
    const connected = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
    const rooted = (path: string) => (path.startsWith("/") ? path : `/${path}`);
    const url = (port: number, path = "/"): string => new URL(prefixOf(port, session) + rooted(path), origin()).href;
    let shown: HTMLIFrameElement | undefined;
    let wanted: { port: number; path?: string } | undefined;
    let isReady = false;
    let command: (command: FrameCommand) => void = () => undefined;

    /** The frame's document is a page that loads itself again after a time. */
    let refreshes = false;
    /** The page that the student wants to leave, until another one is there. */
    let leaving: PreviewLocation | undefined;

    /** Out and in again: the element belongs to the interface, but its document is gone. */
    const discard = () => {
        const [parent, next] = [shown?.parentNode, shown?.nextSibling ?? null];
        shown?.removeAttribute("src");
        shown?.remove();
        if (shown) parent?.insertBefore(shown, next);
        refreshes = false;
    };
    const show = () => {
        if (!isReady || !shown || !wanted) return;
        // A page that refreshes itself while the next one is still on its way would take its place. Only a document that
        // is gone never does; the way back to it is the price.
        if (refreshes) discard();
        shown.src = url(wanted.port, wanted.path);
    };
    const onLocation = (at: PreviewLocation, refreshesItself: boolean) => {
        refreshes = refreshesItself;
        if (wanted?.port === at.port && rooted(wanted.path ?? "/") === at.path) arrived();
        else if (refreshes && leaving?.port === at.port && leaving.path === at.path) return show();
        leaving = undefined;
        place.set(at);
    };
    const onReport = (report: FrameReport | undefined, port: MessagePort | undefined) => {
        if (report?.kind === "alive") alive();
        else if (report?.kind === "ready") {
            resolve();
            void ready.then(onReady, () => undefined); // whoever shows the preview reads `ready`
        } else if (report?.kind === "failed")
            reject(
                new DrydockError(
                    "preview.no-worker",
                    `The preview's service worker did not start: ${report.reason}`,
                    "Reload the page. Private windows and some browser settings block service workers.",
                ),
            );
        else if (report?.kind === "location") {
            const guest = guestOf(report.href, origin());
            if (guest) {
                const path = guest.path + new URL(report.href).hash;
                onLocation({ port: guest.port, path, title: report.title.slice(0, 200) }, report.refreshes);
            }
        } else if (report?.kind === "request" && port) {
            void exchanges.answer(report, port);
        }
    };

    let bridge: HTMLIFrameElement | undefined;
    const build = () => {
        const frame = document.createElement("iframe");
        frame.hidden = true;
        frame.title = "Preview's service worker";
        frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
        const here = origin();
        frame.src = bridgeAddress(here, session);
        // On each load: a page of the guest can reload this sibling frame. Only a document on the preview's origin can
        // receive the port.
        frame.addEventListener("load", () => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = event => onReport(parseFrameReport(event.data), event.ports[0]);
            command = message => port1.postMessage(message);
            frame.contentWindow?.postMessage(
                { kind: "drydock-connect", protocol: PROTOCOL } satisfies ConnectMessage,
                here,
                [port2],
            );
        });
        document.body.append(frame);
        bridge = frame;
    };
    lifetime.add(() => bridge?.remove());
    lifetime.add(() => clearTimeout(lifeSign));

    /**
     * A page of the guest that never ends blocks its process, including the bridge. The browser ends that process only
     * once it has no frame and its service worker has gone idle, which takes half a minute; at another origin the
     * preview continues at once. Anything that the guest's pages stored in the browser stays with the first origin; the
     * cookies are kept by us and move along.
     */
    const rebuild = () => {
        isReady = false;
        turn++;
        bridge?.remove();
        discard();
        build();
        lifeSign = setTimeout(rebuild, REBUILD_LIMIT);
    };
    let lifeSign: ReturnType<typeof setTimeout> | undefined;
    let questions = 0;
    const ask = () => {
        lifeSign = setTimeout(rebuild, ALIVE_LIMIT);
        command({ kind: "ping" });
    };
    /**
     * The process has answered. A page that is loading may still block it, so the question is repeated until the wanted
     * page is there.
     */
    const alive = () => {
        clearTimeout(lifeSign);
        lifeSign = questions-- > 0 ? setTimeout(ask, ASK_EVERY) : undefined;
    };
    const arrived = () => {
        if (!isReady) return;
        questions = 0;
        clearTimeout(lifeSign);
        lifeSign = undefined;
    };
    const checkLife = () => {
        if (!isReady) return;
        questions = QUESTIONS;
        if (lifeSign === undefined) ask();
    };
    const onReady = () => {
        if (isReady) return;
        isReady = true;
        arrived();
        show();
    };
    build();

    const ready = within(connected, READY_LIMIT, "The preview").catch((thrown: unknown) => {
        if (thrown instanceof DrydockError && thrown.code !== "base.timeout") throw thrown;
        throw new DrydockError(
            "preview.unreachable",
            `The preview's server at ${origin()} does not answer.`,
            "Check that the browser can reach that address: a proxy, a firewall or a missing port forward may block it.",
            {
                cause: new Error(messageOf(thrown)),
            },
        );
    });
    ready.catch(() => undefined); // whoever shows the preview reads it

    return {
        ready,
        mode: "worker",
        location: place,
        attach(frame) {
            frame.setAttribute("sandbox", SANDBOX);
            frame.setAttribute("referrerpolicy", "no-referrer");
            shown = frame;
            show();
            return () => {
                if (shown === frame) shown = undefined;
            };
        },
        open(port, path) {
            wanted = { port, path };
            leaving = place.state;
            show();
            checkLife();
        },
        // There too, the guest's page is inside a frame in a page of ours: see server/preview-tab.ts.
        url: (port, path = "/") =>
            `${location.origin}/preview/${port}~${session}${turn % origins.length > 0 ? `~${turn % origins.length}` : ""}${rooted(path)}`,
        reload() {
            const at = place.state;
            if (at) wanted = at;
            command({ kind: "reload" });
            checkLife();
        },
        go(by) {
            command({ kind: "go", by });
            checkLife();
        },
        close: lifetime.end,
    };
}
