/** The machine's worker in the browser. */
import { secureContext } from "../../base/secure-context";
import type { FromWorker, ToWorker } from "../protocol";
import { forgetStates, openState, type KeptStates } from "./kept-states";
import type { StateToWrite } from "./state-writer";
import { WorkerMachine } from "./worker-machine";

declare const self: DedicatedWorkerGlobalScope;

const states: KeptStates = {
    open: openState,
    keep(content, packed) {
        const writer = new Worker(new URL("./state-writer.ts", import.meta.url), {
            type: "module",
            name: "drydock-state-writer",
        });
        writer.postMessage({ content, packed } satisfies StateToWrite, [packed.buffer]);
    },
    forget: forgetStates,
};

const machine = new WorkerMachine({
    post: (message: FromWorker, moved: Transferable[] = []) => self.postMessage(message, moved),
    fetchFile: (url, options) => fetch(url, options),
    keepsOptimised: true,
    ...(secureContext.privateFiles && { states }),
});

self.addEventListener("message", (event: MessageEvent<ToWorker>) => machine.receive(event.data));
self.addEventListener("error", event => machine.crashed(event.error ?? new Error(event.message)));
self.addEventListener("unhandledrejection", event => machine.crashed(event.reason));
