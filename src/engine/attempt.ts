/** What a step's checks have shown so far, and how new results change it. */
import type { ExpectationResult } from "../checks/check";
import type { Step } from "../lesson/lesson";
import type { StepState } from "./engine";

/** A check that runs only on request goes on saying what was missing at the last request. */
const lately = (result: ExpectationResult, before: ExpectationResult | undefined) =>
    result.result.status === "waiting" && before?.result.status === "fail" ? before : result;

const passes = (result: ExpectationResult | undefined) => result?.result.status === "pass";

export class StepRecord {
    results: ExpectationResult[] = [];
    attempts = 0;
    /** Milliseconds since 1970; undefined until passed. */
    passedAt: number | undefined;
    /** A check that the student asked for is running. */
    checking = false;
    /** Edge steps: the first pass of each expectation, by its index. */
    #held: (ExpectationResult | undefined)[] = [];

    constructor(readonly step: Step) {}

    state(waitsFor: string[]): StepState {
        const { results, attempts } = this;
        if (this.checking) return { kind: "checking", results, attempts };
        if (this.passedAt !== undefined) return { kind: "passed", results, attempts, at: this.passedAt };
        return waitsFor.length > 0 ? { kind: "locked", waitsFor } : { kind: "open", results, attempts };
    }

    /**
     * Adds results; returns true when they make the step pass. A step that has passed stays passed; even so, a level
     * step shows what holds now, and an edge step what once held.
     *
     * Results that nobody asked for are shown only if they pass, if everything else waits for the student to ask, or if
     * the student has asked before: a red list after every `ls` would teach nobody anything.
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
        // if nothing could be checked, it was not an attempt
        if (asked && !results.some(result => result.result.status === "error")) this.attempts++;
        if (asked || waits || (whole && this.attempts > 0)) this.results = effective;
        if (!passed || this.passedAt !== undefined) return false;
        this.passedAt = now;
        return true;
    }
}
