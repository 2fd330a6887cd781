/** Knows when the student last did something, and whether any of their commands is running. */
import { delay } from "../base/abort";

export class Lull {
    #busy = 0;
    #last = performance.now();

    acted(): void {
        this.#last = performance.now();
    }

    commandStarted(): void {
        this.#busy++;
    }

    commandEnded(): void {
        this.#busy = Math.max(0, this.#busy - 1);
        this.acted();
    }

    /**
     * Resolves once no command has run and nothing has been done for this many milliseconds from now. Rejects with the
     * signal's reason.
     */
    async reached(milliseconds: number, signal: AbortSignal): Promise<void> {
        this.acted();
        for (
            let left = milliseconds;
            left > 0;
            left = this.#busy > 0 ? milliseconds : this.#last + milliseconds - performance.now()
        )
            await delay(left, signal);
    }
}
