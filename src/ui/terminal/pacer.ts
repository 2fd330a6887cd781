import type { Bytes } from "../../base/bytes";

/**
 * Milliseconds between two drawings of a program's output. A build's progress display writes line by line, thirty times
 * a second; drawing each line took a tenth of the processor's time away from the machine that is building.
 */
export const PACE = 150;
/** Milliseconds after a key press during which output is shown at once: typing must not lag. */
export const TYPING = 1_000;

interface Piece {
    chunk: Bytes | string;
    parsed: (() => void) | undefined;
}

/** Passes output on in order: the first piece after a pause at once, the rest in steps. */
export class Pacer {
    #held: Piece[] = [];
    #timer: ReturnType<typeof setTimeout> | undefined;
    #wrote = Number.NEGATIVE_INFINITY;
    #typed = Number.NEGATIVE_INFINITY;

    constructor(private readonly draw: (chunk: Bytes | string, parsed?: () => void) => void) {}

    write(chunk: Bytes | string, parsed?: () => void): void {
        this.#held.push({ chunk, parsed });
        const now = performance.now();
        const wait = now - this.#typed < TYPING ? 0 : this.#wrote + PACE - now;
        if (wait <= 0) this.flush();
        else this.#timer ??= setTimeout(() => this.flush(), wait);
    }

    /** A key was pressed. */
    typed(): void {
        this.#typed = performance.now();
        this.flush();
    }

    /** Shows what is being held. */
    flush(): void {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (this.#held.length === 0) return;
        this.#wrote = performance.now();
        for (const { chunk, parsed } of this.#held.splice(0)) this.draw(chunk, parsed);
    }
}
