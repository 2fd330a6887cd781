/**
 * The fields of a lesson's files, defined only here. The parser, the linter's messages and the reference of fields
 * come from these schemas. The fields of a check are that check kind's own schema (src/checks).
 */
import * as v from "valibot";

const text = v.pipe(v.string(), v.trim(), v.nonEmpty("must not be empty"));
const line = v.pipe(text, v.regex(/^[^\n]*$/, "must be one line"));
const wholeNumber = (least: number, most: number) =>
    v.pipe(
        v.number(),
        v.integer("must be a whole number"),
        v.minValue(least, `must be ${least} or more`),
        v.maxValue(most, `must be ${most} or less`),
    );

/** Ids are lower-case words joined by hyphens. */
const name = v.pipe(
    v.string(),
    v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters, digits and single hyphens"),
);
const lessonId = v.pipe(
    v.string(),
    v.regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be the part\'s id, a slash and a name: "images/flask"'),
);

export const partSchema = v.strictObject({
    id: v.pipe(name, v.description("Stable name of the part: the first half of its lessons' ids.")),
    title: v.pipe(line, v.description("The title that the student reads.")),
    summary: v.pipe(line, v.description("One sentence: what the part teaches.")),
    standIns: v.pipe(
        v.optional(v.boolean(), false),
        v.description("true: the same as requires.standIns in each lesson of the part."),
    ),
});

/** MB of guest memory for a lesson that does not say. */
export const USUAL_MEMORY = 512;

const variableSchema = v.strictObject({
    choose: v.pipe(
        v.array(v.union([v.string(), v.number()])),
        v.minLength(2, "needs at least two values"),
        v.description("Each student gets one of these, and always the same one."),
    ),
});

export const headerSchema = v.strictObject({
    id: v.pipe(lessonId, v.description('Stable: "part/name".')),
    title: v.pipe(line, v.description("The title that the student reads.")),
    summary: v.pipe(line, v.description("One sentence for the list of lessons.")),
    version: v.pipe(
        wholeNumber(1, 9999),
        v.description("Raise it when a change means that old progress no longer counts."),
    ),
    difficulty: v.pipe(v.picklist(["beginner", "intermediate", "advanced"]), v.description("Who the lesson is for.")),
    minutes: v.pipe(wholeNumber(1, 90), v.description("How many minutes the lesson takes.")),
    objectives: v.pipe(
        v.array(line),
        v.minLength(1, "needs at least one objective"),
        v.description("What the student can do afterwards."),
    ),
    requires: v.pipe(
        v.optional(
            v.strictObject({
                lessons: v.pipe(v.optional(v.array(lessonId), []), v.description("Ids of lessons to do first.")),
                images: v.pipe(
                    v.optional(v.array(text), []),
                    v.description("Container images that must be in the bundle."),
                ),
                standIns: v.pipe(
                    v.optional(v.boolean(), false),
                    v.description(
                        "true: while this lesson is open, the nearest image answers for one that the sandbox lacks (python:3.13-slim for python:3.8-slim), and the page says so. Images that have a stand-in then count as bundled.",
                    ),
                ),
                memory: v.pipe(
                    v.optional(wholeNumber(128, 2000), USUAL_MEMORY),
                    v.description(
                        "Guest memory in MB, at least. With more than the image's snapshot has, the machine boots without it, which takes longer.",
                    ),
                ),
            }),
            {},
        ),
        v.description("What the lesson needs."),
    ),
    open: v.pipe(
        v.optional(
            v.strictObject({
                panes: v.pipe(
                    v.optional(
                        v.pipe(
                            v.array(v.picklist(["editor", "terminal", "preview"])),
                            v.check(
                                panes => panes.includes("editor") || panes.includes("terminal"),
                                "needs editor or terminal",
                            ),
                        ),
                        ["editor", "terminal", "preview"],
                    ),
                    v.description(
                        "Panes open at the start; the student can open the others. One is editor or terminal.",
                    ),
                ),
                file: v.pipe(v.optional(text), v.description("File to open in the editor at the start.")),
            }),
            {},
        ),
        v.description("What is open at the start."),
    ),
    vars: v.pipe(
        v.optional(v.record(name, variableSchema), {}),
        v.description("Values that differ from student to student; write {{name}} in the lesson's files."),
    ),
});

const questionSchema = v.strictObject({
    ask: v.pipe(text, v.description("The question.")),
    choices: v.pipe(
        v.optional(
            v.pipe(
                v.array(line),
                v.check(choices => choices.length !== 1, "needs at least two choices"),
            ),
            [],
        ),
        v.description("Answers to choose from. Without choices the student types the answer."),
    ),
});

export const stepSchema = v.strictObject({
    goal: v.pipe(line, v.description("What to do, in one line.")),
    points: v.pipe(v.optional(wholeNumber(0, 100), 1), v.description("Points for passing.")),
    mode: v.pipe(
        v.optional(v.picklist(["level", "edge"]), "level"),
        v.description(
            "level: all checks hold at the same time. edge: each check has held once, and the step stays passed.",
        ),
    ),
    needs: v.pipe(v.optional(v.array(name), []), v.description("Ids of steps in this lesson to do first.")),
    expect: v.pipe(
        v.array(
            v.pipe(
                v.record(v.string(), v.unknown()),
                v.check(
                    check => Object.keys(check).length === 1,
                    'must be one check kind with its fields: "- file: { path: app.py }"',
                ),
            ),
        ),
        v.minLength(1, "needs at least one check"),
        v.description("Checks; all must hold."),
    ),
    why: v.pipe(
        v.optional(v.record(v.string(), text), {}),
        v.description("By failure code: the sentence that replaces the check's own."),
    ),
    questions: v.pipe(
        v.optional(v.record(name, questionSchema), {}),
        v.description("Questions to ask below the prose; an `answer` check looks at the answer."),
    ),
    hints: v.pipe(
        v.array(text),
        v.length(3, "needs three hints, from vague to exact"),
        v.description("Three hints, from vague to exact."),
    ),
});

/** checks.yaml: each step by its id. */
export const checksSchema = v.record(name, stepSchema);

export type LessonHeader = v.InferOutput<typeof headerSchema>;
export type StepFields = v.InferOutput<typeof stepSchema>;
