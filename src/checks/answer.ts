/** The check kind `answer`: a question of the lesson, answered in the student's own words or by a choice. */
import * as v from "valibot";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { pattern, text, texts } from "./fields";
import { failer, pass } from "./outcome";
import { toPattern } from "./patterns";

const schema = v.pipe(
    v.strictObject({
        question: text("The id of a question that the step asks."),
        accept: v.optional(
            texts("The right answer, or a list of right answers. Case and surrounding spaces do not matter."),
        ),
        matches: v.optional(pattern("A regular expression that a right answer matches.")),
        explain: v.optional(text("The sentence for a wrong answer: say what to look at, not the answer.")),
    }),
    v.check(spec => spec.accept !== undefined || spec.matches !== undefined, "needs `accept` or `matches`"),
);

export type AnswerSpec = v.InferOutput<typeof schema>;

const failures = {
    "answer.none": "The question has not been answered.",
    "answer.wrong": "The answer is wrong.",
};
const fail = failer(failures);

export const answer: CheckKind<AnswerSpec> = {
    name: "answer",
    summary: "The answer to a question of the step.",
    schema,
    failures,
    describe: spec => `the question ${spec.question}`,
    run,
};

async function run(spec: AnswerSpec, context: CheckContext): Promise<CheckResult> {
    const given = context.answers.get(spec.question)?.trim() ?? "";
    // The result is shown to the student, so it must not contain the expected answer.
    const expected = "the right answer";
    if (given === "")
        return fail("answer.none", {
            message: "Answer the question below the text.",
            expected,
            found: "no answer",
        });
    if (
        spec.accept?.some(one => same(one, given)) ||
        (spec.matches !== undefined && (await toPattern(spec.matches)).test(given))
    )
        return pass("The answer is right.");
    return fail("answer.wrong", {
        message: spec.explain ?? `"${given}" is not right. Try it out in the terminal, then answer again.`,
        expected,
        found: given,
    });
}

const same = (a: string, b: string) =>
    a.trim().replace(/\s+/g, " ").toLowerCase() === b.trim().replace(/\s+/g, " ").toLowerCase();
