/** A container's other settings: program, environment, mounts, networks, labels, limits. */
import type { ContainerDetails } from "../docker/docker";
import type { CheckContext } from "./check";
import { fail } from "./container-failures";
import { logOf } from "./look";
import { shellWords, spoken, type Fail } from "./outcome";

interface Wanted {
    command?: string[] | undefined;
    env?: Record<string, string> | undefined;
    mounts?: Record<string, string> | undefined;
    networks?: string[] | undefined;
    labels?: Record<string, string> | undefined;
    memory?: number | undefined;
    restart?: string | undefined;
    health?: string | undefined;
}

export async function settingsProblem(
    wanted: Wanted,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    const { name } = details;
    const command = [...details.entrypoint, ...details.command];
    if (wanted.command && command.join("\0") !== wanted.command.join("\0"))
        return fail("container.wrong-command", {
            message: `The container ${name} runs \`${shellWords(command)}\`, but this step asks for \`${shellWords(wanted.command)}\`.`,
            expected: shellWords(wanted.command),
            found: shellWords(command),
        });
    for (const [key, value] of Object.entries(wanted.env ?? {}))
        if (details.env[key] !== value)
            return fail("container.wrong-env", {
                message: `In the container ${name} the variable ${key} is ${details.env[key] === undefined ? "not set" : `"${details.env[key]}"`}, but this step asks for "${value}". Set it with \`-e ${key}=${value}\`, or with ENV in the Dockerfile.`,
                expected: `${key}=${value}`,
                found: details.env[key] === undefined ? "not set" : `${key}=${details.env[key]}`,
            });
    return (
        mountProblem(wanted, details) ??
        networkProblem(wanted, details) ??
        limitProblem(wanted, details) ??
        (await healthProblem(wanted, details, context))
    );
}

function mountProblem(wanted: Wanted, { name, mounts }: ContainerDetails): Fail | undefined {
    for (const [folder, source] of Object.entries(wanted.mounts ?? {})) {
        const there = mounts.find(mount => mount.destination === folder);
        if (there && (there.name === source || there.source === source)) continue;
        const found = there
            ? (there.name ?? there.source)
            : mounts.length === 0
              ? "nothing mounted"
              : spoken(mounts.map(mount => `${mount.name ?? mount.source} at ${mount.destination}`));
        return fail("container.wrong-mount", {
            message: `In the container ${name}, ${folder} is ${there ? `${found}, not ${source}` : "not mounted"}. Remove the container and run it with \`-v ${source}:${folder}\`.`,
            expected: `${source} at ${folder}`,
            found,
        });
    }
    return undefined;
}

function networkProblem(wanted: Wanted, { name, networks }: ContainerDetails): Fail | undefined {
    const missing = wanted.networks?.find(network => !(network in networks));
    if (missing === undefined) return undefined;
    const found = spoken(Object.keys(networks)) || "none";
    return fail("container.wrong-network", {
        message: `The container ${name} is not in the network ${missing}; it is in ${found}. Connect it with \`docker network connect ${missing} ${name}\`, or run it with \`--network ${missing}\`.`,
        expected: missing,
        found,
    });
}

function limitProblem(wanted: Wanted, details: ContainerDetails): Fail | undefined {
    const { name } = details;
    for (const [key, value] of Object.entries(wanted.labels ?? {}))
        if (details.labels[key] !== value)
            return fail("container.wrong-label", {
                message: `The container ${name} has ${details.labels[key] === undefined ? `no label ${key}` : `the label ${key}=${details.labels[key]}`}, but this step asks for ${key}=${value}.`,
                expected: `${key}=${value}`,
                found: details.labels[key] ?? "no such label",
            });
    const memory = details.memoryLimit / (1 << 20);
    if (wanted.memory !== undefined && memory !== wanted.memory)
        return fail("container.wrong-memory", {
            message: `The container ${name} has ${memory === 0 ? "no memory limit" : `a memory limit of ${memory} MB`}, but this step asks for ${wanted.memory} MB (\`-m ${wanted.memory}m\`).`,
            expected: `${wanted.memory} MB`,
            found: memory === 0 ? "no limit" : `${memory} MB`,
        });
    if (wanted.restart !== undefined && details.restartPolicy !== wanted.restart)
        return fail("container.wrong-restart", {
            message: `The restart policy of the container ${name} is "${details.restartPolicy}", but this step asks for "${wanted.restart}" (\`--restart ${wanted.restart}\`).`,
            expected: wanted.restart,
            found: details.restartPolicy,
        });
    return undefined;
}

async function healthProblem(
    wanted: Wanted,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    if (wanted.health === undefined || details.health === wanted.health) return undefined;
    return fail("container.wrong-health", {
        message: `The health of the container ${details.name} is "${details.health}", but this step asks for "${wanted.health}".`,
        expected: wanted.health,
        found: details.health,
        excerpt: await logOf(context, details.id),
    });
}
