import { createSubscriber } from "svelte/reactivity";
import type { Readable } from "../../base/store";

/** A store from below the interface, read as a rune: subscribed only while something that is shown reads it. */
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
