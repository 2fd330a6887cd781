/** The check kind `container`: a container of an image or with a name, in some state, published, set up as wanted. */
import * as v from "valibot";
import type { ContainerDetails, ContainerSummary } from "../docker/docker";
import { states } from "../docker/replies";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { missing } from "./container-missing";
import { portsProblem } from "./container-ports";
import { settingsProblem } from "./container-settings";
import { stateProblem } from "./container-state";
import { containerFailures, fail } from "./container-failures";
import { count, pairs, publishes, text, texts, words } from "./fields";
import { allContainers, containerDetails } from "./look";
import { sameImage } from "../base/image-reference";
import { isId } from "./names";
import { pass, spoken, type Fail } from "./outcome";

const schema = v.strictObject({
    image: v.optional(text("The image it was made from, as in `docker run`: `docker-flask:1.0`.")),
    name: v.optional(text("Its name, as in `--name`.")),
    state: v.optional(
        v.pipe(
            v.picklist(states),
            v.description(
                "The state it must be in. Without it any state will do, but a container that must publish a port must run.",
            ),
        ),
    ),
    publishes: v.optional(
        publishes(
            "Ports of the machine and the container's ports they lead to, in the order of `-p`: `{ 8000: 5000 }`.",
        ),
    ),
    count: v.optional(count("How many such containers there must be, exactly. 0: none. Without it one or more.")),
    exitCode: v.optional(count("The exit code it ended with.")),
    command: v.optional(words("The program and its arguments, entrypoint first.")),
    env: v.optional(pairs("Environment variables it must have.")),
    mounts: v.optional(
        pairs("Folders in the container and the volume or folder of the machine that is mounted there."),
    ),
    networks: v.optional(texts("Networks it must be joined to.")),
    labels: v.optional(pairs("Labels it must carry.")),
    memory: v.optional(count("Its memory limit in MB, as in `-m`; 0 for none.")),
    restart: v.optional(
        v.pipe(v.picklist(["no", "always", "on-failure", "unless-stopped"]), v.description("Its restart policy.")),
    ),
    health: v.optional(
        v.pipe(v.picklist(["none", "starting", "healthy", "unhealthy"]), v.description("What its health check says.")),
    ),
});

const checked = v.pipe(
    schema,
    v.check(spec => spec.image !== undefined || spec.name !== undefined, "needs `image` or `name`"),
);

export type ContainerSpec = v.InferOutput<typeof schema>;

export const container: CheckKind<ContainerSpec> = {
    name: "container",
    summary: "A container of an image or with a name, in a state, with its ports published and its settings as wanted.",
    schema: checked,
    failures: containerFailures,
    describe: spec => {
        const parts = [
            spec.count === 0
                ? "no container"
                : spec.count !== undefined && spec.count !== 1
                  ? `${spec.count} containers`
                  : spec.state === "running"
                    ? "a running container"
                    : "a container",
            spec.name ? `named ${spec.name}` : "",
            spec.image ? `of ${spec.image}` : "",
            spec.state && spec.state !== "running" ? `in the state ${spec.state}` : "",
            spec.publishes
                ? `with ${spoken(Object.entries(spec.publishes).map(([outside, inside]) => `port ${outside} leading to its port ${inside}`))}`
                : "",
        ];
        return parts.filter(part => part !== "").join(" ");
    },
    run,
};

/** Newest first: the student's last try is the one to speak of. */
async function candidatesOf(spec: ContainerSpec, context: CheckContext): Promise<ContainerSummary[]> {
    const all = (await allContainers(context)).toSorted((a, b) => b.created - a.created);
    if (spec.name !== undefined) return all.filter(one => one.names.includes(spec.name!));
    const named = all.filter(one => sameImage(one.image, spec.image!));
    // A container whose image has lost its name to a newer build shows an id; its own record still knows the name.
    for (const one of all.filter(one => isId(one.image)))
        if (sameImage((await containerDetails(context, one.id))?.image ?? one.image, spec.image!)) named.push(one);
    return named;
}

async function run(spec: ContainerSpec, context: CheckContext): Promise<CheckResult> {
    const candidates = await candidatesOf(spec, context);
    const fitting: ContainerDetails[] = [];
    const problems: Fail[] = [];
    for (const candidate of candidates) {
        const details = await containerDetails(context, candidate.id);
        if (!details) continue; // removed since it was listed
        const problem = await problemOf(spec, details, context);
        if (problem) problems.push(problem);
        else fitting.push(details);
    }
    const names = fitting.map(one => one.name);
    if (spec.count === 0) {
        if (fitting.length === 0) return pass(`There is ${container.describe(spec)}.`);
        const which = spoken(names);
        return fail("container.still-there", {
            message: `${fitting.length === 1 ? `The container ${which} is` : `The containers ${which} are`} still there. Remove ${fitting.length === 1 ? "it" : "them"} with \`docker rm -f ${names.join(" ")}\`.`,
            expected: "none",
            found: which,
        });
    }
    if (spec.count !== undefined && fitting.length > spec.count)
        return fail("container.too-many", {
            message: `There are ${fitting.length} such containers (${spoken(names)}); the step asks for ${spec.count}. Remove what is too much with \`docker rm -f\`.`,
            expected: `${spec.count}`,
            found: `${fitting.length}`,
        });
    if (fitting.length >= (spec.count ?? 1)) return pass(`There is ${container.describe(spec)}: ${spoken(names)}.`);
    if (problems.length > 0) return problems[0]!;
    if (fitting.length > 0)
        return fail("container.too-few", {
            message: `There ${fitting.length === 1 ? "is only one such container" : `are only ${fitting.length} such containers`} (${spoken(names)}); the step asks for ${spec.count}.`,
            expected: `${spec.count}`,
            found: `${fitting.length}`,
        });
    return missing(spec, context);
}

async function problemOf(
    spec: ContainerSpec,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    if (spec.image !== undefined && !sameImage(details.image, spec.image) && spec.count !== 0)
        return fail("container.wrong-image", {
            message: `The container ${details.name} was made from ${details.image}; the step asks for ${spec.image}. Remove it and run it from the right image.`,
            expected: spec.image,
            found: details.image,
        });
    const wanted = spec.publishes ? { ...spec, state: spec.state ?? "running" } : spec;
    return (
        (await stateProblem(wanted, details, context)) ??
        (await portsProblem(spec, details, context)) ??
        (await settingsProblem(spec, details, context))
    );
}
