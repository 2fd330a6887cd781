import type { Signal } from "../../base/store";

/** What lets one tab at a time have a lesson. A page has one lock for its life. */
export interface LessonLock {
    /** Another tab took the lesson by force. */
    readonly lost: Signal<void>;
    /** Takes the lesson if it is free. False when another tab has it. */
    get(): Promise<boolean>;
    /** Waits for the tab that was asked to give the lesson. False once the signal aborts. */
    receive(signal: AbortSignal): Promise<boolean>;
    /** Takes it from whoever has it. */
    seize(): Promise<void>;
    /** Gives it to the tab `to`, which waits for it. */
    give(to: string): Promise<void>;
    /** Whether this tab still has it, after a time in which the page was asleep. */
    verify(): Promise<boolean>;
    /** The page goes away. */
    leave(): void;
}

/** How long to wait for an answer of the tab that has the lesson. It needs milliseconds; on a busy computer a second. */
export const ANSWER_MILLISECONDS = 2_000;
