/**
 * Shown in a frame for any address of the preview origin that reaches the server. That means that no service worker
 * intervened: it was not there yet, or a reload bypassed it. Installs the worker and loads again.
 */
import { messageOf } from "../../base/errors";
import { WORKER_PATH } from "../protocol";

const say = (text: string) => document.getElementById("message")?.replaceChildren(text);

async function start(): Promise<void> {
    if (!("serviceWorker" in navigator))
        return say(
            "Use the preview pane of the Drydock tab: this address needs a service worker, which browsers offer only on https and on localhost.",
        );
    try {
        await navigator.serviceWorker.register(WORKER_PATH, { scope: "/", updateViaCache: "none" });
        await navigator.serviceWorker.ready;
        location.reload();
    } catch (thrown) {
        say(`The preview's service worker did not start: ${messageOf(thrown)}`);
    }
}

void start();
