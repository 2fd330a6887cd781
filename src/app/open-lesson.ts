/** An open lesson with its engine, files and checks, built from the real parts. */
import type { DrydockError } from "../base/errors";
import type { MissedImage } from "../base/missing-image";
import { createEngine } from "../engine/lesson-engine";
import { createStepChecker, type StepChecker } from "../engine/step-checker";
import type { Storage } from "../storage/memory";
import type { OpenLesson } from "../ui/open-lesson";
import { createWorkspace } from "../workspace/create-workspace";
import type { LoadedLesson } from "./lessons";

export interface LessonInHand extends OpenLesson {
    readonly checker: StepChecker;
}

export async function openLesson(
    { lesson, part, next }: LoadedLesson,
    storage: Storage,
    missedImages: () => readonly MissedImage[],
    onProblem: (error: DrydockError) => void,
): Promise<LessonInHand> {
    const checker = createStepChecker(missedImages);
    const [workspace, engine] = await Promise.all([
        createWorkspace({ lesson: lesson.id, start: lesson.start, store: storage.workspace }),
        createEngine({ lesson, progress: storage.progress, check: checker.check, onProblem }),
    ]);
    workspace.changes(() => engine.checkSoon());
    return { engine, workspace, checker, part, next };
}
