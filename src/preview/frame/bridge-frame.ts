/**
 * Runs in the hidden frame on the preview origin: registers the service worker, passes its requests (with their ports)
 * to the page, and tells the page the address of the preview's document, which only a script of that origin can see.
 */
import { delay } from "../../base/abort";
import { messageOf } from "../../base/errors";
import {
    type FrameCommand,
    type FrameReport,
    isConnect,
    parseFrameReport,
    PROTOCOL,
    type VersionQuestion,
    WORKER_PATH,
} from "../protocol";
import { guestOf } from "../route";

/** Milliseconds. An address bar that updates within a quarter of a second feels immediate. */
const WATCH_EVERY = 250;

let connect: (page: MessagePort) => void = () => undefined;
const connected = new Promise<MessagePort>(resolve => (connect = resolve));

// The server's `frame-ancestors` lets only Drydock's page frame this document, so the parent is that page. A page of
// the guest, a sibling on the same origin, is turned away by its source and its origin.
addEventListener("message", event => {
    const port = event.ports[0];
    if (
        event.source !== parent ||
        parent === window ||
        event.origin === location.origin ||
        !isConnect(event.data) ||
        !port
    )
        return;
    port.addEventListener("message", event => {
        const command = event.data as FrameCommand;
        if (command.kind === "ping") port.postMessage({ kind: "alive" } satisfies FrameReport);
        else obey(command);
    });
    port.start();
    connect(port);
});

navigator.serviceWorker?.addEventListener("message", event => {
    const port = event.ports[0];
    if (!port || parseFrameReport(event.data)?.kind !== "request") return;
    void connected.then(page => page.postMessage(event.data, [port]));
});
navigator.serviceWorker?.startMessages();

void connected.then(async page => {
    const report = (message: FrameReport) => page.postMessage(message);
    watch(report);
    try {
        await install();
        report({ kind: "ready" });
    } catch (thrown) {
        report({ kind: "failed", reason: messageOf(thrown) });
    }
});

/**
 * Registers the worker and waits until the one that answers speaks this page's protocol: a new build replaces an old
 * worker.
 */
async function install(): Promise<void> {
    if (!("serviceWorker" in navigator)) throw new Error("this browser does not offer service workers here.");
    await removeOthers();
    const registration = await navigator.serviceWorker.register(WORKER_PATH, { scope: "/", updateViaCache: "none" });
    if (registration.active) await registration.update();
    await navigator.serviceWorker.ready;
    for (let tries = 0; tries < 75; tries++) {
        const active = registration.active;
        if (
            active?.state === "activated" &&
            !registration.installing &&
            !registration.waiting &&
            (await protocolOf(active)) === PROTOCOL
        )
            return;
        await delay(200);
    }
    throw new Error(
        "one from another version of Drydock is still active. Close all Drydock tabs and open Drydock again.",
    );
}

/** A page of the guest can register our script for a narrower scope, where it would outlive an update. */
async function removeOthers(): Promise<void> {
    for (const registration of await navigator.serviceWorker.getRegistrations())
        if (new URL(registration.scope).pathname !== "/") await registration.unregister();
}

async function protocolOf(worker: ServiceWorker): Promise<unknown> {
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise<unknown>(resolve => (port1.onmessage = event => resolve(event.data)));
    worker.postMessage({ kind: "drydock-version" } satisfies VersionQuestion, [port2]);
    try {
        return await Promise.race([answered, delay(2000)]);
    } finally {
        port1.close();
    }
}

/** The frame that shows the guest: the page's other child on this origin. */
function previewed(): Window | undefined {
    for (let index = 0; index < parent.length; index++) {
        const sibling = parent[index];
        if (!sibling || sibling === window) continue;
        try {
            if (guestOf(sibling.location.href, location.origin)) return sibling;
        } catch {
            continue; // on another origin, so not ours
        }
    }
    return undefined;
}

function watch(report: (message: FrameReport) => void): void {
    let seen: Document | undefined;
    let last = "";
    setInterval(() => {
        const sibling = previewed();
        if (!sibling) return;
        const { document } = sibling;
        const { href } = sibling.location;
        const { title } = document;
        const refreshes = document.querySelector("meta[http-equiv=refresh i]") !== null;
        const now = `${href} ${title} ${refreshes}`;
        if (document === seen && now === last) return;
        [seen, last] = [document, now];
        report({ kind: "location", href, title, refreshes });
    }, WATCH_EVERY);
}

function obey(command: FrameCommand): void {
    const sibling = previewed();
    if (command.kind === "go") sibling?.history.go(command.by);
    else if (command.kind === "reload") sibling?.location.reload();
}
