/** The page's end of the passage. The worker exists only while the switch is on; without it there is no way out. */
import { DrydockError } from "../../base/errors";
import type { Bytes } from "../../base/bytes";
import type { Readable } from "../../base/store";
import type { OutsideRequest, Passage } from "../online";
import type { FromPassage, ToPassage } from "./protocol";

/** A thread that sends the requests. */
export interface PassageLink {
    post(message: ToPassage, moved?: Transferable[]): void;
    /** Called once. `onDeath`: the thread's script did not load, or threw. */
    listen(onMessage: (message: FromPassage) => void, onDeath: (reason: unknown) => void): void;
    terminate(): void;
}

/** `open` starts the thread; it is called for the first request after the switch was turned on. */
export function createPassage(on: Readable<boolean>, open: () => PassageLink = openWorker): Passage {
    let worker: PassageWorker | undefined;
    on.subscribe(isOn => {
        if (isOn) return;
        worker?.close(
            new DrydockError("online.off", "The internet was switched off.", "Switch it on again to continue."),
        );
        worker = undefined;
    });
    return request => (worker ??= new PassageWorker(open(), () => (worker = undefined))).ask(request);
}

type Answer = Awaited<ReturnType<Passage>>;

interface Asking {
    resolve(answer: Answer): void;
    reject(reason: unknown): void;
    body: ReadableStreamDefaultController<Bytes>;
    /** Set while a chunk has been requested but has not arrived. */
    pulled: (() => void) | undefined;
    stream: ReadableStream<Bytes>;
    done(): void;
}

class PassageWorker {
    #asking = new Map<number, Asking>();
    #next = 1;

    constructor(
        private readonly link: PassageLink,
        private readonly onDeath: () => void,
    ) {
        link.listen(
            message => this.#receive(message),
            reason => {
                this.onDeath();
                this.close(
                    new DrydockError(
                        "online.worker-died",
                        "The worker that sends requests to the internet has failed.",
                        "Try again.",
                        { cause: reason },
                    ),
                );
            },
        );
    }

    ask({ signal, ...request }: OutsideRequest): Promise<Answer> {
        signal.throwIfAborted();
        const id = this.#next++;
        return new Promise((resolve, reject) => {
            const onAbort = () => this.#cancel(id, signal.reason);
            signal.addEventListener("abort", onAbort);
            let body!: ReadableStreamDefaultController<Bytes>;
            const stream = new ReadableStream<Bytes>(
                {
                    start: controller => void (body = controller),
                    pull: () => {
                        const asking = this.#asking.get(id);
                        if (!asking) return;
                        this.link.post({ kind: "more", id });
                        return new Promise<void>(resolve => (asking.pulled = resolve));
                    },
                    cancel: reason => this.#cancel(id, reason),
                },
                { highWaterMark: 0 },
            );
            this.#asking.set(id, {
                resolve,
                reject,
                body,
                stream,
                pulled: undefined,
                done: () => signal.removeEventListener("abort", onAbort),
            });
            this.link.post({ kind: "ask", id, ...request });
        });
    }

    /** Ends everything under way with `reason`. */
    close(reason: unknown): void {
        this.link.terminate();
        for (const id of [...this.#asking.keys()]) this.#fail(id, reason);
    }

    #receive(message: FromPassage): void {
        const asking = this.#asking.get(message.id);
        if (!asking) return; // already given up
        switch (message.kind) {
            case "answer":
                return asking.resolve({
                    url: message.url,
                    status: message.status,
                    headers: message.headers,
                    body: asking.stream,
                });
            case "chunk":
                asking.body.enqueue(message.chunk);
                return asking.pulled?.();
            case "end":
                this.#asking.delete(message.id);
                asking.done();
                asking.body.close();
                return asking.pulled?.();
            case "failed":
                return this.#fail(message.id, new Error(message.message));
        }
    }

    #cancel(id: number, reason: unknown): void {
        if (!this.#asking.has(id)) return;
        this.link.post({ kind: "cancel", id });
        this.#fail(id, reason);
    }

    #fail(id: number, reason: unknown): void {
        const asking = this.#asking.get(id);
        if (!asking) return;
        this.#asking.delete(id);
        asking.done();
        asking.reject(reason);
        asking.body.error(reason); // harmless if the reader itself has cancelled
        asking.pulled?.();
    }
}

function openWorker(): PassageLink {
    const worker = new Worker(new URL("./online-worker.ts", import.meta.url), {
        type: "module",
        name: "drydock-online",
    });
    return {
        post: (message, moved = []) => worker.postMessage(message, moved),
        listen: (onMessage, onDeath) => {
            worker.addEventListener("message", (event: MessageEvent<FromPassage>) => onMessage(event.data));
            worker.addEventListener("messageerror", () => onDeath(new Error("a message could not be read")));
            worker.addEventListener("error", event =>
                onDeath(event.error ?? new Error(event.message || "the worker's script could not be loaded")),
            );
        },
        terminate: () => worker.terminate(),
    };
}
