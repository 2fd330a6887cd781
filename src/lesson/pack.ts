/** Packs a course for the page (see packed.ts), and unpacks a lesson there. Both use the linter's parser. */
import { asText, type FileContent } from "./file-tree";
import type { ExpectationParser } from "./kinds";
import type { Lesson, Problem } from "./lesson";
import { isPicturePath } from "./markdown";
import { parseCourse } from "./parse";
import { parseLesson } from "./parse-lesson";
import { INDEX_PATH, lessonPath, picturePath, type CourseStart, type MachineNeeds } from "./lesson-address";
import type { CourseIndex, IndexedLesson, PackedLesson } from "./packed";
import { USUAL_MEMORY } from "./schema";

export interface PackedCourse {
    start: CourseStart;
    /** Address below the page → content. */
    files: Map<string, string | Uint8Array>;
    /** Problems of the whole course. What cannot be read is left out; the rest is packed. */
    problems: Problem[];
}

/** `files`: as `parseCourse` takes them, each path beginning with "lessons/". */
export function packCourse(files: ReadonlyMap<string, FileContent>, kinds: ExpectationParser): PackedCourse {
    const { course, problems, folders } = parseCourse(files, kinds);
    const lessons = course.parts.flatMap(part => part.lessons.map(lesson => ({ part, lesson })));
    const packed = new Map<string, string | Uint8Array>();
    const machines: Record<string, MachineNeeds> = {};
    for (const [index, { part, lesson }] of lessons.entries()) {
        const own = new Map<string, FileContent>();
        const folder = `${folders.get(lesson.id)!}/`;
        for (const [whole, content] of files) {
            if (!whole.startsWith(folder)) continue;
            const path = whole.slice(folder.length);
            const inTree = path.startsWith("start/") || path.startsWith("solution/");
            if (!inTree && isPicturePath(path)) packed.set(picturePath(lesson.id, path), content);
            else own.set(path, content);
        }
        const next = lessons[index + 1]?.lesson;
        const content: PackedLesson = {
            format: 1,
            id: lesson.id,
            part: { id: part.id, title: part.title },
            standIns: lesson.requires.standIns,
            next: next && { id: next.id, title: next.title },
            files: Object.fromEntries([...own].map(([path, content]) => [path, written(content)])),
        };
        packed.set(lessonPath(lesson.id), JSON.stringify(content));
        if (lesson.requires.memory !== USUAL_MEMORY) machines[lesson.id] = { memory: lesson.requires.memory };
    }
    const index: CourseIndex = {
        format: 1,
        parts: course.parts.map(part => ({ ...part, lessons: part.lessons.map(indexed) })),
    };
    packed.set(INDEX_PATH, JSON.stringify(index));
    return { start: { first: lessons[0]?.lesson.id, machines }, files: packed, problems };
}

const indexed = ({ id, title, summary, version, minutes, steps }: Lesson): IndexedLesson => ({
    id,
    title,
    summary,
    version,
    minutes,
    steps: steps.map(step => step.id),
});

/**
 * `seed`: identifies the student, for values that differ from one to the next. undefined if the lesson cannot be read.
 */
export function unpackLesson(
    { id, files, standIns }: PackedLesson,
    kinds: ExpectationParser,
    seed: string,
): Lesson | undefined {
    const contents = new Map(Object.entries(files).map(([path, content]) => [path, readBack(content)]));
    return parseLesson(`lessons/${id}`, contents, kinds, seed, standIns).lesson;
}

/**
 * Each byte as a character, as `btoa` and `atob` expect it; piece by piece, since a call accepts only so many
 * arguments.
 */
function written(content: FileContent): PackedLesson["files"][string] {
    if (typeof content === "string") return content;
    const text = asText(content);
    if (text !== undefined) return text;
    let binary = "";
    for (let at = 0; at < content.byteLength; at += 8_192)
        binary += String.fromCharCode(...content.subarray(at, at + 8_192));
    return { base64: btoa(binary) };
}

const readBack = (content: PackedLesson["files"][string]): FileContent =>
    typeof content === "string" ? content : Uint8Array.from(atob(content.base64), character => character.charCodeAt(0));
