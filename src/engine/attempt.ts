/** What a step's checks have shown so far, and what new results make of it. */
import type { ExpectationResult } from "../checks/check";
import type { Step } from "../lesson/lesson";
import type { StepState } from "./engine";

const passes = (result: ExpectationResult | undefined) => result?.result.status === "pass";

export class StepRecord {
    results: ExpectationResult[] = [];
    attempts = 0;
    /** Milliseconds since 1970; undefined until passed. */
    passedAt: number | undefined;
    /** A check that the student asked for is under way. */
    checking = false;
    /** Edge steps: each expectation's first pass, by its place. */
    #held: (ExpectationResult | undefined)[] = [];

    constructor(readonly step: Step) {}

    state(waitsFor: string[]): StepState {
        const { results, attempts } = this;
        if (this.checking) return { kind: "checking", results, attempts };
        if (this.passedAt !== undefined) return { kind: "passed", results, attempts, at: this.passedAt };
        return waitsFor.length > 0 ? { kind: "locked", waitsFor } : { kind: "open", results, attempts };
    }

    /**
     * Takes results in; true when the step passes by them. A step that has passed stays passed; a level step shows what
     * holds now all the same, an edge step what once held.
     *
     * Results nobody asked for are shown only when they pass or when the student has asked before: a red list after
     * every `ls` would teach nobody anything.
     */
    take(results: ExpectationResult[], asked: boolean, now: number): boolean {
        const { mode, expect } = this.step;
        let effective = results;
        if (mode === "edge") {
            results.forEach((result, index) => {
                if (passes(result)) this.#held[index] ??= result;
            });
            effective = expect
                .map((_, index) => this.#held[index] ?? results[index])
                .filter(result => result !== undefined);
        }
        const passed = effective.length === expect.length && effective.every(passes);
        // what could not be checked was no attempt
        if (asked && !results.some(result => result.result.status === "error")) this.attempts++;
        if (asked || passed || (this.attempts > 0 && effective.length === expect.length)) this.results = effective;
        if (!passed || this.passedAt !== undefined) return false;
        this.passedAt = now;
        return true;
    }
}
