/** The machine's worker under Node. */
import { parentPort, type Transferable as NodeTransferable } from "node:worker_threads";
import type { ToWorker } from "../protocol";
import { WorkerMachine } from "../worker/worker-machine";
import { fetchFile } from "./file-fetch";

if (!parentPort) throw new Error("this is the start of a worker thread");
const port = parentPort;

const machine = new WorkerMachine({
    post: (message, moved = []) => port.postMessage(message, moved as NodeTransferable[]),
    fetchFile,
});

port.on("message", (message: ToWorker) => machine.receive(message));
process.on("uncaughtException", thrown => machine.crashed(thrown));
process.on("unhandledRejection", reason => machine.crashed(reason));
