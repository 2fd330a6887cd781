import { createSubscriber } from "svelte/reactivity";
import type { Readable } from "../../base/store";

/** Reads a store from below the interface as a rune. It is subscribed only while a visible component reads it. */
export class Watched<T> {
    readonly #source: Readable<T>;
    readonly #subscribe: () => void;

    constructor(source: Readable<T>) {
        this.#source = source;
        this.#subscribe = createSubscriber(update => source.subscribe(update));
    }

    get state(): T {
        this.#subscribe();
        return this.#source.state;
    }
}
