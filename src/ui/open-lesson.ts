import type { Engine } from "../engine/engine";
import type { LessonName } from "../lesson/packed";
import type { Workspace } from "../workspace/workspace";

/** A lesson in hand, as the interface needs it. One that was left stays as it is, for when the student comes back. */
export interface OpenLesson {
    /** Knows the lesson itself. */
    readonly engine: Engine;
    readonly workspace: Workspace;
    /** Of the course. */
    readonly part: LessonName;
    readonly next: LessonName | undefined;
}
