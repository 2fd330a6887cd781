import type { Machine, MachineOptions } from "./machine";
import type { FromWorker } from "./protocol";
import { RemoteMachine, type WorkerLink } from "./remote-machine";

/** A machine in a worker of its own. The thread is started by `start`. */
export function createBrowserMachine(options: MachineOptions): Machine {
    return new RemoteMachine(options, openWorker);
}

function openWorker(): WorkerLink {
    const worker = new Worker(new URL("./worker/browser.ts", import.meta.url), {
        type: "module",
        name: "drydock-machine",
    });
    return {
        post: (message, moved = []) => worker.postMessage(message, moved),
        listen: (onMessage, onDeath) => {
            worker.addEventListener("message", (event: MessageEvent<FromWorker>) => onMessage(event.data));
            worker.addEventListener("messageerror", () => onDeath(new Error("a message could not be read")));
            worker.addEventListener("error", event =>
                onDeath(event.error ?? new Error(event.message || "the worker's script could not be loaded")),
            );
        },
        terminate: () => worker.terminate(),
    };
}
