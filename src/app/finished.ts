import { readProgress } from "../engine/progress";
import type { CourseIndex } from "../lesson/packed";
import type { ProgressStore } from "../storage/stores";

/**
 * Ids of the lessons in which every step has been passed, in their current version. A lesson whose progress cannot be
 * read counts as not finished.
 */
export async function finishedLessons(course: CourseIndex, store: ProgressStore): Promise<Set<string>> {
    const lessons = course.parts.flatMap(part => part.lessons);
    const kept = await Promise.allSettled(lessons.map(lesson => store.load(lesson.id)));
    const isFinished = (index: number): boolean => {
        const { id, version, steps } = lessons[index]!;
        const found = kept[index]!;
        if (found.status === "rejected") return false;
        const { passed } = readProgress(found.value, {
            id,
            version,
            steps: steps.map(step => ({ id: step })),
        }).progress;
        return steps.every(step => passed[step] !== undefined);
    };
    return new Set(lessons.filter((_, index) => isFinished(index)).map(lesson => lesson.id));
}
