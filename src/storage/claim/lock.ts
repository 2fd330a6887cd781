import type { Signal } from "../../base/store";

/** Makes sure that only one tab at a time holds a lesson. A page has one lock for its whole life. */
export interface LessonLock {
    /** Another tab took the lesson by force. */
    readonly lost: Signal<void>;
    /** Takes the lesson if it is free. False if another tab holds it. */
    get(): Promise<boolean>;
    /** Waits for the lesson from the tab that was asked for it. False once the signal aborts. */
    receive(signal: AbortSignal): Promise<boolean>;
    /** Takes the lesson from the tab that holds it, without asking. */
    seize(): Promise<void>;
    /** Hands the lesson to the tab `to`, which is waiting for it. */
    give(to: string): Promise<void>;
    /** Whether this tab still holds the lesson, after the page was asleep. */
    verify(): Promise<boolean>;
    /** Call this when the page is going away. */
    leave(): void;
}

/**
 * How long to wait for the tab that holds the lesson to answer. An answer takes milliseconds, on a busy computer up to
 * a second.
 */
export const ANSWER_MILLISECONDS = 2_000;
