/** Parses the course from its files: a map of path to content, so that it works with a bundler's glob and from disk. */
import type * as v from "valibot";
import { suggestion } from "../base/closest";
import type { FileContent } from "./file-tree";
import type { ExpectationParser } from "./kinds";
import type { Course, Lesson, Part, Problem } from "./lesson";
import { findCircle } from "./needs";
import { parseLesson, type ImageUse, type ParsedLesson } from "./parse-lesson";
import { partSchema } from "./schema";
import { YamlFile } from "./yaml-file";

export interface ParsedCourse {
    /** What could be read. It includes lessons whose problems leave them usable. */
    course: Course;
    /** By file, then line. */
    problems: Problem[];
    /** Container images that lessons require, to compare with the bundle. */
    images: ImageUse[];
    /** The folder of each lesson of the course, by its id: "lessons/02-images/02-flask". */
    folders: ReadonlyMap<string, string>;
}

export interface ParseOptions {
    /** Identifies the student, for values that differ from student to student. */
    seed?: string;
}

/**
 * `files`: path -> content, with paths below a folder `lessons/` ("lessons/02-images/part.yaml", "../../lessons/…" too).
 * `kinds`: the registry of checks. Never throws because of the files' content.
 */
export function parseCourse(
    files: ReadonlyMap<string, FileContent>,
    kinds: ExpectationParser,
    { seed = "" }: ParseOptions = {},
): ParsedCourse {
    const problems: Problem[] = [];
    const folders = sortIntoFolders(files, problems);
    const parts: Part[] = [];
    const images: ImageUse[] = [];
    const parsed: ParsedLesson[] = [];
    const partIds = new Map<string, string>();
    const lessonIds = new Map<string, string>();
    const lessonFolders = new Map<string, string>();

    for (const [partFolder, { yaml, lessons: foldersOfPart }] of folders) {
        const file = `lessons/${partFolder}/part.yaml`;
        const part = readPart(file, yaml, problems);
        if (part) claim(partIds, part.id, file, 1, "part", problems);
        const lessons: Lesson[] = [];
        for (const [lessonFolder, lessonFiles] of foldersOfPart) {
            const folder = `lessons/${partFolder}/${lessonFolder}`;
            const one = parseLesson(folder, lessonFiles, kinds, seed, part?.standIns);
            parsed.push(one);
            problems.push(...one.problems);
            images.push(...one.images);
            if (!one.lesson) continue;
            const { id } = one.lesson;
            if (part && !id.startsWith(`${part.id}/`))
                problems.push({
                    file: `${folder}/lesson.md`,
                    line: 2,
                    code: "lesson.wrong-part",
                    message: `The lesson "${id}" is in the folder of the part "${part.id}".`,
                    advice: `Rename it to "${part.id}/${id.split("/")[1]}", or move its folder.`,
                });
            if (!claim(lessonIds, id, `${folder}/lesson.md`, 2, "lesson", problems)) continue;
            lessons.push(one.lesson);
            lessonFolders.set(id, folder);
        }
        if (part) parts.push({ id: part.id, title: part.title, summary: part.summary, lessons });
    }

    const lessons = parts.flatMap(part => part.lessons);
    for (const { lesson, reference } of parsed.flatMap(({ lesson, references }) =>
        references.map(reference => ({ lesson, reference })),
    )) {
        const target = lessons.find(one => one.id === reference.lesson);
        const { file, line, step } = reference;
        if (!target)
            problems.push({
                file,
                line,
                code: "lesson.dead-link",
                message: `There is no lesson "${reference.lesson}".`,
                advice: suggestion(
                    reference.lesson,
                    lessons.map(one => one.id).filter(id => id !== lesson?.id),
                ),
            });
        else if (step !== undefined && !target.steps.some(one => one.id === step))
            problems.push({
                file,
                line,
                code: "lesson.dead-link",
                message: `The lesson "${target.id}" has no step "${step}".`,
                advice: suggestion(
                    step,
                    target.steps.map(one => one.id),
                ),
            });
    }
    const circle = findCircle(new Map(lessons.map(lesson => [lesson.id, lesson.requires.lessons])));
    if (circle)
        problems.push({
            file: lessonIds.get(circle[0]!)!,
            line: 1,
            code: "lesson.circular-needs",
            message: `These lessons require each other: ${circle.join(" requires ")}.`,
            advice: "Remove one of these from requires.lessons.",
        });

    problems.sort((one, other) => (one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line));
    return { course: { parts }, problems, images, folders: lessonFolders };
}

interface PartFolder {
    yaml: string | undefined;
    lessons: Map<string, Map<string, FileContent>>;
}

/** Folders in the order of their numbers. A folder without a number is a problem. */
function sortIntoFolders(files: ReadonlyMap<string, FileContent>, problems: Problem[]): Map<string, PartFolder> {
    const parts = new Map<string, PartFolder>();
    const numbers = new Map<string, string>();
    const numbered = (folder: string, above: string) => {
        const number = /^(\d\d)-/.exec(folder)?.[1];
        const path = `${above}${folder}`;
        const problem = (message: string, advice: string) =>
            problems.push({ file: path, line: 1, code: "lesson.bad-folder", message, advice });
        const other = number === undefined ? undefined : numbers.get(`${above}${number}`);
        if (number === undefined)
            problem(
                `The folder "${folder}" has no number.`,
                "Begin its name with two digits, which set the order: 02-images.",
            );
        else if (other !== undefined && other !== folder)
            problem(`The folders "${other}" and "${folder}" have the same number.`, "Give each folder its own number.");
        else numbers.set(`${above}${number}`, folder);
    };
    for (const path of [...files.keys()].sort(byText)) {
        const [partFolder, second, ...rest] = path
            .replace(/^(?:.*?\/)?lessons\//, "")
            .replace(/^\.?\//, "")
            .split("/");
        if (partFolder === undefined || second === undefined) continue; // a note beside the parts
        if (!parts.has(partFolder)) {
            numbered(partFolder, "lessons/");
            parts.set(partFolder, { yaml: undefined, lessons: new Map() });
        }
        const part = parts.get(partFolder)!;
        const content = files.get(path)!;
        if (rest.length === 0) {
            if (second === "part.yaml")
                part.yaml = typeof content === "string" ? content : new TextDecoder().decode(content);
            continue;
        }
        if (!part.lessons.has(second)) {
            numbered(second, `lessons/${partFolder}/`);
            part.lessons.set(second, new Map());
        }
        part.lessons.get(second)!.set(rest.join("/"), content);
    }
    return parts;
}

function readPart(
    file: string,
    text: string | undefined,
    problems: Problem[],
): v.InferOutput<typeof partSchema> | undefined {
    if (text === undefined) {
        problems.push({
            file,
            line: 1,
            code: "lesson.missing-file",
            message: "The file part.yaml is missing.",
            advice: "Add it, with id, title and summary.",
        });
        return undefined;
    }
    const yaml = new YamlFile(file, text);
    const part = yaml.value === undefined ? undefined : yaml.check(partSchema);
    problems.push(...yaml.problems);
    return part;
}

/** False, and a problem, if `id` is taken. */
function claim(
    ids: Map<string, string>,
    id: string,
    file: string,
    line: number,
    what: string,
    problems: Problem[],
): boolean {
    const other = ids.get(id);
    if (other === undefined) ids.set(id, file);
    else
        problems.push({
            file,
            line,
            code: "lesson.duplicate-id",
            message: `There is already a ${what} "${id}", in ${other}.`,
            advice: "Choose another id; ids must be unique in the course.",
        });
    return other === undefined;
}

/** By code unit: folder order must not depend on the browser's language. */
const byText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
