/** Why a container is not in the state it should be in. */
import type { ContainerDetails } from "../docker/docker";
import type { CheckContext } from "./check";
import { fail } from "./container-failures";
import { adviceFromLog } from "./app-log";
import { imageDetails, allContainers, callOf, logOf } from "./look";
import type { Fail } from "./outcome";

interface Wanted {
    image?: string | undefined;
    state?: ContainerDetails["state"] | undefined;
    exitCode?: number | undefined;
}

export async function stateProblem(
    wanted: Wanted,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    const { state } = details;
    if (wanted.state === "running" && state === "running") return oldImage(wanted, details, context);
    if (wanted.state === "running") return notRunning(details, context);
    if (wanted.state !== undefined && wanted.state !== state)
        return fail(state === "running" ? "container.running" : "container.wrong-state", {
            message:
                state === "running" && wanted.state === "exited"
                    ? `The container ${details.name} is still running. Stop it with \`docker stop ${details.name}\`.`
                    : `The container ${details.name} is in the state "${state}", but this step asks for "${wanted.state}".`,
            expected: wanted.state,
            found: state,
        });
    if (wanted.exitCode !== undefined && (state === "running" || details.exitCode !== wanted.exitCode))
        return state === "running"
            ? fail("container.running", {
                  message: `The container ${details.name} is still running. This step looks at its exit code, so let it end or stop it first.`,
                  expected: `exit code ${wanted.exitCode}`,
                  found: "running",
              })
            : fail("container.wrong-exit-code", {
                  message: `The container ${details.name} exited with code ${details.exitCode}, but this step asks for ${wanted.exitCode}. Its last lines of output are below.`,
                  expected: `exit code ${wanted.exitCode}`,
                  found: `exit code ${details.exitCode}`,
                  excerpt: await logOf(context, details.id),
              });
    return undefined;
}

async function oldImage(wanted: Wanted, details: ContainerDetails, context: CheckContext): Promise<Fail | undefined> {
    const image = wanted.image === undefined ? undefined : await imageDetails(context, wanted.image);
    if (!image || image.id === details.imageId) return undefined;
    return fail("container.old-image", {
        message: `The container ${details.name} still runs an older build of ${wanted.image}. Remove it with \`docker rm -f ${details.name}\` and run it again: a container keeps the image it was created from.`,
        expected: `a container from the current ${wanted.image}`,
        found: "a container from an older build",
    });
}

async function notRunning(details: ContainerDetails, context: CheckContext): Promise<Fail> {
    const { name, image, state, exitCode, error } = details;
    const expected = "running";
    if (state === "created") return notStarted(details, context);
    if (state === "paused")
        return fail("container.paused", {
            message: `The container ${name} is paused. Resume it with \`docker unpause ${name}\`.`,
            expected,
            found: state,
        });
    const log = await logOf(context, details.id);
    const ended = `exit code ${exitCode}`;
    if (details.oomKilled)
        return fail("container.out-of-memory", {
            message: `The kernel killed the container ${name} because it used more memory than its limit of ${details.memoryLimit >> 20} MB.`,
            expected,
            found: ended,
            excerpt: log,
        });
    if (state === "restarting")
        return fail("container.restarting", {
            message:
                `The container ${name} keeps restarting: it exits with code ${exitCode} each time. Its last lines of output are below. ${adviceFromLog(log)}`.trim(),
            expected,
            found: state,
            excerpt: log,
        });
    if (error !== "") return notStarted(details, context);
    // 128 + SIGKILL, 128 + SIGTERM: what docker stop, kill and rm leave behind
    if ((exitCode === 137 || exitCode === 143) && !/Traceback|Error/.test(log))
        return fail("container.stopped", {
            message: `The container ${name}, image ${image}, was stopped. Start it again with \`docker start ${name}\`.`,
            expected,
            found: `stopped, ${ended}`,
            excerpt: log,
        });
    const said = log === "" ? "It printed nothing." : "Its last lines of output are below.";
    const advice = misplacedFlag(details) || adviceFromLog(log) || endedByItself(exitCode);
    return fail("container.exited", {
        message: `The container ${name}, image ${image}, exited with code ${exitCode}. ${said} ${advice}`.trim(),
        expected,
        found: `exited with code ${exitCode}`,
        excerpt: log,
    });
}

/** "docker run IMAGE -p 5000:5000" passes -p to the program. */
export function misplacedFlag({ image, command }: ContainerDetails): string {
    const at = command.findIndex(
        (word, index) =>
            /^(-d|--name|--rm|-it|-p\d*:?\d*|--publish)$/.test(word) &&
            (word !== "-p" || /^\d+:\d+$/.test(command[index + 1] ?? "")),
    );
    if (at < 0) return "";
    return `You wrote \`${command[at]}\` after ${image}, so it went to the program in the container. Put Docker's options before the name of the image.`;
}

/** 0: the program had nothing left to do. 130, and 0 for Flask: Ctrl-C. */
function endedByItself(exitCode: number): string {
    if (exitCode !== 0 && exitCode !== 130) return "";
    return "A container lives as long as its program. If you pressed Ctrl-C, run it in the background with `-d`; otherwise look at ENTRYPOINT and CMD.";
}

async function notStarted(details: ContainerDetails, context: CheckContext): Promise<Fail> {
    const { name, error } = details;
    const expected = "running";
    if (error === "")
        return fail("container.not-started", {
            message: `The container ${name} was created but not started. Start it with \`docker start ${name}\`.`,
            expected,
            found: details.state,
        });
    const taken =
        /Bind for \S+?:(\d+) failed: port is already allocated|listen tcp\d? \S*?:(\d+): bind: address already in use/.exec(
            error,
        );
    if (taken) {
        const port = Number(taken[1] ?? taken[2]);
        const holder = (await allContainers(context)).find(
            one => one.id !== details.id && one.ports.some(binding => binding.hostPort === port),
        );
        const by = holder
            ? `by the container ${callOf(holder)}. Remove that container with \`docker rm -f ${callOf(holder)}\``
            : "by another program. Stop that program";
        return fail("container.port-taken", {
            message: `The container ${name} could not start: port ${port} of the machine is already in use ${by}, or choose another port. Then remove ${name} and run it again.`,
            expected,
            found: "not started",
            excerpt: error,
        });
    }
    if (/executable file not found|no such file or directory|cannot find|not found/i.test(error)) {
        const program =
            /"([^"]+)": (?:executable file not found|stat)/.exec(error)?.[1] ??
            /executable file `?([^`' ]+)/.exec(error)?.[1];
        return fail("container.program-missing", {
            message: `The container ${name} could not start: the image has no program ${program ? `"${program}"` : "of that name"}. Look at ENTRYPOINT and CMD in the Dockerfile, and at what you typed after the name of the image.`,
            expected,
            found: "not started",
            excerpt: error,
        });
    }
    return fail("container.not-started", {
        message: `The engine could not start the container ${name}. Its message is below.`,
        expected,
        found: "not started",
        excerpt: error,
    });
}
