import type { Stop } from "./lifetime";

/** A value that others watch. Below `ui` this is how state is shown; runes stay in `ui`. */
export interface Readable<T> {
    readonly state: T;
    /** Calls `listener` at each change, not for the present value. */
    subscribe(listener: (state: T) => void): Stop;
}

export class Store<T> implements Readable<T> {
    #state: T;
    #listeners = new Set<(state: T) => void>();

    constructor(initial: T) {
        this.#state = initial;
    }

    get state(): T {
        return this.#state;
    }

    set(state: T): void {
        if (Object.is(state, this.#state)) return;
        this.#state = state;
        for (const listener of [...this.#listeners]) listener(state);
    }

    subscribe(listener: (state: T) => void): Stop {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }
}

/** Something that happens, as opposed to something that is. */
export class Signal<T> {
    #listeners = new Set<(event: T) => void>();

    emit(event: T): void {
        for (const listener of [...this.#listeners]) listener(event);
    }

    listen(listener: (event: T) => void): Stop {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }
}
