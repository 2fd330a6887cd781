/** What a step's checks have shown so far, and what new results make of it. */
import type { ExpectationResult } from "../checks/check";
import type { Step } from "../lesson/lesson";
import type { StepState } from "./engine";

/** What waits for the student to ask goes on saying what it lacked when they asked last. */
const lately = (result: ExpectationResult, before: ExpectationResult | undefined) =>
    result.result.status === "waiting" && before?.result.status === "fail" ? before : result;

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
     * Results nobody asked for are shown only when they pass, when all that is left waits for the student to ask, or when they have
     * asked before: a red list after every `ls` would teach nobody anything.
     */
    take(results: ExpectationResult[], asked: boolean, now: number): boolean {
        const { mode, expect } = this.step;
        let effective = results.map((result, index) => lately(result, this.results[index]));
        if (mode === "edge") {
            results.forEach((result, index) => {
                if (passes(result)) this.#held[index] ??= result;
            });
            effective = expect
                .map((_, index) => this.#held[index] ?? effective[index])
                .filter(result => result !== undefined);
        }
        const whole = effective.length === expect.length;
        const passed = whole && effective.every(passes);
        const waits = whole && effective.every(one => passes(one) || one.result.status === "waiting");
        // what could not be checked was no attempt
        if (asked && !results.some(result => result.result.status === "error")) this.attempts++;
        if (asked || waits || (whole && this.attempts > 0)) this.results = effective;
        if (!passed || this.passedAt !== undefined) return false;
        this.passedAt = now;
        return true;
    }
}
