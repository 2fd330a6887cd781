/** An idle engine takes about 5 M instructions a second, a command 50 M and more. */
const IDLE_PER_MILLISECOND = 20_000;

/** A shorter interval says nothing, because the CPU runs in turns. */
const LEAST_MILLISECONDS = 40;

/** Uses the instruction count to tell whether the guest is busy. */
export class IdleMeter {
    #at: number;
    #count: number;
    #idle = false;

    constructor(
        private readonly instructions: () => number,
        private readonly now: () => number = () => performance.now(),
    ) {
        this.#at = now();
        this.#count = instructions();
    }

    /** Whether the guest was idle between the last two looks. */
    isIdle(): boolean {
        const at = this.now();
        if (at - this.#at < LEAST_MILLISECONDS) return this.#idle;
        const count = this.instructions();
        this.#idle = (count - this.#count) / (at - this.#at) < IDLE_PER_MILLISECOND;
        [this.#at, this.#count] = [at, count];
        return this.#idle;
    }
}
