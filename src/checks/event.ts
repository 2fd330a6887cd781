/** The check kind `event`: something the engine reported since the lesson began. */
import * as v from "valibot";
import type { DockerEvent } from "../docker/docker";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { count, pairs, text } from "./fields";
import { sameImage } from "../base/image-reference";
import { failer, pass, spoken } from "./outcome";

const schema = v.strictObject({
    type: text("What it happened to: `container`, `image`, `network`, `volume`."),
    action: text(
        "What happened, in the engine's words: `create`, `start`, `die`, `kill`, `destroy`, `tag`, `pull`, `connect`.",
    ),
    attributes: v.optional(
        pairs("Attributes that the engine reported with it: `{ image: docker-flask:1.0, exitCode: 0 }`."),
    ),
    count: v.optional(count("How many times at least. Default: 1.")),
});

export type EventSpec = v.InferOutput<typeof schema>;

const failures = {
    "event.never": "It has not happened.",
    "event.other": "It has happened, but with different attributes.",
    "event.too-few": "It has happened too few times.",
};
const fail = failer(failures);

export const event: CheckKind<EventSpec> = {
    name: "event",
    summary: "Something the engine reported since the lesson began, as `docker events` shows it.",
    schema,
    failures,
    describe,
    run,
};

const listed = (attributes: Record<string, string>) =>
    spoken(Object.entries(attributes).map(([key, value]) => `${key} ${value}`));

function describe(spec: EventSpec): string {
    return `the event "${spec.type} ${spec.action}"${spec.attributes ? ` with ${listed(spec.attributes)}` : ""}${(spec.count ?? 1) > 1 ? `, ${spec.count} times` : ""}`;
}

async function run(spec: EventSpec, context: CheckContext): Promise<CheckResult> {
    // An exec's action carries its command line: "exec_create: python --version".
    const alike = context.events.filter(
        one => one.type === spec.type && (one.action === spec.action || one.action.startsWith(`${spec.action}:`)),
    );
    const fitting = alike.filter(one =>
        Object.entries(spec.attributes ?? {}).every(([key, value]) => agrees(one, key, value)),
    );
    const wanted = spec.count ?? 1;
    if (fitting.length >= wanted) return pass(`The engine reported ${describe(spec)}.`);
    if (fitting.length > 0)
        return fail("event.too-few", {
            message: `The engine reported ${describe({ ...spec, count: undefined })} ${fitting.length} of ${wanted} times.`,
            expected: `${wanted}`,
            found: `${fitting.length}`,
        });
    const last = alike.at(-1);
    if (!last)
        return fail("event.never", {
            message: `The engine has not reported ${describe(spec)} since the lesson began.`,
            expected: describe(spec),
            found: "no such event",
        });
    const found = Object.fromEntries(
        Object.keys(spec.attributes ?? {}).map(key => [key, last.attributes[key] ?? "none"]),
    );
    return fail("event.other", {
        message: `The engine reported "${spec.type} ${spec.action}", but with ${listed(found)}. This step asks for ${listed(spec.attributes ?? {})}.`,
        expected: listed(spec.attributes ?? {}),
        found: listed(found),
    });
}

function agrees(one: DockerEvent, key: string, value: string): boolean {
    const found = one.attributes[key];
    return found === value || (key === "image" && found !== undefined && sameImage(found, value));
}
