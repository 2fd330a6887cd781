/** The check kind `command`: a command that the student ran in a terminal. */
import * as v from "valibot";
import type { CheckContext, CheckKind, CheckResult, CommandRecord } from "./check";
import { lackOf, parseCommand, sameVerb, splitLine } from "./command-line";
import { count, pattern, text } from "./fields";
import { failer, pass, spoken } from "./outcome";
import { toPattern, type Pattern } from "./patterns";

const schema = v.pipe(
    v.strictObject({
        ran: v.optional(
            text(
                "The command, as in `docker ps -a`. Order and long names of flags, further flags, spaces and quotes do not count.",
            ),
        ),
        matches: v.optional(pattern("A regular expression that the command line must match.")),
        code: v.optional(
            v.pipe(
                v.union([v.pipe(v.number(), v.integer()), v.literal("any")]),
                v.description("The status it must have ended with; `any` for any. Without it 0."),
            ),
        ),
        count: v.optional(count("How often, at least. Without it once.")),
    }),
    v.check(spec => spec.ran !== undefined || spec.matches !== undefined, "needs `ran` or `matches`"),
);

export type CommandSpec = v.InferOutput<typeof schema>;

const failures = {
    "command.never-ran": "The student has not run it.",
    "command.almost": "The student ran it with other flags or arguments.",
    "command.failed": "The student ran it, and it ended with an error.",
    "command.wrong-code": "The student ran it, and it ended with another status than wanted.",
    "command.too-few": "The student has not run it often enough.",
};
const fail = failer(failures);

export const command: CheckKind<CommandSpec> = {
    name: "command",
    summary: "A command that the student ran in a terminal, and the status it ended with.",
    schema,
    failures,
    describe: spec => `the command ${inWords(spec)}`,
    run,
};

const inWords = (spec: CommandSpec) => spec.ran ?? `that matches ${spec.matches}`;

async function run(spec: CommandSpec, { commands }: CheckContext): Promise<CheckResult> {
    const matching = spec.matches === undefined ? undefined : await toPattern(spec.matches);
    const ran = commands.filter(record => isIt(spec, matching, record));
    const wanted = spec.code ?? 0;
    const good = ran.filter(record => wanted === "any" || record.code === wanted);
    const often = spec.count ?? 1;
    if (good.length >= often) return pass(`You ran \`${good.at(-1)!.command.trim()}\`.`);
    const expected = inWords(spec);
    if (good.length > 0)
        return fail("command.too-few", {
            message: `You ran \`${expected}\` ${good.length} of ${often} times.`,
            expected: `${often} times`,
            found: `${good.length}`,
        });
    const last = ran.at(-1);
    if (last)
        return wanted === 0
            ? fail("command.failed", {
                  message: `You ran \`${last.command.trim()}\`, but it ended with an error (status ${last.code}). Read what it says in the terminal.`,
                  expected: "status 0",
                  found: `status ${last.code}`,
              })
            : fail("command.wrong-code", {
                  message: `You ran \`${last.command.trim()}\`; it ended with status ${last.code}, the step asks for ${wanted}.`,
                  expected: `status ${wanted}`,
                  found: `status ${last.code}`,
              });
    return (
        almost(spec, commands) ??
        fail("command.never-ran", {
            message:
                spec.ran === undefined
                    ? "The command that this step asks for has not been run yet."
                    : `Run \`${spec.ran}\` in a terminal.`,
            expected,
            found: commands.at(-1)?.command.trim() ?? "no command yet",
        })
    );
}

function isIt(spec: CommandSpec, matching: Pattern | undefined, record: CommandRecord): boolean {
    if (matching && !matching.test(record.command.trim().replace(/[ \t]+/g, " "))) return false;
    if (spec.ran === undefined) return true;
    const given = splitLine(record.command).map(parseCommand);
    return splitLine(spec.ran)
        .map(parseCommand)
        .every(wanted => given.some(one => sameVerb(wanted, one) && lackOf(wanted, one).length === 0));
}

function almost(spec: CommandSpec, commands: readonly CommandRecord[]): CheckResult | undefined {
    const wanted = spec.ran === undefined ? undefined : parseCommand(splitLine(spec.ran)[0] ?? []);
    if (!wanted) return undefined;
    for (const record of commands.toReversed())
        for (const given of splitLine(record.command).map(parseCommand)) {
            if (!sameVerb(wanted, given)) continue;
            return fail("command.almost", {
                message: `You ran \`${record.command.trim()}\`; the step asks for \`${spec.ran}\`. What is missing: ${spoken(lackOf(wanted, given).map(part => `\`${part}\``))}.`,
                expected: spec.ran!,
                found: record.command.trim(),
            });
        }
    return undefined;
}
