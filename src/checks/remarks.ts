/**
 * What the linter says about a check beyond its fields: expressions that cannot be used, and checks that the student
 * must ask for.
 */
import * as re2 from "re2js";
import type { GenericSchema } from "valibot";
import { DrydockError } from "../base/errors";
import type { CheckKind } from "./check";
import { isPattern } from "./fields";
import { compilePattern } from "./patterns";
import { checkKinds } from "./registry";

export interface Remark {
    /** Where, below the check's fields: ["header", "Server"]. */
    path: (string | number)[];
    code: string;
    message: string;
    advice: string;
    /** For information only: nothing is wrong. */
    note?: true;
}

export interface LintedKind extends CheckKind {
    /** `written`: the fields as the author wrote them; `spec`: as the schema returned them. */
    remarks(written: unknown, spec: unknown): Remark[];
}

/** The registry's kinds, for the linter. The page does not use this, because it loads the engine for expressions. */
export const lintedKinds: ReadonlyMap<string, LintedKind> = new Map(
    [...checkKinds].map(([name, kind]) => [
        name,
        {
            ...kind,
            remarks: (written: unknown, spec: unknown) => [
                ...patternRemarks(kind.schema, written),
                ...actsRemarks(kind, written, spec),
            ],
        },
    ]),
);

function patternRemarks(schema: GenericSchema, written: unknown): Remark[] {
    return patternsIn(schema as Level, written, []).flatMap(({ path, source }): Remark[] => {
        try {
            compilePattern(re2, source);
            return [];
        } catch (thrown) {
            if (!(thrown instanceof DrydockError)) throw thrown;
            return [
                {
                    path,
                    code: "lesson.bad-pattern",
                    message: thrown.message,
                    advice: "Write it in RE2's syntax, which takes linear time for any text: https://github.com/google/re2/wiki/Syntax",
                },
            ];
        }
    });
}

function actsRemarks({ name, acts }: CheckKind, written: unknown, spec: unknown): Remark[] {
    if (!acts?.with(spec) || fieldOf(written, "reads") !== undefined) return [];
    return [
        {
            path: [],
            code: "lesson.check-acts",
            message: `This ${name} check ${acts.because(spec)}, so it does not run by itself: the step passes only when the student presses Check.`,
            advice: "Say `reads: true` if it only reads; the step can then pass by itself. Say `reads: false` if it changes something.",
            note: true,
        },
    ];
}

/** The parts of valibot's schemas that are walked through. */
interface Level extends GenericSchema {
    entries?: Record<string, Level>;
    wrapped?: Level;
    item?: Level;
    value?: Level;
    options?: Level[];
}

interface FoundPattern {
    path: (string | number)[];
    source: string;
}

function patternsIn(schema: Level, written: unknown, path: (string | number)[]): FoundPattern[] {
    if (typeof written === "string") return couldBePattern(schema) ? [{ path, source: written }] : [];
    if (typeof written !== "object" || written === null) return [];
    if (schema.wrapped) return patternsIn(schema.wrapped, written, path);
    if (schema.type === "union") return (schema.options ?? []).flatMap(option => patternsIn(option, written, path));
    const { item } = schema;
    if (Array.isArray(written)) return item ? written.flatMap((one, at) => patternsIn(item, one, [...path, at])) : [];
    return Object.entries(written).flatMap(([name, value]) => {
        const inner = schema.entries?.[name] ?? schema.value;
        return inner ? patternsIn(inner, value, [...path, name]) : [];
    });
}

const couldBePattern = (schema: Level): boolean =>
    isPattern(schema) || (schema.wrapped !== undefined && couldBePattern(schema.wrapped));

const fieldOf = (written: unknown, name: string): unknown =>
    typeof written === "object" && written !== null ? Reflect.get(written, name) : undefined;
