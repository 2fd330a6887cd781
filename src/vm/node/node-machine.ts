import { Worker, type Transferable as NodeTransferable } from "node:worker_threads";
import type { Machine, MachineOptions } from "../machine";
import type { FromWorker } from "../protocol";
import { RemoteMachine, type WorkerLink } from "../remote-machine";

/** A machine in a thread of its own. The image's base is a `file:` or http(s) address. */
export function createNodeMachine(options: MachineOptions): Machine {
    return new RemoteMachine(options, openThread);
}

/** The thread of a machine, not started yet. */
export function openThread(): WorkerLink {
    // `execArgv` empty: the thread brings its own loader, however this process was started
    const thread = new Worker(new URL("./worker-entry.mjs", import.meta.url), {
        execArgv: [],
        name: "drydock-machine",
    });
    return {
        post: (message, moved = []) => thread.postMessage(message, moved as NodeTransferable[]),
        listen: (onMessage, onDeath) => {
            thread.on("message", (message: FromWorker) => onMessage(message));
            thread.on("messageerror", onDeath);
            thread.on("error", onDeath);
            thread.on("exit", code => onDeath(new Error(`the thread ended with code ${code}`)));
        },
        terminate: async () => void (await thread.terminate()),
    };
}
