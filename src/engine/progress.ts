/** Progress between the engine and its store: parsed on arrival, saved in order, never two saves at once. */
import * as v from "valibot";
import { asDrydockError, DrydockError } from "../base/errors";
import type { Lesson } from "../lesson/lesson";
import type { ProgressStore, StoredProgress } from "../storage/stores";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const passedSchema = v.object({ at: v.number(), attempts: count });

/** What a lesson's progress depends on. */
export interface ProgressSubject {
    id: string;
    version: number;
    steps: readonly { id: string }[];
}

export const noProgress = (lesson: ProgressSubject): StoredProgress => ({
    lesson: lesson.id,
    version: lesson.version,
    passed: {},
    hintsShown: {},
    solutionShown: {},
    answers: {},
});

/** The valid entries; `onDamage` is called if there are others. */
function entriesOf<T>(stored: unknown, schema: v.GenericSchema<unknown, T>, onDamage: () => void): Record<string, T> {
    if (typeof stored !== "object" || stored === null || Array.isArray(stored)) {
        onDamage();
        return {};
    }
    const good = Object.entries(stored).filter((entry): entry is [string, T] => v.is(schema, entry[1]));
    if (good.length < Object.keys(stored).length) onDamage();
    return Object.fromEntries(good);
}

/**
 * Reads the progress of `lesson` from what a store returned, without steps that the lesson no longer has. If nothing is
 * stored, or it is for another version, there is none. Damaged parts are left out, even if that is all of it.
 */
export function readProgress(stored: unknown, lesson: ProgressSubject): { progress: StoredProgress; damaged: boolean } {
    const none = noProgress(lesson);
    if (stored === undefined) return { progress: none, damaged: false };
    const head = v.safeParse(v.object({ lesson: v.literal(lesson.id), version: count }), stored);
    if (!head.success) return { progress: none, damaged: true };
    if (head.output.version !== lesson.version) return { progress: none, damaged: false };
    let damaged = false;
    const onDamage = () => void (damaged = true);
    const fields = stored as Record<keyof StoredProgress, unknown>;
    const ids = new Set(lesson.steps.map(step => step.id));
    const ofSteps = <T>(field: keyof StoredProgress, schema: v.GenericSchema<unknown, T>) =>
        Object.fromEntries(Object.entries(entriesOf(fields[field], schema, onDamage)).filter(([id]) => ids.has(id)));
    const progress: StoredProgress = {
        ...none,
        passed: ofSteps("passed", passedSchema),
        hintsShown: ofSteps("hintsShown", count),
        solutionShown: ofSteps("solutionShown", v.boolean()),
        answers: entriesOf(fields.answers, v.string(), onDamage),
    };
    return { progress, damaged };
}

export interface LoadedProgress {
    progress: StoredProgress;
    /** "progress.damaged": part or all of it was set aside. "progress.unreadable": the store returned nothing. */
    problem: DrydockError | undefined;
    /** Something may be stored even so. */
    unread: boolean;
}

/** What is stored for `lesson`. Never rejects. */
export async function loadProgress(store: ProgressStore, lesson: Lesson): Promise<LoadedProgress> {
    let stored: unknown;
    try {
        stored = await store.load(lesson.id);
    } catch (thrown) {
        return {
            progress: noProgress(lesson),
            problem: asDrydockError(
                thrown,
                "progress.unreadable",
                "Your saved progress could not be read.",
                "The lesson starts from its first step. Your files are not affected.",
            ),
            unread: true,
        };
    }
    const { progress, damaged } = readProgress(stored, lesson);
    if (!damaged) return { progress, problem: undefined, unread: false };
    try {
        await store.setAside(lesson.id);
        await store.save(progress);
    } catch (thrown) {
        return { progress, problem: damagedProgress(thrown), unread: true };
    }
    return { progress, problem: damagedProgress(), unread: false };
}

const damagedProgress = (cause?: unknown) =>
    new DrydockError(
        "progress.damaged",
        "Your saved progress of this lesson is damaged.",
        "What could be read of it is used. The damaged record is set aside in this browser, not deleted.",
        { cause },
    );

/** Saves the newest progress; intermediate states are not written. */
export class ProgressSaver {
    #waiting: StoredProgress | undefined;
    #running: Promise<void> | undefined;

    #unread: boolean;

    /** `unread`: the store may hold something that could not be read; it is set aside before anything overwrites it. */
    constructor(
        private readonly store: ProgressStore,
        private readonly onProblem: (error: DrydockError) => void,
        unread = false,
    ) {
        this.#unread = unread;
    }

    save(progress: StoredProgress): void {
        this.#waiting = progress;
        this.#running ??= this.#run();
    }

    /** Drops what is waiting and forgets the lesson, after the save that is under way. */
    async clear(lesson: string): Promise<void> {
        this.#waiting = undefined;
        await this.#running;
        await this.store.clear(lesson);
    }

    /** Resolves when nothing is waiting to be saved. */
    async idle(): Promise<void> {
        await this.#running;
    }

    async #setAside(lesson: string): Promise<void> {
        this.#unread = false;
        try {
            await this.store.setAside(lesson);
        } catch (thrown) {
            // what can be neither read nor moved is already lost; the student was told that it could not be read
            console.warn("The unreadable progress could not be set aside.", thrown);
        }
    }

    async #run(): Promise<void> {
        while (this.#waiting) {
            const progress = this.#waiting;
            this.#waiting = undefined;
            try {
                if (this.#unread) await this.#setAside(progress.lesson);
                await this.store.save(progress);
            } catch (thrown) {
                this.onProblem(
                    asDrydockError(
                        thrown,
                        "progress.not-saved",
                        "Your progress could not be saved.",
                        "Continue, and keep this tab open. Drydock tries again at the next step.",
                    ),
                );
            }
        }
        this.#running = undefined;
    }
}
