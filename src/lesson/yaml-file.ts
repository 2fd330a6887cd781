/** YAML with the line of every value, and schema issues as sentences. */
import * as v from "valibot";
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { suggestion } from "../base/closest";
import type { Problem } from "./lesson";

type Path = readonly (string | number)[];

export class YamlFile {
    readonly problems: Problem[] = [];
    /** Plain data; undefined if the text is not YAML. */
    readonly value: unknown;
    readonly #document: Document;
    readonly #lines = new LineCounter();

    /** `firstLine`: the line of the file at which `text` begins, counted from 1. */
    constructor(
        readonly file: string,
        text: string,
        readonly firstLine = 1,
    ) {
        this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
        for (const error of this.#document.errors) {
            const repeated = error.code === "DUPLICATE_KEY";
            this.problems.push({
                file,
                line: this.#lineAt(error.pos[0]),
                code: repeated ? "lesson.duplicate-id" : "lesson.bad-yaml",
                message: repeated
                    ? "This key appears a second time."
                    : `This is not YAML: ${error.message.replace(/ at line \d+.*$/s, "")}.`,
                advice: repeated
                    ? "Rename or remove one of them."
                    : "Check indentation, colons and quotes; put text with a colon in double quotes.",
            });
        }
        this.value = this.problems.length === 0 ? (this.#document.toJS() as unknown) : undefined;
    }

    /** Line of the value at `path`, or of the nearest value above it. */
    lineOf(path: Path): number {
        let at: unknown = this.#document.contents;
        let line = this.#lineOfNode(at) ?? this.firstLine;
        for (const key of path) {
            let next: unknown;
            if (isMap(at)) {
                const pair = at.items.find(
                    item =>
                        isPair(item) &&
                        (isScalar(item.key) ? String(item.key.value) : String(item.key)) === String(key),
                );
                if (!pair) break;
                line = this.#lineOfNode(pair.key) ?? line;
                next = pair.value;
            } else if (isSeq(at)) {
                next = at.items[Number(key)];
                line = this.#lineOfNode(next) ?? line;
            } else break;
            at = next;
        }
        return line;
    }

    /** Parses `value` (by default the whole file), which is at `path`; each issue becomes a problem with its line. */
    check<Output>(
        schema: v.GenericSchema<unknown, Output>,
        path: Path = [],
        value: unknown = this.value,
    ): Output | undefined {
        const result = v.safeParse(schema, value);
        if (result.success) return result.output;
        for (const issue of result.issues) this.#report(schema, path, issue);
        return undefined;
    }

    problem(path: Path, code: string, message: string, advice: string): void {
        this.remark(path, { code, message, advice });
    }

    remark(path: Path, said: Omit<Problem, "file" | "line">): void {
        this.problems.push({ file: this.file, line: this.lineOf(path), ...said });
    }

    #report(schema: v.GenericSchema, path: Path, issue: v.BaseIssue<unknown>): void {
        // a union's own issue hides the issue of the option that was meant
        const inner = issue.type === "union" ? issue.issues?.[0] : undefined;
        const at = [...(issue.path ?? []), ...(inner?.path ?? [])].map(item => item.key as string | number);
        const told = inner ?? issue;
        const where = [...path, ...at];
        const name = where.length === 0 ? "the file" : `"${where.join(".")}"`;
        const last = at.at(-1);
        if (told.type === "strict_object" && told.expected === "never") {
            const fields = fieldsAt(schema, at.slice(0, -1));
            const advice =
                last === "solve" && fields.includes("hints")
                    ? 'Put the solution in solve.sh, below "## step: <id>".'
                    : `Remove or correct it. ${suggestion(String(last), fields)}`;
            this.problem(where, "lesson.unknown-field", `There is no field ${name}.`, advice);
        } else if (told.received === "undefined" && last !== undefined) {
            this.problem(
                where,
                "lesson.missing-field",
                `The field ${name} is missing.`,
                `Add "${last}:"${told.expected && told.expected !== `"${String(last)}"` ? ` (${wanted(told.expected)})` : ""}.`,
            );
        } else if (told.kind === "validation") {
            this.problem(
                where,
                "lesson.bad-value",
                `${capital(name)} ${told.message}.`,
                `Its value is ${shown(told.input)}.`,
            );
        } else {
            this.problem(
                where,
                "lesson.bad-value",
                `${capital(name)} must be ${wanted(told.expected ?? "something else")}, not ${shown(told.input)}.`,
                "Correct the value.",
            );
        }
    }

    #lineOfNode(node: unknown): number | undefined {
        return isNode(node) && (node as Node).range ? this.#lineAt((node as Node).range![0]) : undefined;
    }

    #lineAt(offset: number): number {
        return this.#lines.linePos(offset).line + this.firstLine - 1;
    }
}

interface AnySchema {
    type: string;
    entries?: Record<string, AnySchema>;
    wrapped?: AnySchema;
    item?: AnySchema;
    value?: AnySchema;
    options?: AnySchema[];
}

/** The names of the fields that the schema has at `path`. */
function fieldsAt(schema: v.GenericSchema, path: Path): string[] {
    const open = (level: AnySchema): AnySchema[] => {
        if (level.wrapped) return open(level.wrapped);
        return level.type === "union" || level.type === "intersect" ? (level.options ?? []).flatMap(open) : [level];
    };
    let levels = open(schema as unknown as AnySchema);
    for (const key of path)
        levels = levels
            .flatMap(level => [level.entries?.[String(key)] ?? level.item ?? level.value ?? []].flat())
            .flatMap(open);
    return levels.flatMap(level => Object.keys(level.entries ?? {}));
}

function wanted(expected: string): string {
    const words: Record<string, string> = {
        string: "text",
        number: "a number",
        boolean: "true or false",
        Array: "a list",
        Object: "fields with values",
    };
    return (
        words[expected] ??
        (expected.includes(" | ")
            ? `one of ${expected
                  .replace(/^\(|\)$/g, "")
                  .split(" | ")
                  .map(part => words[part] ?? part)
                  .join(", ")}`
            : expected)
    );
}

function shown(input: unknown): string {
    if (input === null) return "empty";
    if (Array.isArray(input)) return `a list of ${input.length}`;
    const text = JSON.stringify(input) ?? typeof input;
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
