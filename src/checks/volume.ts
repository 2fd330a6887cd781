/** The check kind `volume`: a volume of the engine, and the containers that mount it. */
import * as v from "valibot";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { flag, pairs, text, texts } from "./fields";
import { allContainers, callOf, containerDetails } from "./look";
import { closest } from "../base/closest";
import { failer, pass, spoken } from "./outcome";

const schema = v.strictObject({
    name: text("Its name."),
    exists: v.optional(flag("false: there must be no such volume.")),
    labels: v.optional(pairs("Labels it must have.")),
    containers: v.optional(texts("Names of containers that must mount it.")),
});

export type VolumeSpec = v.InferOutput<typeof schema>;

const failures = {
    "volume.missing": "There is no volume of that name.",
    "volume.still-there": "The volume exists, but should be gone.",
    "volume.wrong-label": "A label is missing or different.",
    "volume.not-mounted": "A container does not mount it.",
};
const fail = failer(failures);

export const volume: CheckKind<VolumeSpec> = {
    name: "volume",
    summary: "A volume of the engine, and the containers that mount it.",
    schema,
    failures,
    describe: spec =>
        spec.exists === false
            ? `no volume ${spec.name}`
            : `the volume ${spec.name}${spec.containers ? `, mounted by ${spoken(spec.containers)}` : ""}`,
    run,
};

async function run(spec: VolumeSpec, context: CheckContext): Promise<CheckResult> {
    const { name } = spec;
    const found = await context.docker.volumes.inspect(name, context.signal);
    if (spec.exists === false)
        return found
            ? fail("volume.still-there", {
                  message: `The volume ${name} is still there. Remove it with \`docker volume rm ${name}\`, after the containers that mount it.`,
                  expected: "no such volume",
                  found: name,
              })
            : pass(`There is no volume ${name}.`);
    if (!found) {
        const names = (await context.docker.volumes.list(context.signal)).map(one => one.name);
        const near = closest(name, names);
        return fail("volume.missing", {
            message: `There is no volume ${name}${near ? `, but there is ${near}` : ""}. Create it with \`docker volume create ${name}\`, or by mounting it with \`-v ${name}:/folder\`.`,
            expected: name,
            found: spoken(names) || "no volumes",
        });
    }
    for (const [key, value] of Object.entries(spec.labels ?? {}))
        if (found.labels[key] !== value)
            return fail("volume.wrong-label", {
                message: `The volume ${name} has ${found.labels[key] === undefined ? `no label ${key}` : `the label ${key}=${found.labels[key]}`}, but this step asks for ${key}=${value}.`,
                expected: `${key}=${value}`,
                found: found.labels[key] ?? "no such label",
            });
    const mounting: string[] = [];
    for (const one of spec.containers ? await allContainers(context) : [])
        if ((await containerDetails(context, one.id))?.mounts.some(mount => mount.name === name))
            mounting.push(callOf(one));
    const missing = (spec.containers ?? []).filter(one => !mounting.includes(one));
    if (missing.length > 0)
        return fail("volume.not-mounted", {
            message: `${spoken(missing)} ${missing.length === 1 ? "does" : "do"} not mount the volume ${name}. Remove the container and run it with \`-v ${name}:/folder\`: a container gets its volumes when it is created.`,
            expected: spoken(spec.containers ?? []),
            found: spoken(mounting) || "none",
        });
    return pass(`The volume ${name} exists${spec.containers ? `, mounted by ${spoken(spec.containers)}` : ""}.`);
}
