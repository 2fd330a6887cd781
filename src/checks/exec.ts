/** The check kind `exec`: runs a program to look at something, in the guest or in a container. Only the author knows whether the program changes something. */
import * as v from "valibot";
import { DrydockError } from "../base/errors";
import type { ContainerSummary } from "../docker/docker";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { flag, pattern, text, words } from "./fields";
import { allContainers, callOf } from "./look";
import { sameImage } from "../base/image-reference";
import { failer, firstLines, lastLines, pass, shellWords, spoken } from "./outcome";
import { toPattern } from "./patterns";

const schema = v.strictObject({
    in: v.optional(
        text("The container to run it in: its name, or the image of a running one. Default: the machine itself."),
    ),
    argv: v.pipe(words("The program and its arguments."), v.minLength(1, "must name a program")),
    code: v.optional(v.pipe(v.number(), v.integer(), v.description("The exit code it must end with. Default: 0."))),
    reads: v.optional(
        flag(
            "true: the program changes nothing, so the check may also run by itself after each command. Default: only on Check.",
        ),
    ),
    stdout: v.optional(pattern("A regular expression that its output must match.")),
    stderr: v.optional(pattern("A regular expression that its error output must match.")),
});

export type ExecSpec = v.InferOutput<typeof schema>;

const failures = {
    "exec.no-container": "The container to run it in does not exist.",
    "exec.not-running": "The container to run it in is not running.",
    "exec.not-found": "There is no such program.",
    "exec.wrong-code": "It ended with a different exit code.",
    "exec.wrong-output": "Its output is different.",
};
const fail = failer(failures);

export const exec: CheckKind<ExecSpec> = {
    name: "exec",
    summary: "The exit code and output of a program, run in the machine or in a container.",
    schema,
    failures,
    describe: spec => `the result of \`${shellWords(spec.argv)}\`${spec.in ? ` in ${spec.in}` : ""}`,
    acts: {
        when: "Runs only when the student presses Check, because a program may do anything. With `reads: true` it also runs by itself.",
        with: spec => spec.reads !== true,
        because: () => "runs a program",
    },
    run,
};

/** The agent rejects a missing program with an error; a shell and `docker exec` end with a status. */
function asNotFound(thrown: unknown): { stdout: string; stderr: string; code: number } {
    if (thrown instanceof DrydockError && thrown.code === "agent.not-found")
        return { stdout: "", stderr: thrown.message, code: 127 };
    throw thrown;
}

/** With these `docker exec` and shells report that a program does not exist or cannot be run. */
const notFound = [126, 127];

async function run(spec: ExecSpec, context: CheckContext): Promise<CheckResult> {
    const program = shellWords(spec.argv);
    let argv = spec.argv;
    if (spec.in !== undefined) {
        const container = findContainer(await allContainers(context), spec.in);
        if (!container)
            return fail("exec.no-container", {
                message: `There is no container ${spec.in}.`,
                expected: spec.in,
                found: "no such container",
            });
        if (container.state !== "running")
            return fail("exec.not-running", {
                message: `The container ${callOf(container)} is not running (${container.status}). Start it with \`docker start ${callOf(container)}\`.`,
                expected: "running",
                found: container.state,
            });
        argv = ["docker", "exec", container.id, ...spec.argv];
    }
    const { stdout, stderr, code } = await context
        .exec(argv, { cwd: "/workspace", signal: context.signal })
        .catch(asNotFound);
    const where = spec.in ? ` in ${spec.in}` : "";
    const wanted = spec.code ?? 0;
    if (code !== wanted) {
        if (notFound.includes(code))
            return fail("exec.not-found", {
                message: `There is no program ${spec.argv[0]}${where}.`,
                expected: program,
                found: `status ${code}`,
                excerpt: lastLines(stderr || stdout),
            });
        return fail("exec.wrong-code", {
            message: `\`${program}\`${where} ended with exit code ${code}, but this step asks for ${wanted}.`,
            expected: `exit code ${wanted}`,
            found: `exit code ${code}`,
            excerpt: lastLines(stderr || stdout),
        });
    }
    for (const [name, wantedText, found] of [
        ["output", spec.stdout, stdout],
        ["error output", spec.stderr, stderr],
    ] as const)
        if (wantedText !== undefined && !(await toPattern(wantedText)).test(found))
            return fail("exec.wrong-output", {
                message: `The ${name} of \`${program}\`${where} is not what this step asks for. It is shown below.`,
                expected: `${name} that matches ${wantedText}`,
                found: found.trim() === "" ? "nothing" : spoken([found.trim().split("\n")[0]!]),
                excerpt: firstLines(found),
            });
    return pass(
        spec.stdout === undefined && spec.stderr === undefined
            ? `\`${program}\`${where} ${wanted === 0 ? "succeeds" : `ends with exit code ${wanted}`}.`
            : `\`${program}\`${where} gives the expected output.`,
    );
}

function findContainer(all: readonly ContainerSummary[], nameOrImage: string): ContainerSummary | undefined {
    return (
        all.find(one => one.names.includes(nameOrImage)) ??
        all.find(one => one.state === "running" && sameImage(one.image, nameOrImage)) ??
        all.find(one => sameImage(one.image, nameOrImage))
    );
}
