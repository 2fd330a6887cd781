/** A page with nothing but a preview; the "guest" is a Node server to which the test's own server forwards requests. */
import { DrydockError } from "../../../src/base/errors";
import type { AskGuest, PreviewBridge } from "../../../src/preview/bridge";
import { openPreview } from "../../../src/preview/open";

declare global {
    interface Window {
        preview: PreviewBridge;
        readyOutcome: string;
        /** Set by a test that opens two pages, so that the guest sees which of them sent a request. */
        tab?: string;
    }
}

const http: AskGuest = async (port, request) => {
    const { pathname, search } = new URL(request.url);
    const body = request.body ? await request.arrayBuffer() : undefined;
    const answered = await fetch(`/guest/${port}${pathname}${search}`, {
        method: request.method,
        body,
        signal: request.signal,
        headers: {
            "X-Guest-Headers": JSON.stringify([...request.headers, ["X-Tab", window.tab ?? ""]]),
            "X-Guest-Host": new URL(request.url).host,
        },
    });
    const status = Number(answered.headers.get("X-Guest-Status"));
    if (status === 0) throw new DrydockError("agent.refused", `Nothing listens on port ${port}.`, "Start something.");
    const headers = new Headers(JSON.parse(answered.headers.get("X-Guest-Headers") ?? "[]") as [string, string][]);
    const bodiless = request.method === "HEAD" || [204, 304].includes(status);
    const response = new Response(bodiless ? null : answered.body, {
        status,
        statusText: answered.headers.get("X-Guest-Status-Text") ?? "",
    });
    // Like the agent's own responses, it keeps Set-Cookie, which a browser's Response drops.
    Object.defineProperty(response, "headers", { value: headers });
    return response;
};

const { previewOrigins } = (await (await fetch("/config.json")).json()) as { previewOrigins: string[] };
window.preview = openPreview({ origins: previewOrigins, http });
window.preview.attach(document.querySelector("iframe")!);
window.preview.location.subscribe(place => {
    document.getElementById("address")!.textContent = place ? `${place.port} ${place.path} ${place.title}` : "";
});
window.preview.ready.then(
    () => (window.readyOutcome = "ready"),
    (thrown: unknown) => (window.readyOutcome = thrown instanceof DrydockError ? thrown.code : String(thrown)),
);
