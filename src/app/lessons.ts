/** The course as this page loads it: a lesson when it is opened, the index of all lessons when somebody asks for it. */
import { DrydockError, messageOf } from "../base/errors";
import { Store, type Readable } from "../base/store";
import { checkKinds } from "../checks/registry";
import type { Lesson } from "../lesson/lesson";
import { unpackLesson } from "../lesson/pack";
import { INDEX_PATH, lessonPath } from "../lesson/lesson-address";
import { readIndex, readPacked, type CourseIndex, type LessonName } from "../lesson/packed";

export interface LoadedLesson {
    lesson: Lesson;
    part: LessonName;
    next: LessonName | undefined;
}

/** Requests a file below the page. */
export type FetchFile = (path: string) => Promise<Response>;

export class Lessons {
    readonly #index = new Store<CourseIndex | undefined>(undefined);
    #loadingIndex: Promise<CourseIndex> | undefined;

    constructor(
        /** Identifies the student, for values that differ from one to the next. */
        private readonly seed: string,
        private readonly fetchFile: FetchFile,
    ) {}

    /** undefined until it has been loaded. */
    get index(): Readable<CourseIndex | undefined> {
        return this.#index;
    }

    /**
     * Loads the index unless it is already there. Rejects with "lesson.unreachable" or "lesson.outdated"; the next call
     * tries again.
     */
    loadIndex(): Promise<CourseIndex> {
        this.#loadingIndex ??= this.#read(
            INDEX_PATH,
            this.fetchFile(INDEX_PATH),
            "The list of lessons",
            readIndex,
        ).then(index => {
            this.#index.set(index);
            return index;
        });
        this.#loadingIndex.catch(() => (this.#loadingIndex = undefined));
        return this.#loadingIndex;
    }

    /**
     * `response`: an answer already requested. Rejects with "lesson.missing" if there is no such lesson,
     * "lesson.unreachable" if the server does not deliver it, "lesson.outdated" if this page cannot read it.
     */
    async load(id: string, response?: Promise<Response>): Promise<LoadedLesson> {
        const path = lessonPath(id);
        return this.#read(path, response ?? this.fetchFile(path), `The lesson "${id}"`, value => {
            const packed = readPacked(value);
            const lesson = unpackLesson(packed, checkKinds, this.seed);
            if (!lesson) throw new TypeError("its fields are not those that this page knows");
            return { lesson, part: packed.part, next: packed.next };
        });
    }

    async #read<T>(path: string, asked: Promise<Response>, what: string, parse: (value: unknown) => T): Promise<T> {
        let text: string;
        try {
            const response = await asked;
            if (response.status === 404) throw missing(what);
            if (!response.ok) throw new Error(`status ${response.status} for ${path}`);
            text = await response.text();
        } catch (thrown) {
            if (thrown instanceof DrydockError) throw thrown;
            throw new DrydockError(
                "lesson.unreachable",
                `${what} could not be loaded: ${messageOf(thrown)}`,
                "Check the connection to the server, then try again.",
                { cause: thrown },
            );
        }
        try {
            return parse(JSON.parse(text));
        } catch (thrown) {
            throw new DrydockError(
                "lesson.outdated",
                `${what} does not fit this page.`,
                "Drydock was probably updated. Reload the page; files and progress are kept.",
                { cause: thrown },
            );
        }
    }
}

const missing = (what: string) =>
    new DrydockError("lesson.missing", `${what} does not exist here.`, "Choose one from the menu of lessons.");
