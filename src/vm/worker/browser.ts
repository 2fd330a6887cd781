/** The machine's worker in the browser. */
import type { FromWorker, ToWorker } from "../protocol";
import { WorkerMachine } from "./worker-machine";

declare const self: DedicatedWorkerGlobalScope;

const machine = new WorkerMachine({
    post: (message: FromWorker, moved: Transferable[] = []) => self.postMessage(message, moved),
    fetchFile: (url, options) => fetch(url, options),
});

self.addEventListener("message", (event: MessageEvent<ToWorker>) => machine.receive(event.data));
self.addEventListener("error", event => machine.crashed(event.error ?? new Error(event.message)));
self.addEventListener("unhandledrejection", event => machine.crashed(event.reason));
