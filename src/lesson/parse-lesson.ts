/** Parses one lesson's folder. Everything wrong with it becomes a problem; if all fields are readable, the lesson is returned too. */
import { suggestion } from "../base/closest";
import { parseDocument, type LessonDocument } from "./document";
import { treeOf, type FileContent } from "./file-tree";
import { baseImages } from "./base-images";
import type { ExpectationParser } from "./kinds";
import type { Lesson, Problem, Step } from "./lesson";
import { findCircle } from "./needs";
import { checkStepReferences, parseExpectations, parseQuestions } from "./parse-step";
import { checkMarkdown, type LessonReference } from "./references";
import { checksSchema, headerSchema, stepSchema, type LessonHeader, type StepFields } from "./schema";
import { parseSolveLine, splitSolveScript, type SolveSection } from "./solve-script";
import { chooseVariables, substitute, type Variables } from "./variables";
import { YamlFile } from "./yaml-file";
import * as v from "valibot";

/** An image that a lesson needs, and where it says so. */
export interface ImageUse {
    ref: string;
    /** The lesson lets other images stand in. */
    standIns: boolean;
    file: string;
    line: number;
}

export interface ParsedLesson {
    lesson: Lesson | undefined;
    problems: Problem[];
    images: ImageUse[];
    /** Other lessons that this one refers to; the course checks whether they exist. */
    references: LessonReference[];
}

/**
 * `files`: by path relative to `folder`; text, or bytes for content that is not text. `partStandIns`: the part lets images stand in
 * for others in all its lessons.
 */
export function parseLesson(
    folder: string,
    files: ReadonlyMap<string, FileContent>,
    kinds: ExpectationParser,
    seed: string,
    partStandIns = false,
): ParsedLesson {
    const problems: Problem[] = [];
    const at = (name: string) => `${folder}/${name}`;
    const missing = (name: string, advice: string) =>
        problems.push({
            file: at(name),
            line: 1,
            code: "lesson.missing-file",
            message: `The file ${name} is missing.`,
            advice,
        });
    const raw = (name: string): string | undefined => {
        const content = files.get(name);
        return content === undefined || typeof content === "string" ? content : new TextDecoder().decode(content);
    };

    const headerYaml = readHeader(at("lesson.md"), raw("lesson.md"));
    if (raw("lesson.md") === undefined)
        missing("lesson.md", "Add it: front matter between two lines of ---, then the prose.");
    const header = headerYaml?.value === undefined ? undefined : headerYaml.check(headerSchema);
    if (header && partStandIns) header.requires.standIns = true;
    const variables = chooseVariables(header?.vars ?? {}, seed);
    const text = (name: string) => {
        const content = raw(name);
        return content === undefined ? undefined : substitute(content, variables);
    };

    const document = parseDocument(text("lesson.md") ?? "");
    const start = below(files, "start/", variables);
    const solution = below(files, "solution/", variables);
    const stepIds = checkHeadings(at("lesson.md"), document, problems);

    const checksText = text("checks.yaml");
    if (checksText === undefined) missing("checks.yaml", "Add it: each step's id with goal, expect and hints.");
    const checks = new YamlFile(at("checks.yaml"), checksText ?? "{}");
    const fields =
        checksText === undefined
            ? new Map<string, StepFields>()
            : readSteps(checks, stepIds, document, at("lesson.md"), problems);

    const solveText = text("solve.sh");
    if (solveText === undefined) missing("solve.sh", 'Add it: "## step: <id>" and the lines that pass that step.');
    const solve =
        solveText === undefined ? undefined : readSolve(at("solve.sh"), solveText, stepIds, solution, problems);

    const steps: Step[] = [];
    for (const { id, title, prose } of document.steps) {
        const step = id === undefined ? undefined : fields.get(id);
        if (id === undefined || !step) continue;
        const context = { id, stepIds, kinds, yaml: checks };
        const { goal, points, mode, needs, why, hints } = step;
        steps.push({
            id,
            title,
            goal,
            prose,
            points,
            mode,
            needs,
            why,
            hints,
            expect: parseExpectations(step, context),
            questions: parseQuestions(step),
            solve: solve?.get(id)?.lines.map(line => line.text) ?? [],
        });
        checkStepReferences(step, context);
        checkAnswers(at("solve.sh"), solve?.get(id), Object.keys(step.questions), problems);
    }
    const circle = findCircle(new Map(steps.map(step => [step.id, step.needs])));
    if (circle)
        checks.problem(
            [circle[0]!, "needs"],
            "lesson.circular-needs",
            `These steps need each other: ${circle.join(" needs ")}.`,
            "Remove one of these needs.",
        );

    const references = checkMarkdown(
        at("lesson.md"),
        document,
        { folderFiles: files, start, solution, stepIds },
        problems,
    );
    if (header && headerYaml) {
        header.requires.lessons.forEach((lesson, index) =>
            references.push({
                lesson,
                step: undefined,
                file: at("lesson.md"),
                line: headerYaml.lineOf(["requires", "lessons", index]),
            }),
        );
        const { file } = header.open;
        if (file !== undefined && !start.has(file) && !solution.has(file))
            headerYaml.problem(
                ["open", "file"],
                "lesson.dead-link",
                `"${file}" is neither in start/ nor in solution/.`,
                "Use the name of a file in one of these folders.",
            );
        if (document.steps.length === 0)
            problems.push({
                file: at("lesson.md"),
                line: 1,
                code: "lesson.no-steps",
                message: "The lesson has no steps.",
                advice: 'Begin each step with "## Title {#id}".',
            });
    }
    const images = header && headerYaml ? imageUses(at, headerYaml, header, files, variables, problems) : [];

    problems.push(...(headerYaml?.problems ?? []), ...checks.problems);
    const whole = header !== undefined && steps.length > 0 && steps.length === stepIds.length;
    const { vars: _vars, ...kept } = header ?? ({} as LessonHeader);
    const lesson: Lesson | undefined = whole
        ? {
              ...kept,
              open: { panes: kept.open.panes, file: kept.open.file },
              introduction: document.introduction,
              steps,
              start: treeOf(start),
              solution: treeOf(solution),
          }
        : undefined;
    return { lesson, problems, images, references };
}

function readHeader(file: string, text: string | undefined): YamlFile | undefined {
    if (text === undefined) return undefined;
    const { header } = parseDocument(text);
    if (header) return new YamlFile(file, header.text, header.line);
    const none = new YamlFile(file, "%"); // not YAML: it has no value, so that not every field is reported as missing
    none.problems.length = 0;
    none.problem(
        [],
        "lesson.no-header",
        "The file does not begin with front matter.",
        "Begin with a line of ---, then id, title and the other fields, then a line of ---.",
    );
    return none;
}

/** The files below a folder, with variables replaced in text. */
function below(
    files: ReadonlyMap<string, FileContent>,
    folder: string,
    variables: Variables,
): Map<string, FileContent> {
    const found = new Map<string, FileContent>();
    for (const [path, content] of files)
        if (path.startsWith(folder) && !path.endsWith("/.keep"))
            found.set(
                path.slice(folder.length),
                typeof content === "string" ? substitute(content, variables) : content,
            );
    return found;
}

/** The ids of the steps, in order. */
function checkHeadings(file: string, document: LessonDocument, problems: Problem[]): string[] {
    const ids: string[] = [];
    for (const { id, title, line } of document.steps) {
        const problem = (code: string, message: string, advice: string) =>
            problems.push({ file, line, code, message, advice });
        if (id === undefined)
            problem(
                "lesson.missing-id",
                `The heading "${title}" has no id.`,
                `Write "## ${title} {#some-id}"; a heading that is not a step begins with ###.`,
            );
        else if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))
            problem(
                "lesson.bad-value",
                `"${id}" is not a valid step id.`,
                "Use lower-case letters, digits and single hyphens.",
            );
        else if (ids.includes(id))
            problem("lesson.duplicate-id", `There are two steps "${id}".`, "Give each step its own id.");
        else ids.push(id);
    }
    return ids;
}

function readSteps(
    checks: YamlFile,
    stepIds: readonly string[],
    document: LessonDocument,
    lessonFile: string,
    problems: Problem[],
): Map<string, StepFields> {
    const steps = new Map<string, StepFields>();
    const { value } = checks;
    if (value === undefined) return steps;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        checks.check(checksSchema);
        return steps;
    }
    for (const [id, fields] of Object.entries(value)) {
        if (!stepIds.includes(id))
            checks.problem(
                [id],
                "lesson.unknown-step",
                `lesson.md has no step "${id}".`,
                stepIds.length > 0 ? suggestion(id, stepIds) : 'Add "## Title {#id}" there.',
            );
        const step = checks.check<v.InferOutput<typeof stepSchema>>(stepSchema, [id], fields);
        if (step) steps.set(id, step);
    }
    for (const { id, line } of document.steps)
        if (id !== undefined && !(id in value))
            problems.push({
                file: lessonFile,
                line,
                code: "lesson.step-without-check",
                message: `The step "${id}" has no checks.`,
                advice: `Add "${id}:" with goal, expect and hints to checks.yaml.`,
            });
    return steps;
}

function readSolve(
    file: string,
    text: string,
    stepIds: readonly string[],
    solution: ReadonlyMap<string, FileContent>,
    problems: Problem[],
): Map<string, SolveSection> {
    const problem = (line: number, code: string, message: string, advice: string) =>
        problems.push({ file, line, code, message, advice });
    const { sections, stray } = splitSolveScript(text);
    for (const { line } of stray)
        problem(line, "lesson.stray-line", "This line belongs to no step.", 'Put it below "## step: <id>".');
    const byStep = new Map<string, SolveSection>();
    for (const section of sections) {
        if (!stepIds.includes(section.step))
            problem(
                section.line,
                "lesson.unknown-step",
                `lesson.md has no step "${section.step}".`,
                suggestion(section.step, stepIds),
            );
        else if (byStep.has(section.step))
            problem(
                section.line,
                "lesson.duplicate-id",
                `There are two sections for the step "${section.step}".`,
                "Merge them into one.",
            );
        else byStep.set(section.step, section);
        for (const { text: line, line: number } of section.lines) {
            const action = parseSolveLine(line);
            if (!action)
                problem(
                    number,
                    "lesson.bad-solve-line",
                    `"${line}" is neither a command nor a known "#:" line.`,
                    'Write "#: save <path>" or "#: answer <question> = <text>".',
                );
            else if (action.kind === "save" && !solution.has(action.path))
                problem(
                    number,
                    "lesson.missing-file",
                    `solution/ has no ${action.path}.`,
                    solution.size > 0 ? suggestion(action.path, [...solution.keys()]) : `Add solution/${action.path}.`,
                );
        }
    }
    for (const id of stepIds)
        if ((byStep.get(id)?.lines.length ?? 0) === 0)
            problem(
                byStep.get(id)?.line ?? 1,
                "lesson.step-without-solution",
                `Step "${id}" has no solution.`,
                `Add "## step: ${id}" and the lines that pass it.`,
            );
    return byStep;
}

function checkAnswers(
    file: string,
    section: SolveSection | undefined,
    questions: readonly string[],
    problems: Problem[],
): void {
    for (const { text, line } of section?.lines ?? []) {
        const action = parseSolveLine(text);
        if (action?.kind === "answer" && !questions.includes(action.question))
            problems.push({
                file,
                line,
                code: "lesson.unknown-question",
                message: `The step asks no question "${action.question}".`,
                advice: questions.length > 0 ? suggestion(action.question, questions) : "Remove the line.",
            });
    }
}

/** Images named in the header; a Dockerfile's base image must be among them, or offline students cannot build. */
function imageUses(
    at: (name: string) => string,
    yaml: YamlFile,
    header: LessonHeader,
    files: ReadonlyMap<string, FileContent>,
    variables: Variables,
    problems: Problem[],
): ImageUse[] {
    for (const [path, content] of files) {
        if (!/^(start|solution)\/(.*\/)?([^/]*\.)?Dockerfile[^/]*$/.test(path) || typeof content !== "string") continue;
        for (const { ref, line } of baseImages(substitute(content, variables)))
            if (!header.requires.images.includes(ref))
                problems.push({
                    file: at(path),
                    line,
                    code: "lesson.image-not-required",
                    message: `The Dockerfile starts from ${ref}, which the lesson does not require.`,
                    advice: `Add "${ref}" to requires.images in lesson.md, so that it is known to be in the bundle.`,
                });
    }
    return header.requires.images.map((ref, index) => ({
        ref,
        standIns: header.requires.standIns,
        file: at("lesson.md"),
        line: yaml.lineOf(["requires", "images", index]),
    }));
}
