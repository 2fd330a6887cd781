/** The check kind `image`: an image with a name and tag, built as wanted. */
import * as v from "valibot";
import type { ImageDetails } from "../docker/docker";
import type { CheckContext, CheckKind, CheckResult } from "./check";
import { parseCommand, splitLine } from "./command-line";
import { count, flag, pairs, text, texts, words } from "./fields";
import { allImages, imageDetails, lastCommand, missedBy } from "./look";
import { closest } from "../base/closest";
import { familiarImage, parseImage, repositoryOf } from "../base/image-reference";
import { failer, pass, shellWords, spoken, type Fail } from "./outcome";

const schema = v.strictObject({
    ref: text("Name and tag: `docker-flask:1.0`. Without a tag, `latest`."),
    exists: v.optional(flag("false: there must be no such image.")),
    entrypoint: v.optional(words("ENTRYPOINT, in exec form. It may have further arguments.")),
    cmd: v.optional(words("CMD, in exec form.")),
    workdir: v.optional(text("WORKDIR.")),
    env: v.optional(pairs("ENV variables it must have.")),
    exposes: v.optional(
        v.pipe(
            v.union([v.number(), v.array(v.number())]),
            v.transform(value => [value].flat()),
            v.description("Ports it must EXPOSE."),
        ),
    ),
    labels: v.optional(pairs("LABEL values it must have.")),
    user: v.optional(text("USER.")),
    architecture: v.optional(text("Processor it was built for: `386` here.")),
    smaller: v.optional(count("Size in MB that it must stay below.")),
    layers: v.optional(count("Maximum number of layers.")),
    history: v.optional(texts("Texts that its history must contain, each within one line.")),
});

export type ImageSpec = v.InferOutput<typeof schema>;

const failures = {
    "image.missing": "No image has that name.",
    "image.build-failed": "No image has that name, and the last build failed.",
    "image.other-tag": "There is an image of that name, but with other tags.",
    "image.similar-name": "No image has that name, but one has a similar name.",
    "image.still-there": "The image exists, but should be gone.",
    "image.no-entrypoint": "It has no ENTRYPOINT.",
    "image.wrong-entrypoint": "Its ENTRYPOINT is different.",
    "image.no-command": "It has no CMD.",
    "image.wrong-command": "Its CMD is different.",
    "image.shell-form": "ENTRYPOINT or CMD is in shell form, so a shell starts the program.",
    "image.wrong-workdir": "Its WORKDIR is different.",
    "image.wrong-env": "An ENV variable is missing or different.",
    "image.not-exposed": "A port is not EXPOSEd.",
    "image.wrong-label": "A LABEL is missing or different.",
    "image.wrong-user": "Its USER is different.",
    "image.wrong-architecture": "It was built for a different processor.",
    "image.too-large": "It is too large.",
    "image.too-many-layers": "It has too many layers.",
    "image.wrong-history": "Its history lacks one of the instructions.",
};
const fail = failer(failures);

export const image: CheckKind<ImageSpec> = {
    name: "image",
    summary: "An image: its name, tag, and the settings from its Dockerfile.",
    schema,
    failures,
    describe: spec => (spec.exists === false ? `no image ${spec.ref}` : `the image ${spec.ref}`),
    run,
};

async function run(spec: ImageSpec, context: CheckContext): Promise<CheckResult> {
    const details = await imageDetails(context, spec.ref);
    if (spec.exists === false)
        return details
            ? fail("image.still-there", {
                  message: `The image ${spec.ref} is still there. Remove it with \`docker rmi ${spec.ref}\`.`,
                  expected: "no such image",
                  found: spec.ref,
              })
            : pass(`There is no image ${spec.ref}.`);
    if (!details) return missing(spec, context);
    return (
        programProblem(spec, details) ??
        settingsProblem(spec, details) ??
        (await buildProblem(spec, details, context)) ??
        pass(`The image ${spec.ref} exists${Object.keys(spec).length > 1 ? ", with the right settings" : ""}.`)
    );
}

async function missing({ ref }: ImageSpec, context: CheckContext): Promise<Fail> {
    const { tag } = parseImage(ref);
    const repository = repositoryOf(ref);
    const all = (await allImages(context)).flatMap(one => one.tags);
    const tags = all.filter(one => repositoryOf(one) === repository).map(one => parseImage(one).tag);
    const expected = `the image ${familiarImage(ref)}`;
    if (tags.length > 0)
        return fail("image.other-tag", {
            message: `There is ${spoken(tags.map(one => `${repository}:${one}`))}, but this step asks for the tag ${tag}. Build it with \`-t ${repository}:${tag}\`, or give your image a second name with \`docker tag\`.`,
            expected,
            found: spoken(tags.map(one => `${repository}:${one}`)),
        });
    const build = lastCommand(context, /\bdocker\s+((image|buildx)\s+)?build\b/);
    const words =
        build &&
        splitLine(build.command)
            .map(parseCommand)
            .find(one => one.verb.join(" ") === "docker build");
    const missed = build && missedBy(context, build);
    if (build && missed !== undefined)
        return fail("image.build-failed", {
            message: `There is no image ${ref} yet: your last docker build failed, because an image that it needs is missing. ${missed}`,
            expected,
            found: `"${build.command.trim()}" failed with status ${build.code}`,
        });
    const near = closest(repository, new Set(all.map(repositoryOf)));
    if (near !== undefined)
        return fail("image.similar-name", {
            message: `There is no image ${ref}, but there is ${near}. Correct the name after \`-t\` and build again.`,
            expected,
            found: near,
        });
    if (build && build.code !== 0)
        return fail("image.build-failed", {
            message: `There is no image ${ref} yet: your last docker build failed with status ${build.code}. ${words?.words.length === 0 ? "Add the folder at the end of the command: a dot stands for the current one." : "The last lines in the terminal say which instruction failed."}`,
            expected,
            found: `"${build.command.trim()}" failed with status ${build.code}`,
        });
    const hint = build
        ? /(^|\s)(-t|--tag)\b/.test(build.command)
            ? "Check the name after `-t`."
            : `Your last docker build did not name the image. Add \`-t ${ref}\`.`
        : `Build it with \`docker build -t ${ref} .\` (the dot at the end stands for the current folder).`;
    return fail("image.missing", {
        message: `There is no image ${ref}. ${hint}`,
        expected,
        found: all.length === 0 ? "no images" : spoken(all),
    });
}

function programProblem(spec: ImageSpec, { entrypoint, command }: ImageDetails): Fail | undefined {
    const { ref } = spec;
    const shell = (words: readonly string[]) => words[0] === "/bin/sh" && words[1] === "-c";
    for (const [name, wanted, found] of [
        ["ENTRYPOINT", spec.entrypoint, entrypoint],
        ["CMD", spec.cmd, command],
    ] as const) {
        if (!wanted || startsWith(found, wanted, name === "CMD")) continue;
        const asJson = JSON.stringify(wanted).replaceAll(",", ", ");
        const shown = found.length === 0 ? "none" : JSON.stringify(found).replaceAll(",", ", ");
        if (found.length === 0)
            return fail(name === "CMD" ? "image.no-command" : "image.no-entrypoint", {
                message: `The image ${ref} has no ${name}. Add \`${name} ${asJson}\` to the Dockerfile and build again.`,
                expected: `${name} ${asJson}`,
                found: shown,
            });
        if (shell(found) && !shell(wanted))
            return fail("image.shell-form", {
                message: `The ${name} of ${ref} is in shell form, so a shell starts the program. Write it as a list: \`${name} ${asJson}\`.`,
                expected: `${name} ${asJson}`,
                found: `${name} ${shown}`,
            });
        return fail(name === "CMD" ? "image.wrong-command" : "image.wrong-entrypoint", {
            message: `The ${name} of ${ref} is \`${shown}\`, but this step asks for \`${asJson}\`. Change the Dockerfile and build again.`,
            expected: `${name} ${asJson}`,
            found: `${name} ${shown}`,
        });
    }
    return undefined;
}

const startsWith = (found: readonly string[], wanted: readonly string[], whole: boolean) =>
    (!whole || found.length === wanted.length) && wanted.every((word, index) => found[index] === word);

function settingsProblem(spec: ImageSpec, details: ImageDetails): Fail | undefined {
    const { ref } = spec;
    if (spec.workdir !== undefined && details.workingFolder !== spec.workdir)
        return fail("image.wrong-workdir", {
            message: `The working folder of ${ref} is ${details.workingFolder || "not set"}, but this step asks for \`WORKDIR ${spec.workdir}\`.`,
            expected: spec.workdir,
            found: details.workingFolder || "not set",
        });
    for (const [key, value] of Object.entries(spec.env ?? {}))
        if (details.env[key] !== value)
            return fail("image.wrong-env", {
                message: `In ${ref} the variable ${key} is ${details.env[key] === undefined ? "not set" : `"${details.env[key]}"`}, but this step asks for \`ENV ${key}=${shellWords([value])}\`.`,
                expected: `${key}=${value}`,
                found: details.env[key] ?? "not set",
            });
    for (const port of spec.exposes ?? [])
        if (!details.exposedPorts.some(one => one === `${port}/tcp` || one === `${port}/udp`))
            return fail("image.not-exposed", {
                message: `The image ${ref} does not EXPOSE port ${port}. It exposes ${spoken(details.exposedPorts) || "none"}.`,
                expected: `EXPOSE ${port}`,
                found: spoken(details.exposedPorts) || "none",
            });
    for (const [key, value] of Object.entries(spec.labels ?? {}))
        if (details.labels[key] !== value)
            return fail("image.wrong-label", {
                message: `The image ${ref} has ${details.labels[key] === undefined ? `no label ${key}` : `the label ${key}=${details.labels[key]}`}, but this step asks for \`LABEL ${key}=${shellWords([value])}\`.`,
                expected: `${key}=${value}`,
                found: details.labels[key] ?? "no such label",
            });
    if (spec.user !== undefined && details.user !== spec.user)
        return fail("image.wrong-user", {
            message: `Containers from ${ref} run as ${details.user || "root"}, but this step asks for \`USER ${spec.user}\`.`,
            expected: spec.user,
            found: details.user || "root",
        });
    if (spec.architecture !== undefined && details.architecture !== spec.architecture)
        return fail("image.wrong-architecture", {
            message: `The image ${ref} was built for ${details.architecture}, but this machine needs ${spec.architecture}.`,
            expected: spec.architecture,
            found: details.architecture,
        });
    return undefined;
}

const megabyte = 1_000_000; // as docker images counts

async function buildProblem(spec: ImageSpec, details: ImageDetails, context: CheckContext): Promise<Fail | undefined> {
    const size = Math.round(details.bytes / 100_000) / 10;
    if (spec.smaller !== undefined && details.bytes >= spec.smaller * megabyte)
        return fail("image.too-large", {
            message: `The image ${spec.ref} has ${size} MB, but this step asks for less than ${spec.smaller} MB.`,
            expected: `less than ${spec.smaller} MB`,
            found: `${size} MB`,
        });
    if (spec.layers !== undefined && details.layers.length > spec.layers)
        return fail("image.too-many-layers", {
            message: `The image ${spec.ref} has ${details.layers.length} layers, but this step asks for at most ${spec.layers}. Each RUN, COPY and ADD makes one.`,
            expected: `at most ${spec.layers}`,
            found: `${details.layers.length}`,
        });
    if (!spec.history) return undefined;
    const lines = (await context.docker.images.history(spec.ref, context.signal)).map(entry => entry.createdBy);
    const missing = spec.history.find(wanted => !lines.some(line => line.includes(wanted)));
    return missing === undefined
        ? undefined
        : fail("image.wrong-history", {
              message: `The image ${spec.ref} was not built with "${missing}". Look at \`docker history ${spec.ref}\`.`,
              expected: missing,
              found: "no such line",
              excerpt: lines.join("\n"),
          });
}
