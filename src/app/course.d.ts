import type { Course, Lesson } from "../lesson/lesson";
/**
 * `seed`: the student, for values that differ from one to the other. Mistakes are the linter's business; what can be read is shown.
 * A lesson at a time: read in one go they hold the page up for as long as the course has lessons.
 */
export declare function loadCourse(seed: string): Promise<Course>;
/** A number of this browser's own, kept: the same student gets the same values. */
export declare function studentSeed(storage: Storage): string;
/** "#/images/flask", or "#/images/flask/build" for one of its steps. */
export declare const lessonAddress: (lesson: string, step?: string) => string;
/** The lesson that the address names, else the first one. */
export declare function lessonAt(course: Course, hash: string): Lesson | undefined;
