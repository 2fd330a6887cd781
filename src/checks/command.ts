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
                "The command, such as `docker ps -a`. The order of flags, long flag names, additional flags, spaces and quotes make no difference.",
            ),
        ),
        matches: v.optional(pattern("A regular expression that the command line must match.")),
        code: v.optional(
            v.pipe(
                v.union([v.pipe(v.number(), v.integer()), v.literal("any")]),
                v.description("The exit status it must have; `any` for any. Default: 0."),
            ),
        ),
        count: v.optional(count("How many times at least. Default: 1.")),
    }),
    v.check(spec => spec.ran !== undefined || spec.matches !== undefined, "needs `ran` or `matches`"),
);

export type CommandSpec = v.InferOutput<typeof schema>;

const failures = {
    "command.never-ran": "The student has not run it.",
    "command.almost": "The student ran it with different flags or arguments.",
    "command.failed": "The student ran it, and it failed.",
    "command.wrong-code": "The student ran it, and its exit status is not the expected one.",
    "command.too-few": "The student has not run it often enough.",
};
const fail = failer(failures);

export const command: CheckKind<CommandSpec> = {
    name: "command",
    summary: "A command that the student ran in a terminal, and its exit status.",
    schema,
    failures,
    describe: spec => `the command \`${inWords(spec)}\``,
    run,
};

const inWords = (spec: CommandSpec) => spec.ran ?? spec.matches ?? "";

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
            message: `You ran \`${expected}\` ${good.length} of ${often} times. Run it again.`,
            expected: `${often} times`,
            found: `${good.length}`,
        });
    const last = ran.at(-1);
    if (last)
        return wanted === 0
            ? fail("command.failed", {
                  message: `You ran \`${last.command.trim()}\`, but it failed with status ${last.code}. Read its message in the terminal.`,
                  expected: "status 0",
                  found: `status ${last.code}`,
              })
            : fail("command.wrong-code", {
                  message: `You ran \`${last.command.trim()}\`. It ended with status ${last.code}, but this step asks for status ${wanted}.`,
                  expected: `status ${wanted}`,
                  found: `status ${last.code}`,
              });
    return (
        almost(spec, commands) ??
        fail("command.never-ran", {
            message:
                spec.ran === undefined
                    ? "Run the command that this step asks for."
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
                message: `You ran \`${record.command.trim()}\`, but this step asks for \`${spec.ran}\`. Missing: ${spoken(lackOf(wanted, given).map(part => `\`${part}\``))}.`,
                expected: spec.ran!,
                found: record.command.trim(),
            });
        }
    return undefined;
}
