/**
 * The preview where no service worker is possible: on plain http at a classroom's address. The page itself asks the
 * guest for one document, embeds what it needs, and shows it in a frame that runs no scripts.
 *
 * The frame has the page's own origin (`srcdoc`), so that clicks and forms can be caught here. That is safe only
 * because its sandbox lacks `allow-scripts`: the two together would give the guest control of the page.
 */
import { headersOf } from "../agent/http";
import { delay } from "../base/abort";
import { decodeText, readAll } from "../base/bytes";
import { DrydockError, isAbort } from "../base/errors";
import { RawRequest } from "../base/http";
import { Store } from "../base/store";
import { type AskGuest, pageFor } from "./answer";
import type { PreviewBridge, PreviewLocation } from "./bridge";
import { CookieJar } from "./cookies";
import { pageHtml } from "./pages";
import type { RequestMessage } from "./protocol";
import type { Loopback } from "./route";
import { placeOf, standalone } from "./single-page-document";
import { guestUrl, requestHeaders } from "./translate";

export const SINGLE_PAGE_SANDBOX = "allow-same-origin allow-forms";

const MOST_REDIRECTS = 10;
const LARGEST_PAGE = 8 << 20;

interface Visit extends Loopback {
    fragment: string;
    body?: { bytes: Uint8Array<ArrayBuffer>; type: string };
}

export function createSinglePagePreview(options: { http: AskGuest }): PreviewBridge {
    const jar = new CookieJar();
    const place = new Store<PreviewLocation | undefined>(undefined);
    const history: Visit[] = [];
    let at = -1;
    let frame: HTMLIFrameElement | undefined;
    let loading = new AbortController();
    let blobs: string[] = [];

    async function ask(visit: Visit, signal: AbortSignal): Promise<{ response: Response; visit: Visit }> {
        for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
            const method = visit.body ? "POST" : "GET";
            const message: RequestMessage = {
                kind: "request",
                protocol: 0,
                port: visit.port,
                method,
                path: visit.path,
                referrer: "",
                navigation: true,
                hasBody: visit.body !== undefined,
                headers: [
                    ["Accept", "text/html,*/*;q=0.8"],
                    ...(visit.body ? [["Content-Type", visit.body.type] as const] : []),
                ],
            };
            const headers = requestHeaders(message, "", jar, visit.body?.bytes.byteLength, navigator.userAgent);
            const response = await options.http(
                visit.port,
                new RawRequest(guestUrl(visit.port, visit.path), { method, signal, body: visit.body?.bytes }, headers),
            );
            jar.keep(
                visit.port,
                visit.path,
                headersOf(response)
                    .filter(([name]) => name.toLowerCase() === "set-cookie")
                    .map(([, value]) => value),
            );
            const location = response.status >= 300 && response.status < 400 ? response.headers.get("Location") : null;
            if (location === null) return { response, visit };
            await response.body?.cancel();
            const next = placeOf(location, visit);
            if (!next)
                throw new DrydockError(
                    "preview.outside",
                    `The page leads out of the machine, to ${location}.`,
                    "Go back, or type a path in the address bar.",
                );
            visit = { ...next, body: response.status === 307 || response.status === 308 ? visit.body : undefined };
        }
        throw new DrydockError(
            "preview.redirects",
            `The page on port ${visit.port} redirects without end.`,
            "Look at where the program's redirects lead.",
        );
    }

    async function part(wanted: Loopback, signal: AbortSignal): Promise<Blob | undefined> {
        try {
            const { response } = await ask({ ...wanted, fragment: "" }, signal);
            return response.ok ? await response.blob() : undefined;
        } catch (thrown) {
            if (isAbort(thrown)) throw thrown;
            return undefined; // as a browser shows a page with a missing image
        }
    }

    async function load(visit: Visit): Promise<void> {
        loading.abort(new DOMException("Another page was asked for.", "AbortError"));
        loading = new AbortController();
        const { signal } = loading;
        let html: string;
        let title: string;
        let retry: number | undefined;
        try {
            const found = await ask(visit, signal);
            visit = { ...found.visit, fragment: found.visit.fragment || visit.fragment };
            const type = found.response.headers.get("Content-Type") ?? "";
            const content = decodeText(
                found.response.body ? await readAll(found.response.body, LARGEST_PAGE) : new Uint8Array(),
            );
            const document = await standalone(type.includes("html") ? content : asText(content), visit, wanted =>
                part(wanted, signal),
            );
            signal.throwIfAborted();
            for (const blob of blobs) URL.revokeObjectURL(blob);
            ({ html, title, blobs } = document);
        } catch (thrown) {
            if (signal.aborted) return;
            title = "";
            const page = pageFor(thrown, { port: visit.port, method: visit.body ? "POST" : "GET" });
            ({ retry } = page);
            html = pageHtml(page).replace(/<meta http-equiv="refresh"[^>]*>/, ""); // the frame cannot reload itself
        }
        place.set({ port: visit.port, path: visit.path + visit.fragment, title });
        if (frame) show(frame, html, visit);
        if (retry !== undefined)
            void delay(retry * 1000, signal).then(
                () => load(visit),
                () => undefined,
            );
    }

    function show(frame: HTMLIFrameElement, html: string, visit: Visit): void {
        frame.addEventListener("load", () => catchLinks(frame, visit), { once: true });
        frame.srcdoc = html;
    }

    function catchLinks(frame: HTMLIFrameElement, base: Visit): void {
        const shown = frame.contentDocument;
        shown?.addEventListener("click", event => {
            const link = (event.target as Element | null)?.closest?.("[data-drydock-href]");
            const reference = link?.getAttribute("data-drydock-href");
            if (reference === null || reference === undefined) return;
            event.preventDefault();
            const target = placeOf(reference, base);
            if (target) go(target);
        });
        shown?.addEventListener("submit", event => {
            event.preventDefault();
            void submit(event as SubmitEvent, base);
        });
        if (base.fragment) shown?.getElementById(base.fragment.slice(1))?.scrollIntoView();
    }

    async function submit(event: SubmitEvent, base: Visit): Promise<void> {
        const form = event.target as HTMLFormElement;
        const own = event.submitter?.getAttribute("data-drydock-formaction");
        const target = placeOf(own || form.getAttribute("data-drydock-action") || "", base);
        if (!target) return;
        const fields = new FormData(form, event.submitter);
        const query = new URLSearchParams(
            [...fields].map(([name, value]) => [name, typeof value === "string" ? value : value.name]),
        );
        if (form.method !== "post") return go({ ...target, path: `${target.path.split("?", 1)[0]}?${query}` });
        const packed = new Response(form.enctype === "multipart/form-data" ? fields : query);
        go({
            ...target,
            body: { bytes: new Uint8Array(await packed.arrayBuffer()), type: packed.headers.get("Content-Type") ?? "" },
        });
    }

    function go(visit: Visit): void {
        history.splice(at + 1);
        at = history.push(visit) - 1;
        void load(visit);
    }

    const again = () => {
        const visit = history[at];
        if (visit) void load(visit);
    };
    return {
        ready: Promise.resolve(),
        mode: "single-page",
        location: place,
        attach(shown) {
            shown.setAttribute("sandbox", SINGLE_PAGE_SANDBOX);
            frame = shown;
            again();
            return () => {
                if (frame === shown) frame = undefined;
            };
        },
        open: (port, path = "/") => go({ port, path: path.startsWith("/") ? path : `/${path}`, fragment: "" }),
        url: () => undefined,
        reload: again,
        go(by) {
            const to = Math.min(Math.max(at + by, 0), history.length - 1);
            if (to === at) return;
            at = to;
            again();
        },
        close() {
            loading.abort(new DOMException("The preview was closed.", "AbortError"));
            for (const blob of blobs.splice(0)) URL.revokeObjectURL(blob);
        },
    };
}

function asText(content: string): string {
    const body = document.implementation.createHTMLDocument("").createElement("pre");
    body.textContent = content;
    return body.outerHTML;
}
