/** One instruction that a Dockerfile must contain. */
import * as v from "valibot";
import { knownInstructions, plainArguments, type Instruction } from "./dockerfile";
import { fail } from "./file-failures";
import { count, pattern, text, texts } from "./fields";
import type { Fail } from "./outcome";
import { toPattern, type Pattern } from "./patterns";

const instructionName = v.pipe(
    v.string(),
    v.transform(name => name.toUpperCase()),
    v.check(name => knownInstructions.includes(name), "is not an instruction of a Dockerfile"),
);

/** "RUN", or "RUN pip install": an instruction, and a text that its arguments contain. */
const place = (description: string) =>
    v.pipe(
        v.string(),
        v.check(
            words => knownInstructions.includes(words.split(" ")[0]!.toUpperCase()),
            "must begin with an instruction of a Dockerfile",
        ),
        v.description(description),
    );

export const instructionSchema = v.strictObject({
    name: v.pipe(instructionName, v.description("`COPY`.")),
    arguments: v.optional(text("Its complete arguments. Spaces, and `./` before a path, make no difference.")),
    contains: v.optional(texts("Texts that its arguments must contain.")),
    matches: v.optional(pattern("A regular expression that its arguments must match.")),
    form: v.optional(v.pipe(v.picklist(["exec", "shell"]), v.description("exec: a list; shell: a line."))),
    before: v.optional(place("An instruction that must come after it: `RUN`, or `RUN pip install`.")),
    after: v.optional(place("An instruction that must come before it.")),
    count: v.optional(count("How many there must be.")),
});

export type InstructionSpec = v.InferOutput<typeof instructionSchema>;

export async function instructionProblem(
    wanted: InstructionSpec,
    all: readonly Instruction[],
    path: string,
): Promise<Fail | undefined> {
    const { name } = wanted;
    const same = all.filter(one => one.name === name);
    const expected = inWords(wanted);
    const matching = wanted.matches === undefined ? undefined : await toPattern(wanted.matches);
    const fitting = same.filter(one => fits(wanted, matching, one));
    if (wanted.count !== undefined) {
        if (fitting.length === wanted.count) return undefined;
        return fail("file.wrong-count", {
            message: `${path} has \`${expected}\` ${fitting.length} times, but this step asks for ${wanted.count}.`,
            expected: `${wanted.count}`,
            found: `${fitting.length}`,
        });
    }
    if (same.length === 0)
        return fail("file.no-instruction", {
            message: `${path} has no ${name}. Add \`${expected}\`.`,
            expected,
            found: `no ${name}`,
        });
    if (fitting.length === 0) return wrongArguments(wanted, same, path);
    const inForm = fitting.filter(one => wanted.form === undefined || one.form === wanted.form);
    if (inForm.length === 0)
        return fail("file.wrong-form", {
            message: `${name} in line ${fitting[0]!.line} of ${path} is written in ${fitting[0]!.form} form. ${wanted.form === "exec" ? `Write it as a list: \`${name} ["python", "app.py"]\`.` : "Write it as a line, without brackets and commas."}`,
            expected: `${wanted.form} form`,
            found: `${name} ${fitting[0]!.arguments}`,
        });
    return inForm.some(one => inPlace(wanted, one, all)) ? undefined : wrongOrder(wanted, inForm[0]!, all, path);
}

function fits(wanted: InstructionSpec, matching: Pattern | undefined, one: Instruction): boolean {
    const plain = plainArguments(one.arguments);
    return (
        (wanted.arguments === undefined || plain === plainArguments(wanted.arguments)) &&
        (wanted.contains ?? []).every(part => plain.includes(part) || one.arguments.includes(part)) &&
        (!matching || matching.test(one.arguments))
    );
}

function wrongArguments(wanted: InstructionSpec, same: readonly Instruction[], path: string): Fail {
    const found = same.map(one => `${one.name} ${one.arguments}`);
    const lines = same.map(one => one.line).join(", ");
    return fail("file.wrong-arguments", {
        message: `${path} has ${wanted.name} (line ${lines}), but not \`${inWords(wanted)}\`.`,
        expected: inWords(wanted),
        found: found.join("; "),
        excerpt: same.map(one => `${one.line}  ${one.name} ${one.arguments}`).join("\n"),
    });
}

const isAt = (where: string) => {
    const [name, ...words] = where.split(" ");
    return (one: Instruction) => one.name === name!.toUpperCase() && one.arguments.includes(words.join(" "));
};

/** Order counts within one build stage. */
function inPlace(wanted: InstructionSpec, one: Instruction, all: readonly Instruction[]): boolean {
    const others = all.filter(other => other !== one && other.stage === one.stage);
    const first = wanted.before === undefined ? undefined : others.find(isAt(wanted.before));
    const last = wanted.after === undefined ? undefined : others.find(isAt(wanted.after));
    return (
        (wanted.before === undefined || (first !== undefined && one.line < first.line)) &&
        (wanted.after === undefined || (last !== undefined && one.line > last.line))
    );
}

function wrongOrder(wanted: InstructionSpec, one: Instruction, all: readonly Instruction[], path: string): Fail {
    const where = [wanted.before && `before ${wanted.before}`, wanted.after && `after ${wanted.after}`]
        .filter(part => part)
        .join(" and ");
    for (const other of [wanted.before, wanted.after])
        if (other !== undefined && !all.some(isAt(other)))
            return fail("file.no-instruction", {
                message: `${path} has no \`${other}\`. Add it.`,
                expected: other,
                found: `no ${other}`,
            });
    return fail("file.wrong-order", {
        message: `Move \`${inWords(wanted)}\` ${where} in ${path}; it is in line ${one.line}. The order decides what exists when an instruction runs, and what is built again after a change.`,
        expected: where,
        found: `line ${one.line}`,
        excerpt: all.map(each => `${each === one ? ">" : " "} ${each.line}  ${each.name} ${each.arguments}`).join("\n"),
    });
}

const inWords = (wanted: InstructionSpec) =>
    [wanted.name, wanted.arguments ?? wanted.contains?.join(" … ") ?? ""].join(" ").trim();
