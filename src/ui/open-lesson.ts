import type { Engine } from "../engine/engine";
import type { LessonName } from "../lesson/packed";
import type { Workspace } from "../workspace/workspace";

/**
 * An open lesson, as the interface needs it. A lesson that the student has left stays as it is until they come back.
 */
export interface OpenLesson {
    /** Knows the lesson itself. */
    readonly engine: Engine;
    readonly workspace: Workspace;
    /** The part of the course that the lesson is in. */
    readonly part: LessonName;
    readonly next: LessonName | undefined;
}
