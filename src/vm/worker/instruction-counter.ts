const WRAP = 2 ** 32;

/** Below the quarter minute in which the fastest guest runs 4.29 G instructions. */
export const SAMPLE_MILLISECONDS = 2000;

/** v86 counts instructions in 32 bits; looked at often enough, this one does not wrap. */
export class InstructionCounter {
    #last: number;
    #sum = 0;

    /** `read` gives the 32-bit counter. */
    constructor(private readonly read: () => number) {
        this.#last = read();
    }

    /** Instructions since this object was made. */
    sample(): number {
        const now = this.read();
        this.#sum += (now - this.#last + WRAP) % WRAP;
        this.#last = now;
        return this.#sum;
    }
}
