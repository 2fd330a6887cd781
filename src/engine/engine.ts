/** The lesson in progress. It knows steps and attempts, but nothing of panes. */
import type { CommandRecord, ExpectationResult } from "../checks/check";
import type { Readable } from "../base/store";
import type { Lesson, Step } from "../lesson/lesson";

export type { ExpectationResult };

export type StepState =
    | { kind: "locked"; /** step ids */ waitsFor: string[] }
    | {
          kind: "open";
          /** results of the last attempt, if there was one */ results: ExpectationResult[];
          attempts: number;
      }
    | { kind: "checking"; results: ExpectationResult[]; attempts: number }
    | { kind: "passed"; results: ExpectationResult[]; attempts: number; /** Milliseconds since 1970. */ at: number };

export interface LessonState {
    lesson: Lesson;
    /** The step the student is at: the first that has not passed, or one that they chose. */
    current: string;
    steps: Record<string, StepState>;
    /** Hints opened so far, by step id. */
    hintsShown: Record<string, number>;
    solutionShown: Record<string, boolean>;
    /** The student's answers, by question id. */
    answers: Record<string, string>;
    points: { earned: number; possible: number };
    finished: boolean;
}

export interface Engine extends Readable<LessonState> {
    /** Checks one step now and resolves to its state. A second call for the same step joins the first. */
    check(stepId: string, signal?: AbortSignal): Promise<StepState>;
    /** A command ended in a terminal: records it and checks the open steps in the background. */
    commandEnded(record: CommandRecord): void;
    /** Something that checks depend on may have changed (a file was saved): checks the open steps in the background. */
    checkSoon(): void;
    choose(stepId: string): void;
    showHint(stepId: string): void;
    showSolution(stepId: string): void;
    answer(questionId: string, text: string): void;
    /** Resolves when no progress is waiting to be saved. */
    idle(): Promise<void>;
    /** Forgets this lesson's progress (not the files). */
    reset(): Promise<void>;
    /** Cancels the checks under way and starts no more until something asks again: the student is in another lesson. */
    rest(): void;
    dispose(): void;
}

/** What the student did that the guest does not show. */
export interface Observed {
    commands: readonly CommandRecord[];
    /** By question id. */
    answers: ReadonlyMap<string, string>;
}

/**
 * Runs a step's checks; one result for each expectation, in order. With `stopAtFailure` it may end after the first that
 * fails or cannot run. With `readsOnly`, checks that may change the guest do not run, and their result is "waiting".
 * Rejects with the signal's reason, or with a DrydockError if the checks could not run at all.
 */
export type CheckStep = (
    step: Step,
    observed: Observed,
    options: { signal: AbortSignal; stopAtFailure: boolean; readsOnly?: boolean },
) => Promise<ExpectationResult[]>;
