/** Stops what a function started; that function returns it. Calling it twice is harmless. */
export type Stop = () => void;

/** Collects stops and runs them in reverse order, once. */
export class Lifetime {
    #stops: Stop[] = [];
    #ended = false;

    /** Keeps `stop` for the end; runs it at once if the end has already come. */
    add(stop: Stop): void {
        if (this.#ended) stop();
        else this.#stops.push(stop);
    }

    readonly end: Stop = () => {
        if (this.#ended) return;
        this.#ended = true;
        for (const stop of this.#stops.reverse()) stop();
        this.#stops = [];
    };
}
