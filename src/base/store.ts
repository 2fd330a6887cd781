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

/** Events with the last of them kept, for those who join later. */
export class Feed<T> {
    readonly #signal = new Signal<T>();
    #kept: T[] = [];
    #count = 0;

    /** `limit`: how many events are kept. `onFirst` runs once, when the first listener joins: what nobody listens to is not asked for. */
    constructor(
        private readonly limit: number,
        private onFirst: () => void = () => undefined,
    ) {}

    /** How many events there have been: a mark for `since`. */
    get count(): number {
        return this.#count;
    }

    /** The events after `mark` that are still kept, oldest first. Without a mark all of them. */
    since(mark = 0): readonly T[] {
        return this.#kept.slice(Math.max(0, this.#kept.length - Math.max(0, this.#count - mark)));
    }

    emit(event: T): void {
        this.#count++;
        this.#kept.push(event);
        if (this.#kept.length > this.limit) this.#kept.shift();
        this.#signal.emit(event);
    }

    /** Hears of what happens from now on; `since` has what happened before. */
    listen(listener: (event: T) => void): Stop {
        const stop = this.#signal.listen(listener);
        const { onFirst } = this;
        this.onFirst = () => undefined;
        onFirst();
        return stop;
    }
}
