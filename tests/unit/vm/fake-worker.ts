import type { FromWorker, ToWorker } from "../../../src/vm/protocol";
import { RemoteMachine, type WorkerLink } from "../../../src/vm/remote-machine";
import type { MachineOptions } from "../../../src/vm/machine";

/** A worker that sends only what the test tells it to. Messages are cloned, as between threads. */
export class FakeWorker implements WorkerLink {
    readonly received: ToWorker[] = [];
    terminated = 0;
    #onMessage: (message: FromWorker) => void = () => undefined;
    #onDeath: (reason: unknown) => void = () => undefined;

    post(message: ToWorker, moved: Transferable[] = []): void {
        this.received.push(structuredClone(message, { transfer: moved }));
    }

    listen(onMessage: (message: FromWorker) => void, onDeath: (reason: unknown) => void): void {
        this.#onMessage = onMessage;
        this.#onDeath = onDeath;
    }

    terminate(): void {
        this.terminated++;
    }

    say(message: FromWorker): void {
        this.#onMessage(structuredClone(message));
    }

    die(reason: unknown): void {
        this.#onDeath(reason);
    }

    of<Kind extends ToWorker["kind"]>(kind: Kind): Extract<ToWorker, { kind: Kind }>[] {
        return this.received.filter((message): message is Extract<ToWorker, { kind: Kind }> => message.kind === kind);
    }
}

export function remoteMachine(options: Partial<MachineOptions> = {}) {
    const worker = new FakeWorker();
    let opened = 0;
    const machine = new RemoteMachine({ image: { base: "http://image.test/" }, ...options }, () => {
        opened++;
        return worker;
    });
    return { machine, worker, opened: () => opened };
}

/** Started and running. */
export async function runningMachine(options: Partial<MachineOptions> = {}) {
    const { machine, worker } = remoteMachine(options);
    const started = machine.start();
    worker.say({ kind: "running", from: "snapshot" });
    await started;
    return { machine, worker };
}
