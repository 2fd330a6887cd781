/** The check kind `container`: a container with an image or a name, its state, published ports and settings. */
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
    image: v.optional(text("The image it was created from, as in `docker run`: `docker-flask:1.0`.")),
    name: v.optional(text("Its name, as in `--name`.")),
    state: v.optional(
        v.pipe(
            v.picklist(states),
            v.description("The state it must be in. Default: any state, or `running` when `publishes` is set."),
        ),
    ),
    publishes: v.optional(
        publishes(
            "Ports of the machine and the container's ports they lead to, in the order of `-p`: `{ 8000: 5000 }`.",
        ),
    ),
    count: v.optional(count("Exactly how many such containers there must be; 0 for none. Default: one or more.")),
    exitCode: v.optional(count("The code it exited with.")),
    command: v.optional(words("The program and its arguments, entrypoint first.")),
    env: v.optional(pairs("Environment variables it must have.")),
    mounts: v.optional(pairs("Folders in the container, each with the volume or the machine's folder mounted there.")),
    networks: v.optional(texts("Networks it must be connected to.")),
    labels: v.optional(pairs("Labels it must have.")),
    memory: v.optional(count("Its memory limit in MB, as in `-m`; 0 for none.")),
    restart: v.optional(
        v.pipe(v.picklist(["no", "always", "on-failure", "unless-stopped"]), v.description("Its restart policy.")),
    ),
    health: v.optional(
        v.pipe(
            v.picklist(["none", "starting", "healthy", "unhealthy"]),
            v.description("What its health check reports."),
        ),
    ),
});

const checked = v.pipe(
    schema,
    v.check(spec => spec.image !== undefined || spec.name !== undefined, "needs `image` or `name`"),
);

export type ContainerSpec = v.InferOutput<typeof schema>;

export const container: CheckKind<ContainerSpec> = {
    name: "container",
    summary: "A container: its image, name, state, published ports and settings.",
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
            spec.image ? `from ${spec.image}` : "",
            spec.state && spec.state !== "running" ? `in the state ${spec.state}` : "",
            spec.publishes
                ? `with ${spoken(Object.entries(spec.publishes).map(([outside, inside]) => `its port ${inside} published on port ${outside}`))}`
                : "",
        ];
        return parts.filter(part => part !== "").join(" ");
    },
    run,
};

/** Newest first: report on the student's last attempt. */
async function candidatesOf(spec: ContainerSpec, context: CheckContext): Promise<ContainerSummary[]> {
    const all = (await allContainers(context)).toSorted((a, b) => b.created - a.created);
    if (spec.name !== undefined) return all.filter(one => one.names.includes(spec.name!));
    const named = all.filter(one => sameImage(one.image, spec.image!));
    // When a newer build takes over an image's name, the list shows an id; the container's own record still has the name.
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
            message: `There are ${fitting.length} such containers (${spoken(names)}), but this step asks for ${spec.count}. Remove the rest with \`docker rm -f\`.`,
            expected: `${spec.count}`,
            found: `${fitting.length}`,
        });
    if (fitting.length >= (spec.count ?? 1)) return pass(inOrder(spec, names));
    if (problems.length > 0) return problems[0]!;
    if (fitting.length > 0)
        return fail("container.too-few", {
            message: `There ${fitting.length === 1 ? "is only one such container" : `are only ${fitting.length} such containers`} (${spoken(names)}), but this step asks for ${spec.count}. Run another one.`,
            expected: `${spec.count}`,
            found: `${fitting.length}`,
        });
    return missing(spec, context);
}

/** "The container clock, image busybox, is running." */
function inOrder(spec: ContainerSpec, names: readonly string[]): string {
    const one = names.length === 1;
    const image = spec.image === undefined ? "" : `, image ${spec.image},`;
    const state = spec.state ?? (spec.publishes ? "running" : undefined);
    const exit = spec.exitCode === undefined ? "" : ` with code ${spec.exitCode}`;
    const does =
        state === "exited" || (state === undefined && exit !== "")
            ? `${one ? "has" : "have"} exited${exit}`
            : state === undefined
              ? one
                  ? "exists"
                  : "exist"
              : `${one ? "is" : "are"} ${state}`;
    const ports = Object.entries(spec.publishes ?? {}).map(([outside, inside]) => `${outside}:${inside}`);
    const published = ports.length === 0 ? "" : ` and ${one ? "publishes" : "publish"} ${spoken(ports)}`;
    return `The container${one ? "" : "s"} ${spoken(names)}${image} ${does}${published}.`;
}

async function problemOf(
    spec: ContainerSpec,
    details: ContainerDetails,
    context: CheckContext,
): Promise<Fail | undefined> {
    if (spec.image !== undefined && !sameImage(details.image, spec.image) && spec.count !== 0)
        return fail("container.wrong-image", {
            message: `The container ${details.name} was created from ${details.image}, but this step asks for ${spec.image}. Remove it and run one from the right image.`,
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
