/** The course for a page: a lesson at a time, since read in one go it holds the page up for as long as it has lessons. */
import { breath } from "../base/breath";
import type { FileContent } from "./file-tree";
import type { ExpectationParser } from "./kinds";
import type { Course, Part } from "./lesson";
import { parseCourse, type ParseOptions } from "./parse";

/** As `parseCourse` gives it, without the problems: mistakes are the linter's business, what can be read is shown. */
export async function readCourse(
    files: ReadonlyMap<string, FileContent>,
    kinds: ExpectationParser,
    options: ParseOptions,
): Promise<Course> {
    const parts: Part[] = [];
    for (const lesson of byLesson(files)) {
        for (const part of parseCourse(lesson, kinds, options).course.parts) {
            const known = parts.find(({ id }) => id === part.id);
            if (known) known.lessons.push(...part.lessons);
            else parts.push(part);
        }
        await breath();
    }
    return { parts };
}

/** The files of each lesson with those of its part, in the course's order. */
function byLesson(files: ReadonlyMap<string, FileContent>): Map<string, FileContent>[] {
    const lessons = new Map<string, Map<string, FileContent>>();
    const ofParts = new Map<string, [string, FileContent][]>();
    for (const [path, content] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
        const [part = "", lesson, ...rest] = path.replace(/^(?:.*?\/)?lessons\//, "").split("/");
        if (rest.length === 0) ofParts.set(part, [...(ofParts.get(part) ?? []), [path, content]]);
        else {
            const folder = `${part}/${lesson}`;
            if (!lessons.has(folder)) lessons.set(folder, new Map());
            lessons.get(folder)!.set(path, content);
        }
    }
    return [...lessons].map(([folder, own]) => new Map([...(ofParts.get(folder.split("/")[0]!) ?? []), ...own]));
}
