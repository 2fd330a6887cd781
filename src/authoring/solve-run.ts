/** One automatic run through a lesson: each step must fail, then its solution is typed, then the step must pass. */
import type { CommandRecord, ExpectationResult } from "../checks/check";
import { toResultsFile, type ResultsFile } from "../checks/results";
import { DrydockError, messageOf } from "../base/errors";
import { StepRecord } from "../engine/attempt";
import type { Observed } from "../engine/engine";
import { filesOf, type FileContent } from "../lesson/file-tree";
import type { Lesson, Step } from "../lesson/lesson";
import { solveActions } from "../lesson/solve-script";

/** What the run acts on: a real machine, or a fake one in tests. */
export interface SolveTarget {
    check(step: Step, observed: Observed): Promise<ExpectationResult[]>;
    /** Saves a file as the editor would. */
    write(path: string, content: FileContent): Promise<void>;
    /** Types a line into a terminal and waits until the command has ended. */
    type(line: string): Promise<{ code: number; output: string }>;
    /** Guest instructions since the start. */
    instructions(): Promise<number>;
}

export interface StepReport {
    step: string;
    /** Why the step is broken; undefined if it failed before its solution and passed after it. */
    problem: string | undefined;
    before: ExpectationResult[];
    after: ExpectationResult[];
    commands: {
        line: string;
        code: number;
        seconds: number;
        /** millions, guest */ instructions: number;
        output: string;
    }[];
    /**
     * For the check after the solution; guest instructions in millions. Few instructions in many seconds mean that the
     * guest waited or the host was busy.
     */
    checkSeconds: number;
    checkInstructions: number;
    seconds: number;
}

export interface RunOptions {
    onStep?: (report: StepReport) => void;
    onLine?: (line: string) => void;
    signal?: AbortSignal;
}

/** The reports of the steps, in order. Ends with the first broken step, because the next ones build on it. */
export async function runSolution(
    lesson: Lesson,
    target: SolveTarget,
    { onStep, onLine, signal }: RunOptions = {},
): Promise<StepReport[]> {
    const files = filesOf(lesson.solution);
    const commands: CommandRecord[] = [];
    const answers = new Map<string, string>();
    const reports: StepReport[] = [];
    for (const step of lesson.steps) {
        signal?.throwIfAborted();
        const began = performance.now();
        const record = new StepRecord(step);
        const check = async () => {
            const results = await target.check(step, { commands, answers });
            record.take(results, true, Date.now());
            return record.results;
        };
        const report: StepReport = {
            step: step.id,
            problem: undefined,
            before: [],
            after: [],
            commands: [],
            checkSeconds: 0,
            checkInstructions: 0,
            seconds: 0,
        };
        try {
            report.before = await check();
            if (record.passedAt !== undefined) report.problem = "Its checks pass before its solution.";
            else if (report.before.some(({ result }) => result.status === "error"))
                report.problem = `Its checks cannot run: ${failures(report.before)}`;
            else {
                for (const action of solveActions(step.solve)) {
                    signal?.throwIfAborted();
                    if (action.kind === "answer") answers.set(action.question, action.text);
                    else if (action.kind === "save") await target.write(action.path, contentOf(files, action.path));
                    else {
                        onLine?.(action.line);
                        const [start, from] = [performance.now(), await target.instructions()];
                        const { code, output } = await target.type(action.line);
                        commands.push({ command: action.line, code, at: Date.now(), terminal: 1 });
                        report.commands.push({
                            line: action.line,
                            code,
                            seconds: secondsSince(start),
                            instructions: Math.round(((await target.instructions()) - from) / 1e6),
                            output,
                        });
                    }
                }
                const [start, from] = [performance.now(), await target.instructions()];
                report.after = await check();
                report.checkSeconds = secondsSince(start);
                report.checkInstructions = Math.round(((await target.instructions()) - from) / 1e6);
                if (record.passedAt === undefined)
                    report.problem = `Its checks fail after its solution: ${failures(report.after)}`;
            }
        } catch (thrown) {
            signal?.throwIfAborted();
            report.problem = thrown instanceof DrydockError ? `${thrown.message} ${thrown.advice}` : messageOf(thrown);
        }
        report.seconds = secondsSince(began);
        reports.push(report);
        onStep?.(report);
        if (report.problem !== undefined) break;
    }
    return reports;
}

/** results.json of several runs. A step that was not reached, or that passed too early, counts as a failed test. */
export function resultsOf(lesson: Lesson, runs: readonly StepReport[][]): ResultsFile {
    const tests: ResultsFile["tests"] = [];
    runs.forEach((reports, run) => {
        const prefix = `run ${run + 1}: `;
        lesson.steps.forEach((step, index) => {
            const report = reports.find(one => one.step === step.id);
            const early = report?.problem !== undefined && report.after.length === 0;
            const message = !report
                ? "Not reached, because an earlier step is broken."
                : early
                  ? report.problem!
                  : null;
            tests.push({
                name: `${prefix}${step.title}: fails before its solution`,
                status: message === null ? "pass" : "fail",
                message,
                task_id: index + 1,
                code: null,
                milliseconds: null,
            });
            const after = toResultsFile([
                { id: step.id, title: step.title, points: step.points, results: report?.after ?? [] },
            ]).tests;
            tests.push(...after.map(test => ({ ...test, name: prefix + test.name, task_id: index + 1 })));
        });
    });
    const inOrder = (step: Step) =>
        runs.every(reports => reports.some(report => report.step === step.id && report.problem === undefined));
    const sum = (steps: readonly Step[]) => steps.reduce((points, step) => points + step.points, 0);
    const failed = tests.find(test => test.status !== "pass");
    return {
        version: 3,
        status: runs.length > 0 && lesson.steps.every(inOrder) ? "pass" : (failed?.status ?? "fail"),
        message: failed?.message ?? null,
        tests,
        points: { earned: sum(lesson.steps.filter(inOrder)), possible: sum(lesson.steps) },
        milliseconds: Math.round(runs.flat().reduce((total, report) => total + report.seconds * 1000, 0)),
    };
}

function failures(results: readonly ExpectationResult[]): string {
    return results
        .flatMap(({ describes, result }) => (result.status === "pass" ? [] : [`${describes}: ${result.message}`]))
        .join(" | ");
}

function contentOf(files: ReadonlyMap<string, FileContent>, path: string): FileContent {
    const content = files.get(path);
    if (content === undefined)
        throw new DrydockError(
            "solve.missing-file",
            `The solution has no file ${path}.`,
            "Run the linter: npm run drydock -- lint",
        );
    return content;
}

const secondsSince = (start: number) => Math.round((performance.now() - start) / 100) / 10;
