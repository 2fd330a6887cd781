/** Progress between the engine and its store: parsed at the door, saved in order, never two saves at once. */
import * as v from "valibot";
import { asDrydockError, DrydockError } from "../base/errors";
import type { Lesson } from "../lesson/lesson";
import type { ProgressStore, StoredProgress } from "../storage/stores";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const storedSchema = v.object({
    lesson: v.string(),
    version: count,
    passed: v.record(v.string(), v.object({ at: v.number(), attempts: count })),
    hintsShown: v.record(v.string(), count),
    solutionShown: v.record(v.string(), v.boolean()),
    answers: v.record(v.string(), v.string()),
});

export const noProgress = (lesson: Lesson): StoredProgress => ({
    lesson: lesson.id,
    version: lesson.version,
    passed: {},
    hintsShown: {},
    solutionShown: {},
    answers: {},
});

/**
 * What is stored for `lesson`, without steps that it no longer has. Nothing stored, or stored for another version: starts
 * anew. Damaged or unreadable: starts anew too, and `problem` says so ("progress.damaged", "progress.unreadable").
 */
export async function loadProgress(
    store: ProgressStore,
    lesson: Lesson,
): Promise<{ progress: StoredProgress; problem: DrydockError | undefined }> {
    const anew = noProgress(lesson);
    let stored: unknown;
    try {
        stored = await store.load(lesson.id);
    } catch (thrown) {
        return {
            progress: anew,
            problem: asDrydockError(
                thrown,
                "progress.unreadable",
                "Your saved progress could not be read.",
                "The lesson starts anew; your files are kept apart from it.",
            ),
        };
    }
    if (stored === undefined) return { progress: anew, problem: undefined };
    const parsed = v.safeParse(storedSchema, stored);
    if (!parsed.success || parsed.output.lesson !== lesson.id) {
        const cause = parsed.success ? `stored for ${parsed.output.lesson}` : v.summarize(parsed.issues);
        return {
            progress: anew,
            problem: new DrydockError(
                "progress.damaged",
                "Your saved progress of this lesson is damaged.",
                "The lesson starts anew; your files are kept apart from it.",
                { cause },
            ),
        };
    }
    const { output } = parsed;
    if (output.version !== lesson.version) return { progress: anew, problem: undefined };
    const ids = new Set(lesson.steps.map(step => step.id));
    const known = <T>(record: Record<string, T>) =>
        Object.fromEntries(Object.entries(record).filter(([id]) => ids.has(id)));
    return {
        progress: {
            ...output,
            passed: known(output.passed),
            hintsShown: known(output.hintsShown),
            solutionShown: known(output.solutionShown),
        },
        problem: undefined,
    };
}

/** Saves the newest progress; what came in between is not written. */
export class ProgressSaver {
    #waiting: StoredProgress | undefined;
    #running: Promise<void> | undefined;

    constructor(
        private readonly store: ProgressStore,
        private readonly onProblem: (error: DrydockError) => void,
    ) {}

    save(progress: StoredProgress): void {
        this.#waiting = progress;
        this.#running ??= this.#run();
    }

    /** Drops what waits and forgets the lesson, after the save that is under way. */
    async clear(lesson: string): Promise<void> {
        this.#waiting = undefined;
        await this.#running;
        await this.store.clear(lesson);
    }

    /** Resolves when nothing waits to be saved. */
    async idle(): Promise<void> {
        await this.#running;
    }

    async #run(): Promise<void> {
        while (this.#waiting) {
            const progress = this.#waiting;
            this.#waiting = undefined;
            try {
                await this.store.save(progress);
            } catch (thrown) {
                this.onProblem(
                    asDrydockError(
                        thrown,
                        "progress.not-saved",
                        "Your progress could not be saved.",
                        "Go on; it is tried again at the next step. Keep this tab open until then.",
                    ),
                );
            }
        }
        this.#running = undefined;
    }
}
