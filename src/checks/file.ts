/** The check kind `file`: a file in the workspace, its text, and the instructions of a Dockerfile. */
import * as v from "valibot";
import { decodeText } from "../base/bytes";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { fail, fileFailures } from "./file-failures";
import { instructionProblem, instructionSchema } from "./file-instruction";
import { missingFile } from "./file-missing";
import { mistakeIn, parseDockerfile } from "./dockerfile";
import { flag, pattern, text, texts } from "./fields";
import { firstLines, pass } from "./outcome";
import { toPattern } from "./patterns";

const schema = v.strictObject({
    path: v.pipe(
        text("Path in the workspace."),
        v.regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, "must stay inside the workspace"),
    ),
    exists: v.optional(flag("false: there must be no such file.")),
    contains: v.optional(texts("Texts it must contain. Any number of spaces counts as one.")),
    lacks: v.optional(texts("Texts it must not contain.")),
    matches: v.optional(pattern("A regular expression that it must match.")),
    instruction: v.optional(
        v.pipe(
            v.union([instructionSchema, v.array(instructionSchema)]),
            v.transform(value => [value].flat()),
            v.description(
                "An instruction, or a list of instructions, that this Dockerfile must contain: `name`, and `arguments`, `contains`, `matches`, `form`, `before`, `after`, `count`.",
            ),
        ),
    ),
});

export type FileSpec = v.InferOutput<typeof schema>;

export const file: CheckKind<FileSpec> = {
    name: "file",
    summary: "A file in the workspace: that it exists, its text, or the instructions of a Dockerfile.",
    schema,
    failures: fileFailures,
    describe: spec => {
        if (spec.exists === false) return `no file ${spec.path}`;
        const instructions = spec.instruction?.map(one => one.name).join(", ");
        return `the file ${spec.path}${instructions ? ` with ${instructions}` : spec.contains ? ` with "${spec.contains.join('", "')}"` : ""}`;
    },
    run,
};

async function run(spec: FileSpec, context: CheckContext): Promise<CheckResult> {
    const { path } = spec;
    const entry = await context.workspace.stat(path);
    if (spec.exists === false)
        return entry
            ? fail("file.still-there", {
                  message: `The file ${path} is still there. Remove it with \`rm ${path}\`.`,
                  expected: "no such file",
                  found: path,
              })
            : pass(`There is no file ${path}.`);
    if (!entry) return missingFile(path, context);
    if (entry.kind === "folder")
        return fail("file.is-folder", {
            message: `${path} is a folder, but this step asks for a file of that name.`,
            expected: "a file",
            found: "a folder",
        });
    const content = decodeText(
        await context.memo(`file ${path}`, () => context.workspace.read(path, { signal: context.signal })),
    );
    if (content.trim() === "")
        return fail("file.empty", {
            message: `${path} is empty. Write it in the editor and save it.`,
            expected: "some text",
            found: "an empty file",
        });
    return (
        (await dockerfileProblem(spec, content)) ??
        (await textProblem(spec, content)) ??
        pass(`${path} has what this step asks for.`)
    );
}

async function dockerfileProblem({ path, instruction }: FileSpec, content: string): Promise<CheckResult | undefined> {
    if (!instruction) return undefined;
    const instructions = parseDockerfile(content);
    const mistake = mistakeIn(instructions, path);
    if (mistake) {
        const { line, code, ...failure } = mistake;
        return fail(code, { ...failure, excerpt: around(content, line) });
    }
    for (const wanted of instruction) {
        const problem = await instructionProblem(wanted, instructions, path);
        if (problem) return problem;
    }
    return undefined;
}

async function textProblem(spec: FileSpec, content: string): Promise<CheckResult | undefined> {
    const { path } = spec;
    const spaced = oneSpace(content);
    const missing = spec.contains?.find(wanted => !spaced.includes(oneSpace(wanted)));
    if (missing !== undefined) {
        const otherCase = spaced.toLowerCase().includes(oneSpace(missing).toLowerCase());
        return fail("file.lacks-text", {
            message: otherCase
                ? `${path} contains "${missing}" in different case. Upper and lower case matter here.`
                : `${path} does not contain "${missing}".`,
            expected: missing,
            found: otherCase ? "the text in different case" : "no such text",
            excerpt: firstLines(content),
        });
    }
    const unwanted = spec.lacks?.find(one => spaced.includes(oneSpace(one)));
    if (unwanted !== undefined) {
        const line = content.split("\n").findIndex(one => oneSpace(one).includes(oneSpace(unwanted))) + 1;
        return fail("file.holds-text", {
            message: `${path} still contains "${unwanted}"${line > 0 ? ` (line ${line})` : ""}. Remove it.`,
            expected: `no "${unwanted}"`,
            found: unwanted,
            excerpt: line > 0 ? around(content, line) : undefined,
        });
    }
    if (spec.matches !== undefined && !(await toPattern(spec.matches)).test(content))
        return fail("file.no-match", {
            message: `${path} does not contain what this step asks for. Compare it with the text of the step.`,
            expected: `text that matches ${spec.matches}`,
            found: "no such text",
            excerpt: firstLines(content),
        });
    return undefined;
}

const oneSpace = (words: string) => words.replace(/\s+/g, " ").trim();

/** The line with its neighbours, numbered. */
function around(content: string, line: number): string {
    const lines = content.split("\n");
    const first = Math.max(0, line - 2);
    return lines
        .slice(first, line + 1)
        .map((words, index) => `${first + index + 1 === line ? ">" : " "} ${first + index + 1}  ${words}`)
        .join("\n");
}
