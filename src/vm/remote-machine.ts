/** A machine that lives in another thread, whatever kind of thread that is. */
import type { Duplex } from "../base/duplex";
import type { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import { Store } from "../base/store";
import { deferred, type Deferred } from "../base/deferred";
import {
    LEAST_MEMORY,
    memoryOutOfRange,
    MOST_MEMORY,
    notRunning,
    noWebAssembly,
    stoppedError,
    workerDied,
} from "./errors";
import type { Machine, MachineOptions, MachineState, MachineStatistics } from "./machine";
import type { FromWorker, PortNumber, SavedMachine, ToWorker } from "./protocol";
import { RemotePort } from "./remote-port";
import { fromWireError } from "./wire-error";

/** A thread that a machine runs in. */
export interface WorkerLink {
    post(message: ToWorker, moved?: Transferable[]): void;
    /** Called once, before the first `post`. `onDeath`: the thread threw, or ended unexpectedly. */
    listen(onMessage: (message: FromWorker) => void, onDeath: (reason: unknown) => void): void;
    terminate(): Promise<void> | void;
}

const isMemory = (megabytes: number): boolean =>
    Number.isInteger(megabytes) && megabytes >= LEAST_MEMORY && megabytes <= MOST_MEMORY;

type Answer = { kind: "statistics"; statistics: MachineStatistics } | { kind: "saved"; saved: SavedMachine };

export class RemoteMachine implements Machine {
    #options: MachineOptions;
    #open: () => WorkerLink;
    #link: WorkerLink | undefined;
    /** Bytes written to the ports before the start. */
    #early: { message: ToWorker; moved: Transferable[] }[] = [];
    #state = new Store<MachineState>({ kind: "off" });
    #ports = new Map<PortNumber, RemotePort>();
    #waiting = new Map<number, Deferred<Answer>>();
    #requests = 0;
    #started: Deferred<void> | undefined;
    /** Why the machine is gone; set once. */
    #end: DrydockError | undefined;

    /** `open` starts the thread. */
    constructor(options: MachineOptions, open: () => WorkerLink) {
        this.#options = options;
        this.#open = open;
    }

    get state(): MachineState {
        return this.#state.state;
    }

    subscribe(listener: (state: MachineState) => void): Stop {
        return this.#state.subscribe(listener);
    }

    async start(signal?: AbortSignal): Promise<void> {
        if (this.#end) throw this.#end;
        signal?.throwIfAborted();
        const onAbort = () => void this.stop();
        signal?.addEventListener("abort", onAbort, { once: true });
        try {
            await (this.#started ?? this.#begin()).promise;
        } catch (thrown) {
            throw signal?.aborted ? signal.reason : thrown;
        } finally {
            signal?.removeEventListener("abort", onAbort);
        }
    }

    port(number: PortNumber): Duplex {
        let port = this.#ports.get(number);
        if (!port) {
            port = new RemotePort({
                send: bytes => this.#post({ kind: "port-input", port: number, bytes }, [bytes.buffer]),
                consumed: count => this.#post({ kind: "port-consumed", port: number, count }),
            });
            this.#ports.set(number, port);
            if (this.#end) port.fail(this.#end);
        }
        return port;
    }

    async statistics(): Promise<MachineStatistics> {
        const answer = await this.#request(request => ({ kind: "statistics", request }));
        if (answer.kind !== "statistics") throw workerDied(new Error(`"${answer.kind}" in answer to "statistics"`));
        return answer.statistics;
    }

    prefetch(): void {
        this.#link?.post({ kind: "prefetch" });
    }

    forgetCode(): void {
        this.#link?.post({ kind: "forget-code" });
    }

    async save(): Promise<SavedMachine> {
        const answer = await this.#request(request => ({ kind: "save", request }));
        if (answer.kind !== "saved") throw workerDied(new Error(`"${answer.kind}" in answer to "save"`));
        return answer.saved;
    }

    async stop(): Promise<void> {
        await this.#finish(stoppedError(), { kind: "stopped" });
    }

    #begin(): Deferred<void> {
        const started = (this.#started = deferred<void>());
        started.promise.catch(() => undefined); // the caller of `start` gets the error
        const { image, memory, leastMemory, boot = "auto", commandLine = "", keepCode, onKernelLog } = this.#options;
        this.#state.set({ kind: "starting", stage: "emulator", loaded: 0, total: 0 });
        if (typeof WebAssembly === "undefined") {
            void this.#fail(noWebAssembly());
            return started;
        }
        for (const megabytes of [memory, leastMemory])
            if (megabytes !== undefined && !isMemory(megabytes)) {
                void this.#fail(memoryOutOfRange(megabytes));
                return started;
            }
        try {
            this.#link = this.#open();
            this.#link.listen(
                message => this.#receive(message),
                reason => void this.#fail(workerDied(reason)),
            );
            this.#link.post({
                kind: "start",
                options: {
                    base: image.base,
                    memory,
                    leastMemory,
                    boot,
                    commandLine,
                    keepCode,
                    kernelLog: onKernelLog !== undefined,
                },
            });
            for (const { message, moved } of this.#early.splice(0)) this.#link.post(message, moved);
        } catch (thrown) {
            void this.#fail(workerDied(thrown));
        }
        return started;
    }

    #receive(message: FromWorker): void {
        if (this.#end) return;
        switch (message.kind) {
            case "progress":
                if (this.state.kind === "starting")
                    this.#state.set({
                        kind: "starting",
                        stage: message.stage,
                        loaded: message.loaded,
                        total: message.total,
                    });
                break;
            case "running":
                this.#state.set({
                    kind: "running",
                    from: message.from,
                    ...(message.fallback && { fallback: fromWireError(message.fallback) }),
                });
                this.#started?.resolve();
                break;
            case "warning":
                if (this.state.kind === "running")
                    this.#state.set({ ...this.state, warning: message.warning && fromWireError(message.warning) });
                break;
            case "failed":
                void this.#fail(fromWireError(message.error));
                break;
            case "kernel-log":
                this.#options.onKernelLog?.(message.line);
                break;
            case "port-output":
                (this.port(message.port) as RemotePort).receive(message.bytes);
                break;
            case "port-accepted":
                this.#ports.get(message.port)?.accept(message.count);
                break;
            case "statistics":
            case "saved":
                this.#take(message.request)?.resolve(message);
                break;
            case "request-failed":
                this.#take(message.request)?.reject(fromWireError(message.error));
                break;
        }
    }

    #post(message: ToWorker, moved: Transferable[] = []): void {
        if (this.#end) return;
        if (this.#link) this.#link.post(message, moved);
        else this.#early.push({ message, moved });
    }

    #request(message: (request: number) => ToWorker): Promise<Answer> {
        if (this.#end) return Promise.reject(this.#end);
        const answer = deferred<Answer>();
        const request = ++this.#requests;
        this.#waiting.set(request, answer);
        if (this.#link) this.#link.post(message(request));
        else this.#take(request)?.reject(notRunning());
        return answer.promise;
    }

    #take(request: number): Deferred<Answer> | undefined {
        const answer = this.#waiting.get(request);
        this.#waiting.delete(request);
        return answer;
    }

    #fail(error: DrydockError): Promise<void> {
        return this.#finish(error, { kind: "failed", error });
    }

    /** Everything that is waiting gets the same reason, and the thread ends. Only the first call counts. */
    async #finish(reason: DrydockError, state: MachineState): Promise<void> {
        if (this.#end) return;
        this.#end = reason;
        this.#started?.reject(reason);
        for (const answer of this.#waiting.values()) answer.reject(reason);
        this.#waiting.clear();
        for (const port of this.#ports.values()) port.fail(reason);
        this.#state.set(state);
        await this.#link?.terminate();
    }
}
