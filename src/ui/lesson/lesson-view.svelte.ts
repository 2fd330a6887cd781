import type { Engine, LessonState, StepState } from "../../engine/engine";
import type { Lesson, Step } from "../../lesson/lesson";
import { explain } from "../common/explain";
import { giveWay } from "../common/give-way";
import type { Notices } from "../common/notices.svelte";
import { Watched } from "../common/watched.svelte";
import type { Sandbox } from "../sandbox";

/** "failed" is an open step whose last attempt failed. */
export type StepMark = "locked" | "open" | "failed" | "checking" | "passed";

/** What a requested check is waiting for. */
export type PendingCheck = "files" | "background";

export function markOf(state: StepState): StepMark {
    if (
        state.kind === "open" &&
        state.results.some(({ result }) => result.status === "fail" || result.status === "error")
    )
        return "failed";
    return state.kind;
}

/** The lesson in progress, as shown in the lesson pane, the header and the goal line on phones. */
export class LessonView {
    readonly #state: Watched<LessonState>;
    /** The unfolded step. A step that passes stays open until the student moves on. */
    #open = $state("");
    #announcement = $state("");
    /** Steps whose check was requested but has not begun. */
    #pending = $state.raw<ReadonlyMap<string, PendingCheck>>(new Map());

    constructor(
        private readonly engine: Engine,
        private readonly sandbox: Sandbox,
        private readonly notices: Notices,
        /** Saves edits, so that they reach the guest before the check. */
        private readonly saveAll: () => Promise<void>,
    ) {
        this.#state = new Watched(engine);
        this.#open = engine.state.current;
    }

    get state(): LessonState {
        return this.#state.state;
    }

    get lesson(): Lesson {
        return this.state.lesson;
    }

    get current(): Step {
        return this.lesson.steps[this.currentIndex]!;
    }

    get currentIndex(): number {
        return Math.max(
            0,
            this.lesson.steps.findIndex(step => step.id === this.#open),
        );
    }

    get passed(): number {
        return this.lesson.steps.filter(step => this.step(step.id).kind === "passed").length;
    }

    /** Text for screen readers. */
    get announcement(): string {
        return this.#announcement;
    }

    step(id: string): StepState {
        return this.state.steps[id] ?? { kind: "open", results: [], attempts: 0 };
    }

    /** What the step's check is waiting for; undefined if none is requested, or it has begun. */
    pending(step: string): PendingCheck | undefined {
        return this.#pending.get(step);
    }

    async check(step: Step): Promise<void> {
        if (this.#pending.has(step.id)) return;
        this.#announcement = `Checking: ${step.title}`;
        try {
            this.#waitFor(step.id, "files");
            await this.saveAll();
            if (this.sandbox.warmUp.state === "running") {
                this.#waitFor(step.id, "background");
                this.#announcement = "Waiting for background work to stop";
            }
            await giveWay(this.sandbox);
            this.#announcement = `Checking: ${step.title}`;
            this.#waitFor(step.id, undefined);
            const state = await this.engine.check(step.id);
            this.#announcement = spoken(step, state);
        } catch (thrown) {
            explain(this.notices, thrown);
        } finally {
            this.#waitFor(step.id, undefined);
        }
    }

    #waitFor(step: string, what: PendingCheck | undefined): void {
        const pending = new Map(this.#pending);
        if (what) pending.set(step, what);
        else pending.delete(step);
        this.#pending = pending;
    }

    choose(step: string): void {
        this.#open = step;
        this.engine.choose(step);
    }

    showHint(step: string): void {
        this.engine.showHint(step);
    }

    showSolution(step: string): void {
        this.engine.showSolution(step);
    }

    answerTo(question: string): string {
        return this.state.answers[question] ?? "";
    }

    answer(question: string, text: string): void {
        this.engine.answer(question, text);
    }

    async reset(): Promise<void> {
        try {
            await this.engine.reset();
            this.#open = this.engine.state.current;
            this.notices.say("Your progress in this lesson is reset. Your files are unchanged.");
        } catch (thrown) {
            explain(this.notices, thrown);
        }
    }
}

function spoken(step: Step, state: StepState): string {
    if (state.kind === "passed") return `Passed: ${step.title}`;
    if (state.kind !== "open") return "";
    const wrong = state.results.flatMap(({ result }) => (result.status === "pass" ? [] : [result.message]));
    return `Not passed yet: ${step.title}. ${wrong.join(" ")}`;
}
