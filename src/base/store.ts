import type { Stop } from "./lifetime";

/** A value that others watch. This is how layers below `ui` expose state; runes stay in `ui`. */
export interface Readable<T> {
    readonly state: T;
    /** Calls `listener` on each change, but not for the current value. */
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

/** Events, the latest of which are kept for those who subscribe later. */
export class Feed<T> {
    readonly #signal = new Signal<T>();
    #kept: T[] = [];
    #count = 0;

    /**
     * `limit`: how many events are kept. `onFirst` runs once, when the first listener subscribes, so that nothing is
     * requested before somebody listens.
     */
    constructor(
        private readonly limit: number,
        private onFirst: () => void = () => undefined,
    ) {}

    /** How many events there have been; usable as a mark for `since`. */
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

    /** Calls `listener` for each event from now on; `since` returns the earlier ones. */
    listen(listener: (event: T) => void): Stop {
        const stop = this.#signal.listen(listener);
        const { onFirst } = this;
        this.onFirst = () => undefined;
        onFirst();
        return stop;
    }
}
