/**
 * The preview's service worker. On the preview origin every request is for the guest: it goes through the bridge frame
 * to the page where the machine runs. The worker keeps nothing that it cannot do without, because browsers stop it when
 * it is idle.
 *
 * WebSockets never reach a service worker, so the preview cannot carry them.
 */
import { type Bytes } from "../../base/bytes";
import { receiveBody, sendBody } from "../body";
import { type OwnPage, pageParts, pages } from "../pages";
import { isVersionQuestion, type PortMessage, PROTOCOL, type RequestMessage, sessionOf } from "../protocol";
import { route } from "../route";

declare const self: ServiceWorkerGlobalScope;

/** Milliseconds until the page must have said "accepted"; its main thread may be busy, but never for seconds. */
const ACCEPT_LIMIT = 10_000;

/** Milliseconds between two looks whether the page that was asked is still there. */
const LOOK_EVERY = 3_000;

self.addEventListener("install", event => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()));
self.addEventListener("message", event => {
    if (isVersionQuestion(event.data)) event.ports[0]?.postMessage(PROTOCOL);
});
self.addEventListener("fetch", event => event.respondWith(respond(event)));

async function respond(event: FetchEvent): Promise<Response> {
    const { request } = event;
    const navigation = request.mode === "navigate";
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const client = event.clientId ? await self.clients.get(event.clientId) : undefined;
    const way = route(
        {
            url: request.url,
            navigation,
            referrer: request.referrer,
            client: navigation ? "" : (client?.url ?? ""),
            alone: request.destination === "document",
            windows: windows.map(window => window.url),
        },
        self.location.origin,
    );
    switch (way.kind) {
        case "own":
            return fetch(request);
        case "redirect":
            return Response.redirect(way.to, 307);
        case "unknown":
            return ownPage(pages.unknownPort(), navigation);
        case "alone":
            return ownPage(pages.alone(), true);
        case "outside":
            console.warn(
                `Drydock: ${request.url} was blocked: a previewed page can reach only the machine's ports, not ${way.host}.`,
            );
            return Response.error();
        case "guest": {
            const bridge = bridgeFor(way.session, windows);
            if (!bridge) return ownPage(pages.pageGone(), navigation);
            const body = await bodyOf(request);
            const message: RequestMessage = {
                kind: "request",
                protocol: PROTOCOL,
                port: way.port,
                method: request.method,
                path: way.path,
                headers: [...request.headers],
                referrer: request.referrer.startsWith("http") ? request.referrer : "",
                navigation,
                hasBody: body !== undefined,
            };
            return ask(bridge, message, body, request.signal);
        }
    }
}

/** The bridge frame of the tab that the address names; if that tab has been reloaded since, the visible tab's. */
function bridgeFor(session: string, windows: readonly WindowClient[]): WindowClient | undefined {
    const bridges = windows.filter(({ url, frameType }) => frameType === "nested" && sessionOf(url) !== undefined);
    return (
        bridges.find(({ url }) => sessionOf(url) === session) ??
        bridges.find(({ visibilityState }) => visibilityState === "visible") ??
        bridges[0]
    );
}

async function bodyOf(request: Request): Promise<ReadableStream<Bytes> | undefined> {
    if (request.method === "GET" || request.method === "HEAD" || request.body === null) return undefined;
    // In Firefox, `Request.body` is undefined, not null: https://bugzilla.mozilla.org/show_bug.cgi?id=1387483
    return (request.body as ReadableStream<Bytes> | undefined) ?? new Response(await request.arrayBuffer()).body!;
}

/**
 * Asks the page behind `bridge`. Always resolves: to the guest's answer, or to a page of ours that says what is wrong.
 */
function ask(
    bridge: WindowClient,
    message: RequestMessage,
    body: ReadableStream<Bytes> | undefined,
    signal: AbortSignal,
): Promise<Response> {
    const { port1: port, port2 } = new MessageChannel();
    return new Promise(resolve => {
        const end = () => {
            clearTimeout(accept);
            clearInterval(look);
            port.removeEventListener("message", listen);
        };
        const giveUp = (page: OwnPage) => {
            end();
            port.postMessage({ kind: "cancel" });
            port.close();
            resolve(ownPage(page, message.navigation));
        };
        const listen = (event: MessageEvent) => {
            const answer = event.data as PortMessage;
            if (answer.kind === "accepted") clearTimeout(accept);
            else if (answer.kind === "refused") giveUp(pages.updated());
            else if (answer.kind === "broken") giveUp(pages.failed(answer.message, "Try again."));
            else if (answer.kind === "head") {
                end();
                const stream = answer.hasBody ? receiveBody(port, () => port.close()) : null;
                if (!answer.hasBody) port.close();
                resolve(
                    new Response(stream, {
                        status: answer.status,
                        statusText: plain(answer.statusText),
                        headers: answer.headers.map(([name, value]): [string, string] => [name, value]),
                    }),
                );
            }
        };
        const accept = setTimeout(() => giveUp(pages.pageGone()), ACCEPT_LIMIT);
        const look = setInterval(async () => {
            if (!(await self.clients.get(bridge.id))) giveUp(pages.pageGone());
        }, LOOK_EVERY);
        signal.addEventListener("abort", () => {
            end();
            port.postMessage({ kind: "cancel" });
            resolve(Response.error());
        });
        port.addEventListener("message", listen);
        port.start();
        bridge.postMessage(message, [port2]);
        if (body) void sendBody(port, body);
    });
}

/** Drops a status text that Response would not accept (a guest may send anything). */
const plain = (text: string): string => (/^[\t\x20-\x7e]*$/.test(text) ? text : "");

function ownPage(page: OwnPage, navigation: boolean): Response {
    const { status, headers, body } = pageParts(page, navigation);
    return new Response(body, { status, headers });
}
