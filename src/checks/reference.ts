/** The reference page of all check kinds, as Markdown, generated from the registry: fields with their types, failure codes. */
import * as v from "valibot";
import type { CheckKind } from "./check";
import { checkKinds } from "./registry";

export function checkReference(): string {
    const pages = [...checkKinds.values()].map(kindPage);
    return [
        "# Checks",
        "",
        "Generated from the registry of check kinds; do not edit by hand.",
        "",
        "Each entry of a step's `expect` names one kind with its fields. All entries must hold. Each failure has a code; `why` in the step can replace its sentence. A check can also end in an error, for example when the engine does not answer.",
        "",
        "Checks run when the student presses Check, and by themselves after each command and each saved file. By themselves only those run that read; a step with others passes only on Check.",
        "",
        "Regular expressions are in RE2's syntax, which takes linear time for any text: no look-ahead or look-behind, no back-references. `^` and `$` mean the ends of a line. A pattern of ordinary size sees the first 200,000 characters of a text, a larger one fewer.",
        "",
        ...pages,
    ].join("\n");
}

function kindPage(kind: CheckKind): string {
    const fields = fieldsOf(kind.schema).map(
        field =>
            `| \`${field.name}\` | ${field.needed ? "yes" : ""} | ${cell(field.type)} | ${cell(field.description)} |`,
    );
    const failures = Object.entries(kind.failures).map(([code, meaning]) => `| \`${code}\` | ${cell(meaning)} |`);
    return [
        `## ${kind.name}`,
        "",
        kind.summary,
        "",
        kind.acts?.when ?? "Only reads.",
        "",
        "| field | required | type | meaning |",
        "| --- | --- | --- | --- |",
        ...fields,
        "",
        "| failure | meaning |",
        "| --- | --- |",
        ...failures,
        "",
    ].join("\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

export interface FieldReference {
    name: string;
    needed: boolean;
    type: string;
    description: string;
}

export function fieldsOf(schema: v.GenericSchema): FieldReference[] {
    const entries = "entries" in schema ? (schema.entries as Record<string, v.GenericSchema>) : {};
    return Object.entries(entries).map(([name, field]) => {
        const optional = field.type === "optional";
        const inner = optional && "wrapped" in field ? (field.wrapped as v.GenericSchema) : field;
        return { name, needed: !optional, type: typeOf(inner), description: descriptionOf(inner) };
    });
}

const descriptionOf = (schema: v.GenericSchema): string => v.getDescription(schema) ?? "";

function typeOf(schema: v.GenericSchema): string {
    switch (schema.type) {
        case "string":
            return "text";
        case "number":
            return "number";
        case "boolean":
            return "true or false";
        case "picklist":
            return "options" in schema
                ? (schema.options as string[]).map(option => `\`${option}\``).join(", ")
                : "word";
        case "literal":
            return "literal" in schema ? `\`${String(schema.literal)}\`` : "word";
        case "array":
            return "item" in schema ? `list of ${typeOf(schema.item as v.GenericSchema)}` : "list";
        case "union":
            return "options" in schema
                ? [...new Set((schema.options as v.GenericSchema[]).map(typeOf))].join(" or ")
                : "";
        case "record":
            return "value" in schema ? `map to ${typeOf(schema.value as v.GenericSchema)}` : "map";
        case "optional":
            return "wrapped" in schema ? typeOf(schema.wrapped as v.GenericSchema) : "";
        case "strict_object":
            return `map with ${fieldsOf(schema)
                .map(field => `\`${field.name}\``)
                .join(", ")}`;
        default:
            return schema.type;
    }
}
