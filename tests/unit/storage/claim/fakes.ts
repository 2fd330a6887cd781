/** Tabs of one browser: their channel, Web Locks as specified, and which tabs are frozen. */
import type { Channel, Message } from "../../../../src/storage/claim/messages";

/** Delivers to all but the sender, later, as BroadcastChannel does. A frozen tab gets its messages when it thaws. */
export class FakeChannels {
    readonly #ends: FakeEnd[] = [];

    open(): FakeEnd {
        const end = new FakeEnd(message => {
            for (const other of this.#ends) if (other !== end) other.receive(message);
        });
        this.#ends.push(end);
        return end;
    }
}

class FakeEnd implements Channel {
    readonly said: Message[] = [];
    readonly #listeners = new Set<(message: Message) => void>();
    #frozen: Message[] | undefined;
    #dead = false;

    constructor(private readonly send: (message: Message) => void) {}

    post(message: Message): void {
        if (this.#dead) return;
        this.said.push(message);
        this.send(message);
    }

    listen(listener: (message: Message) => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    receive(message: Message): void {
        queueMicrotask(() => {
            if (this.#frozen) this.#frozen.push(message);
            else if (!this.#dead) for (const listener of [...this.#listeners]) listener(message);
        });
    }

    freeze(): void {
        this.#frozen = [];
    }

    thaw(): void {
        const missed = this.#frozen ?? [];
        this.#frozen = undefined;
        for (const message of missed) this.receive(message);
    }

    die(): void {
        this.#dead = true;
    }

    close(): void {
        this.die();
    }
}

interface Waiting {
    grant(): void;
}

/** One exclusive lock for each name requested. */
export class FakeLocks {
    #held = new Map<string, { reject(reason: unknown): void }>();
    #queues = new Map<string, Waiting[]>();

    query = async (): Promise<LockManagerSnapshot> => ({
        held: [...this.#held.keys()].map(name => ({ name, mode: "exclusive" as const, clientId: "" })),
        pending: [],
    });

    request = (name: string, options: LockOptions, work: (lock: Lock | null) => unknown): Promise<unknown> =>
        new Promise((resolve, reject) => {
            const grant = () => {
                const hold = { reject };
                this.#held.set(name, hold);
                Promise.resolve(work({ name, mode: "exclusive" }))
                    .then(resolve, reject)
                    .finally(() => {
                        if (this.#held.get(name) === hold) this.#free(name);
                    });
            };
            if (options.steal) {
                this.#held.get(name)?.reject(new DOMException("stolen", "AbortError"));
                return grant();
            }
            if (!this.#held.has(name)) return grant();
            if (options.ifAvailable) return void Promise.resolve(work(null)).then(resolve, reject);
            const waiting = this.#queue(name, grant);
            options.signal?.addEventListener("abort", () => {
                const queue = this.#queues.get(name) ?? [];
                if (!queue.includes(waiting)) return;
                this.#queues.set(
                    name,
                    queue.filter(other => other !== waiting),
                );
                reject(options.signal!.reason);
            });
        });

    /** The tab was closed or has crashed. */
    drop(name: string): void {
        this.#free(name);
    }

    #queue(name: string, grant: () => void): Waiting {
        const waiting = { grant };
        this.#queues.set(name, [...(this.#queues.get(name) ?? []), waiting]);
        return waiting;
    }

    #free(name: string): void {
        this.#held.delete(name);
        const [next, ...rest] = this.#queues.get(name) ?? [];
        this.#queues.set(name, rest);
        next?.grant();
    }
}
