/** The engine of one lesson: steps, attempts, hints, points, progress. */
import { asDrydockError, DrydockError, isAbort } from "../base/errors";
import { abortable, limited } from "../base/abort";
import { Store } from "../base/store";
import type { CommandRecord, ExpectationResult } from "../checks/check";
import { stepLimit } from "../checks/run";
import type { Lesson, Step } from "../lesson/lesson";
import { StepRecord } from "./attempt";
import { AutoCheck } from "./auto-check";
import type { ProgressStore, StoredProgress } from "../storage/stores";
import type { CheckStep, Engine, LessonState, StepState } from "./engine";
import { loadProgress, noProgress, ProgressSaver, type LoadedProgress } from "./progress";

/** Enough for any lesson; a loop in a terminal must not fill the memory. */
const COMMANDS_KEPT = 1_000;

export interface EngineOptions {
    lesson: Lesson;
    progress: ProgressStore;
    check: CheckStep;
    /**
     * Progress could not be read or saved; the lesson continues. May also be called before `createEngine` has resolved.
     */
    onProblem?: (error: DrydockError) => void;
    /** Milliseconds since 1970. */
    now?: () => number;
}

/** Loads the lesson's progress and starts. Resolves even if the progress cannot be read; `onProblem` reports it. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
    const loaded = await loadProgress(options.progress, options.lesson);
    if (loaded.problem) options.onProblem?.(loaded.problem);
    return new LessonEngine(options, loaded);
}

/** A running check, shared by everybody who has asked for it meanwhile. */
interface Asked {
    result: Promise<StepState>;
    controller: AbortController;
    callers: number;
}

class LessonEngine implements Engine {
    readonly #lesson: Lesson;
    readonly #check: CheckStep;
    readonly #now: () => number;
    readonly #saver: ProgressSaver;
    readonly #auto = new AutoCheck(signal => this.#look(signal));
    readonly #asked = new Map<string, Asked>();
    readonly #store: Store<LessonState>;
    #records = new Map<string, StepRecord>();
    #commands: CommandRecord[] = [];
    #progress: StoredProgress;
    #chosen: string | undefined;
    #disposed = false;

    constructor(options: EngineOptions, { progress, unread }: LoadedProgress) {
        this.#lesson = options.lesson;
        this.#check = options.check;
        this.#now = options.now ?? Date.now;
        this.#saver = new ProgressSaver(options.progress, options.onProblem ?? (() => undefined), unread);
        this.#progress = progress;
        this.#readRecords();
        this.#store = new Store(this.#compose());
    }

    get state(): LessonState {
        return this.#store.state;
    }

    subscribe(listener: (state: LessonState) => void): () => void {
        return this.#store.subscribe(listener);
    }

    async check(stepId: string, signal?: AbortSignal): Promise<StepState> {
        const record = this.#record(stepId);
        signal?.throwIfAborted();
        if (this.#disposed) throw new DrydockError("engine.closed", "The lesson has been closed.", "Open it again.");
        if (this.#waitsFor(record.step).length > 0 && record.passedAt === undefined) return this.#stateOf(record);
        const asked = this.#asked.get(stepId) ?? this.#ask(record);
        asked.callers++;
        try {
            return await abortable(asked.result, signal);
        } finally {
            // cancel when the last caller has lost interest
            if (--asked.callers === 0) asked.controller.abort();
        }
    }

    commandEnded(record: CommandRecord): void {
        this.#commands = [...this.#commands, record].slice(-COMMANDS_KEPT);
        this.#auto.request({ followUps: true });
    }

    checkSoon(): void {
        this.#auto.request({ followUps: false });
    }

    choose(stepId: string): void {
        this.#chosen = this.#record(stepId).step.id;
        this.#publish();
    }

    showHint(stepId: string): void {
        const { step } = this.#record(stepId);
        const shown = this.#progress.hintsShown[stepId] ?? 0;
        if (shown >= step.hints.length) return;
        this.#keep({ hintsShown: { ...this.#progress.hintsShown, [stepId]: shown + 1 } });
    }

    showSolution(stepId: string): void {
        this.#record(stepId);
        this.#keep({ solutionShown: { ...this.#progress.solutionShown, [stepId]: true } });
    }

    answer(questionId: string, text: string): void {
        if (!this.#lesson.steps.some(step => step.questions.some(question => question.id === questionId)))
            throw new DrydockError(
                "engine.unknown-question",
                `This lesson has no question "${questionId}".`,
                "Reload the page.",
            );
        this.#keep({ answers: { ...this.#progress.answers, [questionId]: text } });
        this.checkSoon();
    }

    async idle(): Promise<void> {
        await this.#saver.idle();
    }

    async reset(): Promise<void> {
        this.rest();
        this.#progress = noProgress(this.#lesson);
        this.#commands = [];
        this.#chosen = undefined;
        this.#readRecords();
        this.#publish();
        await this.#saver.clear(this.#lesson.id);
    }

    dispose(): void {
        this.#disposed = true;
        this.rest();
    }

    rest(): void {
        this.#auto.stop();
        for (const { controller } of this.#asked.values()) controller.abort();
        this.#asked.clear();
    }

    #ask(record: StepRecord): Asked {
        const controller = new AbortController();
        const release = this.#auto.hold();
        record.checking = true;
        this.#publish();
        const finish = async (): Promise<StepState> => {
            try {
                const results = await this.#checkStep(record.step, controller.signal, { stopAtFailure: false });
                record.checking = false;
                this.#take(record, results, true);
                return this.#stateOf(record);
            } finally {
                record.checking = false;
                if (this.#asked.get(record.step.id) === asked) this.#asked.delete(record.step.id);
                this.#publish();
                release();
            }
        };
        const asked: Asked = { result: Promise.resolve().then(finish), controller, callers: 0 };
        asked.result.catch(() => undefined); // every caller may have gone away; those still waiting get the error from the promise
        this.#asked.set(record.step.id, asked);
        return asked;
    }

    /**
     * The look at the open steps in the background, which changes nothing in the guest. True while an open step has not
     * passed.
     */
    async #look(signal: AbortSignal): Promise<boolean> {
        for (const record of this.#records.values()) {
            if (record.passedAt !== undefined || this.#waitsFor(record.step).length > 0) continue;
            // until the student asks, only passing counts, so the first failure ends the look and spares the guest
            const stopAtFailure = record.attempts === 0 && record.step.mode === "level";
            const results = await this.#checkStep(record.step, signal, { stopAtFailure, readsOnly: true });
            if (results.some(result => result.result.status === "error")) continue;
            this.#take(record, results, false);
        }
        return [...this.#records.values()].some(record => record.passedAt === undefined);
    }

    /** Rejects only through the signal; any other failure becomes a result. */
    async #checkStep(
        step: Step,
        signal: AbortSignal,
        options: { stopAtFailure: boolean; readsOnly?: boolean },
    ): Promise<ExpectationResult[]> {
        const milliseconds = stepLimit(step.expect);
        const late = () =>
            new DrydockError(
                "check.timeout",
                `The checks did not finish within ${milliseconds / 1000} s.`,
                "Try again. If that fails too, restart the machine.",
            );
        const observed = { commands: this.#commands, answers: new Map(Object.entries(this.#progress.answers)) };
        try {
            return await limited(both => this.#check(step, observed, { signal: both, ...options }), {
                milliseconds,
                late,
                signal,
            });
        } catch (thrown) {
            signal.throwIfAborted();
            if (isAbort(thrown)) throw thrown;
            const error = asDrydockError(thrown, "check.failed", "The checks could not run.", "Try again.");
            return [
                {
                    kind: "step",
                    describes: step.goal,
                    result: { status: "error", code: error.code, message: `${error.message} ${error.advice}` },
                },
            ];
        }
    }

    #take(record: StepRecord, results: ExpectationResult[], asked: boolean): void {
        const now = this.#now();
        const { id } = record.step;
        if (record.take(results, asked, now)) {
            if (this.#chosen === id) this.#chosen = undefined;
            this.#keep({ passed: { ...this.#progress.passed, [id]: { at: now, attempts: record.attempts } } });
        } else {
            this.#publish();
        }
    }

    #readRecords(): void {
        this.#records = new Map(
            this.#lesson.steps.map(step => {
                const record = new StepRecord(step);
                const passed = this.#progress.passed[step.id];
                if (passed) [record.passedAt, record.attempts] = [passed.at, passed.attempts];
                return [step.id, record];
            }),
        );
    }

    #record(stepId: string): StepRecord {
        const record = this.#records.get(stepId);
        if (!record)
            throw new DrydockError(
                "engine.unknown-step",
                `The lesson "${this.#lesson.id}" has no step "${stepId}".`,
                "Reload the page.",
            );
        return record;
    }

    #waitsFor(step: Step): string[] {
        return step.needs.filter(need => this.#records.get(need)?.passedAt === undefined);
    }

    #stateOf(record: StepRecord): StepState {
        return record.state(this.#waitsFor(record.step));
    }

    /** Changes the progress, publishes it and saves it. */
    #keep(change: Partial<StoredProgress>): void {
        this.#progress = { ...this.#progress, ...change };
        this.#publish();
        this.#saver.save(this.#progress);
    }

    #publish(): void {
        if (!this.#disposed) this.#store.set(this.#compose());
    }

    #compose(): LessonState {
        const records = [...this.#records.values()];
        const passed = records.filter(record => record.passedAt !== undefined);
        const sum = (some: StepRecord[]) => some.reduce((points, record) => points + record.step.points, 0);
        const next = records.find(record => record.passedAt === undefined) ?? records.at(-1)!;
        return {
            lesson: this.#lesson,
            current: this.#chosen ?? next.step.id,
            steps: Object.fromEntries(records.map(record => [record.step.id, this.#stateOf(record)])),
            hintsShown: this.#progress.hintsShown,
            solutionShown: this.#progress.solutionShown,
            answers: this.#progress.answers,
            points: { earned: sum(passed), possible: sum(records) },
            finished: passed.length === records.length,
        };
    }
}
