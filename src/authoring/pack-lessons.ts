/** The course from disk, packed for the page. */
import { checkKinds } from "../checks/registry";
import { packCourse } from "../lesson/pack";
import type { CourseStart } from "../lesson/lesson-address";
import { formatProblems } from "./lint";
import { readLessons } from "./read-lessons";

export interface PackedFolder {
    start: CourseStart;
    /** Address below the page → content. */
    files: Map<string, string | Uint8Array>;
    /** The course's mistakes as a person reads them; "" if there are none. */
    mistakes: string;
}

/** `folder`: a course; the project's own if left out. */
export async function packLessons(folder?: string): Promise<PackedFolder> {
    const { start, files, problems } = packCourse(await readLessons(folder), checkKinds);
    return { start, files, mistakes: formatProblems(problems) };
}
