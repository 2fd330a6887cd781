/** The reference of a lesson's fields, as Markdown, generated from the schema. */
import * as v from "valibot";
import { fenceLanguages } from "./fences";
import { headerSchema, partSchema, stepSchema } from "./schema";

interface AnySchema extends v.GenericSchema {
    entries?: Record<string, AnySchema>;
    wrapped?: AnySchema;
    value?: AnySchema;
    options?: readonly unknown[];
}

export function lessonReference(): string {
    return [
        "# Lesson files",
        "",
        "Generated from the schema; do not edit by hand.",
        "",
        "## part.yaml",
        ...table(partSchema as AnySchema),
        "## lesson.md, front matter",
        ...table(headerSchema as AnySchema),
        "## checks.yaml, each step by its id",
        ...table(stepSchema as AnySchema),
        "## Fences",
        "",
        "The first word is the language. The words after it say what the student can do: `run` (with `terminal=2`, `interrupt`), `save=<path>`, `copy`, or nothing.",
        "",
        `Languages: ${fenceLanguages.join(", ")}.`,
        "",
        "## Links",
        "",
        "`file:Dockerfile#L3` opens the editor, `port:5000/path` the preview, `lesson:images/layers#step` another lesson, `#step` a step of this one, and `https://` a new tab.",
        "",
        "## solve.sh",
        "",
        "`## step: <id>` begins a step's section. `#: save <path>` copies that file from solution/ to the workspace, `#: answer <question> = <text>` answers a question, and every other line is typed into a terminal.",
        "",
    ].join("\n");
}

function table(schema: AnySchema): string[] {
    return ["", "| field | required | meaning |", "| --- | --- | --- |", ...rows(schema, ""), ""];
}

function rows(schema: AnySchema, above: string): string[] {
    return Object.entries(schema.entries ?? {}).flatMap(([name, field]) => {
        const optional = field.type === "optional";
        const inner = optional ? field.wrapped! : field;
        const words = inner.type === "picklist" ? ` One of: ${inner.options!.join(", ")}.` : "";
        const row = `| \`${above}${name}\` | ${optional ? "" : "yes"} | ${v.getDescription(field) ?? ""}${words} |`;
        const below = inner.entries
            ? rows(inner, `${above}${name}.`)
            : inner.type === "record" && inner.value?.entries
              ? rows(inner.value, `${above}${name}.<id>.`)
              : [];
        return [row, ...below];
    });
}
