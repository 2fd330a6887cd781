import type { ProgressStore } from "../storage/stores";
import type { CourseIndex } from "../lesson/packed";

/** Ids of the lessons whose every step was passed, in their present version. What cannot be read counts as not finished. */
export async function finishedLessons(course: CourseIndex, store: ProgressStore): Promise<Set<string>> {
    const lessons = course.parts.flatMap(part => part.lessons);
    const kept = await Promise.allSettled(lessons.map(lesson => store.load(lesson.id)));
    const isFinished = (index: number): boolean => {
        const lesson = lessons[index]!;
        const found = kept[index]!;
        const progress = found.status === "fulfilled" ? found.value : undefined;
        return progress?.version === lesson.version && lesson.steps.every(id => progress.passed[id] !== undefined);
    };
    return new Set(lessons.filter((_, index) => isFinished(index)).map(lesson => lesson.id));
}
