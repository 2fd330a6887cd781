/** A Dockerfile's instructions as the checks compare them. Read by the same parser that the editor's help uses. */
import { DockerfileParser, JSONInstruction } from "dockerfile-ast";
import { closest } from "../base/closest";

export interface Instruction {
    /** Capital letters: "COPY". */
    name: string;
    /** Counts from 1. */
    line: number;
    /** Without flags and line breaks; several spaces become one. */
    arguments: string;
    flags: string[];
    /** exec: a JSON list. */
    form: "exec" | "shell";
    /** Number of the build stage, from 0; -1 before the first FROM. */
    stage: number;
}

export const knownInstructions = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

export function parseDockerfile(text: string): Instruction[] {
    let stage = -1;
    return DockerfileParser.parse(text)
        .getInstructions()
        .map(instruction => {
            const name = instruction.getKeyword().toUpperCase();
            if (name === "FROM") stage++;
            const whole = instruction.getRawArgumentsContent() ?? "";
            const flags = /^(--\S+\s+)+/.exec(whole)?.[0] ?? "";
            const isList =
                instruction instanceof JSONInstruction &&
                instruction.getOpeningBracket() !== null &&
                instruction.getClosingBracket() !== null;
            return {
                name,
                line: instruction.getRange().start.line + 1,
                arguments: oneLine(whole.slice(flags.length)),
                flags: flags
                    .trim()
                    .split(/\s+/)
                    .filter(flag => flag !== ""),
                form: isList ? "exec" : "shell",
                stage,
            };
        });
}

export interface Mistake {
    line: number;
    code: "file.unknown-instruction" | "file.no-from" | "file.no-arguments" | "file.broken-list";
    message: string;
    expected: string;
    found: string;
}

/** The first mistake that would stop a build. */
export function mistakeIn(instructions: readonly Instruction[], path: string): Mistake | undefined {
    for (const { name, line, arguments: words, form } of instructions) {
        if (!knownInstructions.includes(name)) {
            const near = closest(name, knownInstructions);
            return {
                line,
                code: "file.unknown-instruction",
                message: `Line ${line} of ${path} begins with ${name}, which is not an instruction of a Dockerfile.${near ? ` Did you mean ${near}?` : " If it continues the line before, end that line with a backslash."}`,
                expected: near ?? "an instruction",
                found: name,
            };
        }
        if (words === "")
            return {
                line,
                code: "file.no-arguments",
                message: `${name} in line ${line} of ${path} has no arguments.`,
                expected: `${name} and its arguments`,
                found: name,
            };
        if (form === "shell" && /^\[/.test(words) && ["CMD", "ENTRYPOINT"].includes(name) && !isJsonList(words))
            return {
                line,
                code: "file.broken-list",
                message: `The list after ${name} in line ${line} of ${path} is malformed, so Docker reads it as a shell command. Put every word in double quotes, with commas between them: \`["python", "app.py"]\`.`,
                expected: `a list such as ["python", "app.py"]`,
                found: words,
            };
    }
    const first = instructions.find(one => one.name !== "ARG");
    if (instructions.length > 0 && first?.name !== "FROM")
        return {
            line: first?.line ?? 1,
            code: "file.no-from",
            message: `${path} must begin with FROM and the image to build on, but it begins with ${first?.name ?? "ARG"}.`,
            expected: "FROM",
            found: first?.name ?? "ARG",
        };
    return undefined;
}

/** "a  \\\n  b" -> "a b" */
export const oneLine = (words: string): string =>
    words
        .replace(/[\\`]\r?\n/g, " ")
        .replace(/\s+/g, " ")
        .trim();

/** Arguments in one spelling: the spaces of a list and "./" before a path make no difference. */
export function plainArguments(words: string): string {
    const line = oneLine(words);
    if (isJsonList(line)) return JSON.stringify(JSON.parse(line));
    return line
        .split(" ")
        .map(word => (word === "./" ? "." : word.replace(/^\.\/(?=.)/, "").replace(/(?<=.)\/$/, "")))
        .join(" ");
}

function isJsonList(words: string): boolean {
    try {
        const list: unknown = JSON.parse(words);
        return Array.isArray(list) && list.every(word => typeof word === "string");
    } catch {
        return false; // the caller reports it
    }
}
