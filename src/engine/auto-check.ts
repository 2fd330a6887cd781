/**
 * Decides when to check the open steps without being asked: shortly after something happened, and a few more times
 * after a command, because what it started in the background may take a while. One look at a time; the next event
 * cancels the current look and starts over.
 */
import { delay } from "../base/abort";
import { isAbort } from "../base/errors";

/** Several events in a row (a paste, a save and a command) cause one look. */
const QUIET_MILLISECONDS = 300;

/**
 * Pauses between the looks after a command. There are few, because each costs the guest something, and an http check
 * waits for its app anyway.
 */
const FOLLOW_UPS_MILLISECONDS = [2_000, 5_000, 10_000, 20_000];

export class AutoCheck {
    #running: AbortController | undefined;
    #held = 0;
    #wanted: { followUps: boolean } | undefined;

    /** `look` resolves to whether there is more to look for. It rejects only when aborted. */
    constructor(private readonly look: (signal: AbortSignal) => Promise<boolean>) {}

    /** Looks soon. A request without follow-ups does not cut short one that has them. */
    request(options: { followUps: boolean }): void {
        this.#wanted = { followUps: options.followUps || (this.#wanted?.followUps ?? false) };
        this.#restart();
    }

    /** Pauses until the returned function is called; then resumes what was requested. */
    hold(): () => void {
        this.#held++;
        this.#running?.abort();
        return () => {
            this.#held--;
            if (this.#wanted) this.#restart();
        };
    }

    stop(): void {
        this.#wanted = undefined;
        this.#running?.abort();
    }

    #restart(): void {
        this.#running?.abort();
        if (this.#held > 0) return;
        const running = new AbortController();
        this.#running = running;
        this.#run(running.signal).catch((thrown: unknown) => {
            if (!isAbort(thrown)) throw thrown;
        });
    }

    async #run(signal: AbortSignal): Promise<void> {
        await delay(QUIET_MILLISECONDS, signal);
        const pauses = this.#wanted?.followUps ? FOLLOW_UPS_MILLISECONDS : [];
        for (const pause of [...pauses, undefined]) {
            const more = await this.look(signal);
            signal.throwIfAborted();
            if (!more || pause === undefined) break;
            await delay(pause, signal);
        }
        this.#wanted = undefined;
    }
}
