/** The lessons, bundled with the page. */
import { toHex } from "../base/bytes";
import { checkKinds } from "../checks/registry";
import type { Course, Lesson } from "../lesson/lesson";
import { readCourse } from "../lesson/read-course";

const texts = import.meta.glob<string>(
    ["../../lessons/**/*", "../../lessons/**/.*", "!../../lessons/**/*.{png,jpg,webp,ico,gif,zip,gz}"],
    { query: "?raw", import: "default", eager: true },
);

/** `seed`: the student, for values that differ from one to the other. */
export const loadCourse = (seed: string): Promise<Course> =>
    readCourse(new Map(Object.entries(texts)), checkKinds, { seed });

/** A number of this browser's own, kept: the same student gets the same values. */
export function studentSeed(storage: Storage): string {
    const kept = storage.getItem("drydock.student");
    if (kept) return kept;
    const seed = toHex(crypto.getRandomValues(new Uint8Array(8)));
    storage.setItem("drydock.student", seed);
    return seed;
}

/** "#/images/flask", or "#/images/flask/build" for one of its steps. */
export const lessonAddress = (lesson: string, step?: string): string =>
    `#/${lesson}${step === undefined ? "" : `/${step}`}`;

/** The lesson that the address names, else the first one. */
export function lessonAt(course: Course, hash: string): Lesson | undefined {
    const lessons = course.parts.flatMap(part => part.lessons);
    const [, id] = /^#\/([a-z0-9-]+\/[a-z0-9-]+)/.exec(hash) ?? [];
    return lessons.find(lesson => lesson.id === id) ?? lessons[0];
}
