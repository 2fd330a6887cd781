/** Results for other programs: Exercism's results.json, version 3, with points and durations added. */
import type { ExpectationResult } from "./check";

export interface StepResults {
    id: string;
    title: string;
    points: number;
    results: readonly ExpectationResult[];
}

export interface ResultsFile {
    version: 3;
    status: "pass" | "fail" | "error";
    /** Why nothing could be checked; null when checks ran. */
    message: string | null;
    tests: {
        name: string;
        status: "pass" | "fail" | "error";
        message: string | null;
        /** Number of the step, from 1. */
        task_id: number;
        /** Failure code, for programs. */
        code: string | null;
        milliseconds: number | null;
    }[];
    points: { earned: number; possible: number };
    milliseconds: number;
}

/** A step earns its points when all its checks pass; a step without results has not been checked. */
export function toResultsFile(steps: readonly StepResults[]): ResultsFile {
    const tests = steps.flatMap((step, index) =>
        step.results.map(({ describes, result, milliseconds }) => ({
            name: `${step.title}: ${describes}`,
            status: result.status === "waiting" ? ("error" as const) : result.status,
            message: result.status === "pass" ? null : result.message,
            task_id: index + 1,
            code: "code" in result ? result.code : null,
            milliseconds: milliseconds ?? null,
        })),
    );
    const passed = (step: StepResults) =>
        step.results.length > 0 && step.results.every(({ result }) => result.status === "pass");
    const broken = steps
        .flatMap(step => step.results)
        .map(({ result }) => result)
        .find(result => result.status === "error");
    return {
        version: 3,
        status: tests.length === 0 || broken ? "error" : steps.every(passed) ? "pass" : "fail",
        message: tests.length === 0 ? "Nothing has been checked." : broken ? broken.message : null,
        tests,
        points: {
            earned: steps.filter(passed).reduce((sum, step) => sum + step.points, 0),
            possible: steps.reduce((sum, step) => sum + step.points, 0),
        },
        milliseconds: tests.reduce((sum, test) => sum + (test.milliseconds ?? 0), 0),
    };
}
