/** One step of checks.yaml: its checks by the kinds' own schemas, and what its fields refer to. */
import type { ExpectationParser } from "./kinds";
import { suggestion } from "../base/closest";
import type { Expectation, Question } from "./lesson";
import type { StepFields } from "./schema";
import type { YamlFile } from "./yaml-file";

export interface StepContext {
    id: string;
    stepIds: readonly string[];
    kinds: ExpectationParser;
    yaml: YamlFile;
}

export function parseExpectations(fields: StepFields, { id, kinds, yaml }: StepContext): Expectation[] {
    const expectations: Expectation[] = [];
    fields.expect.forEach((check, index) => {
        const [kind, spec] = Object.entries(check)[0]!;
        const known = kinds.get(kind);
        if (!known) {
            yaml.problem(
                [id, "expect", index, kind],
                "lesson.unknown-check",
                `There is no check kind "${kind}".`,
                suggestion(kind, [...kinds.keys()].sort()),
            );
            return;
        }
        const before = yaml.problems.length;
        const parsed = yaml.check(known.schema, [id, "expect", index, kind], spec);
        if (yaml.problems.length > before) return;
        expectations.push({ kind, spec: parsed });
        for (const { path, ...remark } of known.remarks?.(spec, parsed) ?? [])
            yaml.remark([id, "expect", index, kind, ...path], remark);
    });
    return expectations;
}

export function parseQuestions(fields: StepFields): Question[] {
    return Object.entries(fields.questions).map(([id, question]) => ({ id, ...question }));
}

/** Reports unknown needs, unknown `why` codes, questions that no check looks at, and answers to questions that the step does not ask. */
export function checkStepReferences(fields: StepFields, { id, stepIds, kinds, yaml }: StepContext): void {
    fields.needs.forEach((need, index) => {
        if (!stepIds.includes(need))
            yaml.problem(
                [id, "needs", index],
                "lesson.unknown-need",
                `The step "${id}" needs "${need}", which is not a step of this lesson.`,
                suggestion(
                    need,
                    stepIds.filter(other => other !== id),
                ),
            );
    });

    const used = [...new Set(fields.expect.flatMap(check => Object.keys(check)))];
    const codes = used.flatMap(kind => Object.keys(kinds.get(kind)?.failures ?? {}));
    for (const code of Object.keys(fields.why))
        if (codes.length > 0 && !codes.includes(code))
            yaml.problem(
                [id, "why", code],
                "lesson.unknown-failure",
                `None of this step's checks can fail with "${code}".`,
                suggestion(code, codes),
            );

    const answered = new Map<string, number>();
    fields.expect.forEach((check, index) => {
        const spec = check.answer;
        if (typeof spec === "object" && spec !== null && "question" in spec && typeof spec.question === "string")
            answered.set(spec.question, index);
    });
    const asked = Object.keys(fields.questions);
    for (const question of asked)
        if (!answered.has(question))
            yaml.problem(
                [id, "questions", question],
                "lesson.unchecked-question",
                `Nothing checks the answer to "${question}".`,
                `Add "- answer: { question: ${question}, ... }" to expect.`,
            );
    for (const [question, index] of answered)
        if (!asked.includes(question))
            yaml.problem(
                [id, "expect", index],
                "lesson.unknown-question",
                `The step has no question "${question}".`,
                asked.length > 0 ? suggestion(question, asked) : `Add it below "questions:".`,
            );
}
