/** Knows when the student last did something, and whether commands of theirs run. */
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

    /** Resolves when for so many milliseconds from now on no command ran and nothing was done. Rejects with the signal's reason. */
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
