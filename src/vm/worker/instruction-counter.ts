const WRAP = 2 ** 32;

/** Below the quarter of a minute in which the fastest guest runs 4.29 G instructions. */
export const SAMPLE_MILLISECONDS = 2000;

/** v86 counts instructions in 32 bits. This counter does not wrap, as long as it is read often enough. */
export class InstructionCounter {
    #last: number;
    #sum = 0;

    /** `read` returns the 32-bit counter. */
    constructor(private readonly read: () => number) {
        this.#last = read();
    }

    /** Instructions since this object was created. */
    sample(): number {
        const now = this.read();
        this.#sum += (now - this.#last + WRAP) % WRAP;
        this.#last = now;
        return this.#sum;
    }
}
