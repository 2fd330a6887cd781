/** Checks what a lesson's Markdown refers to: fences, links, pictures. */
import { suggestion } from "../base/closest";
import type { LessonDocument } from "./document";
import type { FileContent } from "./file-tree";
import type { Problem } from "./lesson";
import { parseLink } from "./links";
import { isPicturePath } from "./markdown";

/** Another lesson, or a step of it, named in a file. */
export interface LessonReference {
    lesson: string;
    step: string | undefined;
    file: string;
    line: number;
}

export interface LessonFiles {
    folderFiles: ReadonlyMap<string, FileContent>;
    start: ReadonlyMap<string, FileContent>;
    solution: ReadonlyMap<string, FileContent>;
    stepIds: readonly string[];
}

/** Adds to `problems`; returns the references to other lessons. */
export function checkMarkdown(
    file: string,
    document: LessonDocument,
    files: LessonFiles,
    problems: Problem[],
): LessonReference[] {
    const problem = (line: number, code: string, message: string, advice: string) =>
        problems.push({ file, line, code, message, advice });
    const saved = document.fences.flatMap(fence => (fence.action.kind === "save" ? [fence.action.path] : []));
    const known = [...new Set([...files.start.keys(), ...files.solution.keys(), ...saved])].sort();

    for (const fence of document.fences) {
        for (const { message, advice } of fence.mistakes) problem(fence.line, "lesson.unknown-fence", message, advice);
        if (fence.action.kind === "run" && fence.code.trim() === "")
            problem(
                fence.line,
                "lesson.empty-fence",
                "This fence has nothing to run.",
                "Write the command, or remove the fence.",
            );
    }

    const references: LessonReference[] = [];
    for (const { address, line } of document.links) {
        const link = parseLink(address);
        if (!link) {
            problem(
                line,
                "lesson.dead-link",
                `The link "${address}" is not one that lessons can use.`,
                "Use file:Dockerfile#L3, port:5000, lesson:images/layers, #step-id or https://.",
            );
        } else if (link.kind === "file") {
            const content = files.solution.get(link.path) ?? files.start.get(link.path);
            if (!known.includes(link.path))
                problem(
                    line,
                    "lesson.dead-link",
                    `The link leads to ${link.path}, but the lesson has no such file.`,
                    known.length > 0 ? suggestion(link.path, known) : "Add the file to start/ or solution/.",
                );
            else if (link.line !== undefined && typeof content === "string" && link.line > content.split("\n").length)
                problem(
                    line,
                    "lesson.dead-link",
                    `${link.path} has no line ${link.line}.`,
                    "Correct the number after #L.",
                );
        } else if (link.kind === "step" && !files.stepIds.includes(link.step)) {
            problem(
                line,
                "lesson.dead-link",
                `The lesson has no step "${link.step}".`,
                files.stepIds.length > 0 ? suggestion(link.step, files.stepIds) : "Remove the link.",
            );
        } else if (link.kind === "lesson") {
            references.push({ lesson: link.lesson, step: link.step, file, line });
        }
    }

    for (const { path, alternative, line } of document.pictures) {
        if (alternative === "")
            problem(
                line,
                "lesson.missing-alternative",
                `The picture "${path}" has no alternative text.`,
                "Describe the picture in the square brackets, for readers who cannot see it.",
            );
        if (!isPicturePath(path) || !files.folderFiles.has(path))
            problem(
                line,
                "lesson.dead-link",
                `There is no picture "${path}" in the lesson's folder.`,
                "Put the file (svg, png, jpg or webp) beside lesson.md and use its relative path.",
            );
    }
    return references;
}
