/** The check kind `network`: a network of the engine, and the containers connected to it. */
import * as v from "valibot";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { flag, text, texts } from "./fields";
import { closest } from "../base/closest";
import { failer, pass, spoken } from "./outcome";

const schema = v.strictObject({
    name: text("Its name."),
    exists: v.optional(flag("false: there must be no such network.")),
    driver: v.optional(text("Its driver: `bridge`.")),
    subnet: v.optional(text("A range of addresses it must have: `172.28.0.0/16`.")),
    containers: v.optional(texts("Names of running containers that must be connected to it.")),
});

export type NetworkSpec = v.InferOutput<typeof schema>;

const failures = {
    "network.missing": "There is no network of that name.",
    "network.still-there": "The network exists, but should be gone.",
    "network.wrong-driver": "It has a different driver.",
    "network.wrong-subnet": "It has a different address range.",
    "network.not-joined": "A container is not connected to it.",
};
const fail = failer(failures);

export const network: CheckKind<NetworkSpec> = {
    name: "network",
    summary: "A network of the engine, and the containers connected to it.",
    schema,
    failures,
    describe: spec =>
        spec.exists === false
            ? `no network ${spec.name}`
            : `the network ${spec.name}${spec.containers ? ` with ${spoken(spec.containers)} in it` : ""}`,
    run,
};

async function run(spec: NetworkSpec, context: CheckContext): Promise<CheckResult> {
    const { name } = spec;
    const found = await context.docker.networks.inspect(name, context.signal);
    if (spec.exists === false)
        return found
            ? fail("network.still-there", {
                  message: `The network ${name} is still there. Remove it with \`docker network rm ${name}\`, after the containers connected to it.`,
                  expected: "no such network",
                  found: name,
              })
            : pass(`There is no network ${name}.`);
    if (!found) {
        const names = (await context.docker.networks.list(context.signal)).map(one => one.name);
        const near = closest(name, names);
        return fail("network.missing", {
            message: `There is no network ${name}${near ? `, but there is ${near}` : ""}. Create it with \`docker network create ${name}\`.`,
            expected: name,
            found: spoken(names),
        });
    }
    if (spec.driver !== undefined && found.driver !== spec.driver)
        return fail("network.wrong-driver", {
            message: `The network ${name} has the driver ${found.driver}, but this step asks for ${spec.driver}.`,
            expected: spec.driver,
            found: found.driver,
        });
    if (spec.subnet !== undefined && !found.subnets.includes(spec.subnet))
        return fail("network.wrong-subnet", {
            message: `The network ${name} has the address range ${spoken(found.subnets)}, but this step asks for ${spec.subnet} (\`--subnet ${spec.subnet}\`).`,
            expected: spec.subnet,
            found: spoken(found.subnets),
        });
    const joined = Object.values(found.containers).map(end => end.name);
    const missing = (spec.containers ?? []).filter(one => !joined.includes(one));
    if (missing.length > 0)
        return fail("network.not-joined", {
            message: `${spoken(missing)} ${missing.length === 1 ? "is" : "are"} not connected to the network ${name}. Start ${missing.length === 1 ? "it" : "them"} if needed, then connect with \`docker network connect ${name} ${missing[0]}\`.`,
            expected: spoken(spec.containers ?? []),
            found: spoken(joined) || "none",
        });
    return pass(
        `The network ${name} exists${spec.containers ? `, with ${spoken(spec.containers)} connected to it` : ""}.`,
    );
}
