/** Why a port of the machine does not lead to a running container. */
import type { ContainerDetails, PortBinding } from "../docker/docker";
import type { CheckContext } from "./check";
import { fail } from "./container-failures";
import { misplacedFlag } from "./container-state";
import { callOf, holderOf } from "./look";
import { spoken, type Fail } from "./outcome";

export async function portsProblem(
    wanted: { publishes?: Record<string, number> | undefined },
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    for (const [outside, inside] of Object.entries(wanted.publishes ?? {})) {
        const problem = await portProblem(Number(outside), inside, details, context);
        if (problem) return problem;
    }
    return undefined;
}

async function portProblem(
    outside: number,
    inside: number,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    const published = details.ports.filter(port => port.hostPort !== undefined && port.protocol === "tcp");
    const there = published.find(port => port.hostPort === outside);
    if (there?.containerPort === inside) return undefined;
    const expected = `port ${outside} of the machine leads to port ${inside} in the container`;
    const found = published.length === 0 ? "nothing published" : spoken(published.map(inWords));
    const again = `Remove it with \`docker rm -f ${details.name}\` and run it again with \`-p ${outside}:${inside}\`.`;
    if (there) {
        return fail("container.wrong-inside-port", {
            message: `Port ${outside} of the machine leads to port ${there.containerPort} in the container ${details.name}, but the app listens on ${inside}. The order is \`-p machine:container\`. ${again}`,
            expected,
            found,
        });
    }
    const holder = await holderOf(context, outside);
    if (holder && holder.id !== details.id)
        return fail("container.port-held-by-another", {
            message: `Port ${outside} of the machine belongs to the container ${callOf(holder)} (image ${holder.image}), not to ${details.name} (image ${details.image}). Remove ${callOf(holder)} first, or check which image you ran.`,
            expected,
            found: `port ${outside} leads to ${callOf(holder)}`,
        });
    if (published.length === 0) {
        const misplaced = misplacedFlag(details);
        const exposes = details.ports.some(port => port.containerPort === inside)
            ? " EXPOSE alone does not open a port of the machine."
            : "";
        return fail("container.not-published", {
            message: `The container ${details.name}, image ${details.image}, is running but publishes no port, so port ${outside} of the machine does not lead to it.${misplaced ? ` ${misplaced}` : exposes} ${again}`,
            expected,
            found,
        });
    }
    const swapped =
        published.some(port => port.hostPort === inside && port.containerPort === outside) && inside !== outside;
    return fail("container.published-elsewhere", {
        message: swapped
            ? `The two numbers after \`-p\` are the wrong way round for the container ${details.name}: the machine's port comes first. ${again}`
            : `The container ${details.name}, image ${details.image}, is running but publishes ${spoken(published.map(inWords))}, so port ${outside} of the machine does not lead to it. Run one with \`-p ${outside}:${inside}\`.`,
        expected,
        found,
    });
}

const inWords = (port: PortBinding) => `${port.hostPort}:${port.containerPort}`;
