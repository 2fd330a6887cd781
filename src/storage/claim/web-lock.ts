/** With Web Locks, the browser itself frees the lesson of a tab that was closed or has crashed. */
import { messageOf } from "../../base/errors";
import { Signal } from "../../base/store";
import type { ClaimStore } from "../stores";
import { ANSWER_MILLISECONDS, type LessonLock } from "./lock";
import { holderKeeps, type Channel } from "./messages";

const PREFIX = "drydock-lesson:";

/** The lessons that tabs of this browser hold. */
export async function lockedLessons(locks: LockManager): Promise<string[]> {
    const { held = [] } = await locks.query();
    return held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
}

export interface WebLockParts {
    lesson: string;
    tab: string;
    locks: LockManager;
    channel: Channel;
    /** Decides whose changes the database accepts (see `openIndexedDb`). */
    claims: ClaimStore;
}

export class WebLock implements LessonLock {
    readonly lost = new Signal<void>();
    #release: (() => void) | undefined;

    constructor(private readonly parts: WebLockParts) {}

    async get(): Promise<boolean> {
        if (await this.#request({ ifAvailable: true })) return true;
        // After a reload the previous page may still be closing: its lock is about to come free, and it does not
        // answer.
        const { channel, tab } = this.parts;
        const waiting = new AbortController();
        const freed = this.#request({ signal: waiting.signal });
        void holderKeeps(channel, tab, ANSWER_MILLISECONDS).then(() => waiting.abort());
        return freed;
    }

    receive(signal: AbortSignal): Promise<boolean> {
        return this.#request({ signal });
    }

    async seize(): Promise<void> {
        await this.#request({ steal: true });
    }

    async give(): Promise<void> {
        this.leave();
    }

    async verify(): Promise<boolean> {
        return this.#release !== undefined; // the browser itself reports the loss
    }

    leave(): void {
        this.#release?.();
        this.#release = undefined;
    }

    /**
     * True once this tab holds the lesson and the record says so; false if the lesson is not available, or the signal
     * aborts first.
     */
    #request(options: LockOptions): Promise<boolean> {
        const { locks, lesson, tab, claims } = this.parts;
        return new Promise((resolve, reject) => {
            let mine: (() => void) | undefined;
            const hold = async (lock: Lock | null): Promise<void> => {
                if (!lock) return resolve(false);
                const end = new Promise<void>(release => (mine = release));
                this.#release = mine;
                try {
                    await claims.take(lesson, tab);
                } catch (thrown) {
                    console.warn(`The lesson is not recorded as this tab's: ${messageOf(thrown)}`);
                }
                resolve(true);
                await end;
            };
            locks.request(PREFIX + lesson, options, hold).catch((thrown: unknown) => {
                if (mine && this.#release === mine) {
                    this.#release = undefined;
                    this.lost.emit();
                } else if (options.signal?.aborted) resolve(false);
                else reject(thrown as Error);
            });
        });
    }
}
