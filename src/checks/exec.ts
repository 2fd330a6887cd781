/** The check kind `exec`: a program run to look at something, in the guest or in a container. Only its author knows whether it changes something. */
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
        text("The container to run it in: its name, or the image of a running one. Without it the machine itself."),
    ),
    argv: v.pipe(words("The program and its arguments."), v.minLength(1, "must name a program")),
    code: v.optional(v.pipe(v.number(), v.integer(), v.description("The exit code it must end with. Without it 0."))),
    reads: v.optional(
        flag("true: it changes nothing, so it may run by itself after each command. Without it, only on Check."),
    ),
    stdout: v.optional(pattern("A regular expression that its output must match.")),
    stderr: v.optional(pattern("A regular expression that its error output must match.")),
});

export type ExecSpec = v.InferOutput<typeof schema>;

const failures = {
    "exec.no-container": "There is no such container to run it in.",
    "exec.not-running": "The container to run it in does not run.",
    "exec.not-found": "There is no such program.",
    "exec.wrong-code": "It ended with another exit code.",
    "exec.wrong-output": "Its output is another.",
};
const fail = failer(failures);

export const exec: CheckKind<ExecSpec> = {
    name: "exec",
    summary: "The output of a program, in the machine or in a container.",
    schema,
    failures,
    describe: spec => `what "${shellWords(spec.argv)}" says${spec.in ? ` in ${spec.in}` : ""}`,
    acts: {
        when: "A program may do anything, so it runs only when the student presses Check; with `reads: true` it also runs by itself.",
        with: spec => spec.reads !== true,
        because: () => "runs a program",
    },
    run,
};

/** The agent refuses to start what is not there; a shell and `docker exec` end with a status. */
function asNotFound(thrown: unknown): { stdout: string; stderr: string; code: number } {
    if (thrown instanceof DrydockError && thrown.code === "agent.not-found")
        return { stdout: "", stderr: thrown.message, code: 127 };
    throw thrown;
}

/** As `docker exec` and shells report that the program is not there or cannot be run. */
const notFound = [126, 127];

async function run(spec: ExecSpec, context: CheckContext): Promise<CheckResult> {
    const program = shellWords(spec.argv);
    let argv = spec.argv;
    if (spec.in !== undefined) {
        const container = findContainer(await allContainers(context), spec.in);
        if (!container)
            return fail("exec.no-container", {
                message: `There is no container ${spec.in} to look into.`,
                expected: spec.in,
                found: "no such container",
            });
        if (container.state !== "running")
            return fail("exec.not-running", {
                message: `The container ${callOf(container)} does not run (${container.status}), so that nothing can be looked at in it.`,
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
            message: `"${program}"${where} ended with exit code ${code}; the step asks for ${wanted}.`,
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
                message: `"${program}"${where} does not say what the step asks for in its ${name}; what it says is below.`,
                expected: `${name} that matches ${wantedText}`,
                found: found.trim() === "" ? "nothing" : spoken([found.trim().split("\n")[0]!]),
                excerpt: firstLines(found),
            });
    return pass(`"${program}"${where} says what it should.`);
}

function findContainer(all: readonly ContainerSummary[], nameOrImage: string): ContainerSummary | undefined {
    return (
        all.find(one => one.names.includes(nameOrImage)) ??
        all.find(one => one.state === "running" && sameImage(one.image, nameOrImage)) ??
        all.find(one => sameImage(one.image, nameOrImage))
    );
}
