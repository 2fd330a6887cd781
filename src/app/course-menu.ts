/** What the lesson menu shows: the index, and which lessons this student has finished. */
import { Store, type Readable } from "../base/store";
import type { CourseIndex } from "../lesson/packed";
import type { ProgressStore } from "../storage/stores";
import type { CourseMenu } from "../ui/workbench.svelte";
import { finishedLessons } from "./finished";
import type { Lessons } from "./lessons";

/** Loaded on request: fifty lessons must not slow down the start. */
export function createCourseMenu(lessons: Lessons, progress: ProgressStore): CourseMenu {
    const finished = new Store<ReadonlySet<string>>(new Set());
    const index: Readable<CourseIndex | undefined> = lessons.index;
    return {
        index,
        finished,
        async load() {
            finished.set(await finishedLessons(await lessons.loadIndex(), progress));
        },
    };
}
