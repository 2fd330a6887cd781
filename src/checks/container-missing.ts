/** For a container that does not exist: what exists instead, and what the student tried last. */
import type { CheckContext, CheckResult } from "./check";
import { fail } from "./container-failures";
import { allContainers, allImages, callOf, lastCommand, missedBy } from "./look";
import { closest } from "../base/closest";
import { parseImage, repositoryOf, sameImage } from "../base/image-reference";
import { spoken } from "./outcome";

interface Wanted {
    image?: string | undefined;
    name?: string | undefined;
}

export async function missing(wanted: Wanted, context: CheckContext): Promise<CheckResult> {
    return (
        (await otherName(wanted, context)) ??
        gone(wanted, context) ??
        noImage(wanted, context) ??
        (await otherImage(wanted, context)) ??
        (await nothing(wanted, context))
    );
}

async function otherName({ image, name }: Wanted, context: CheckContext): Promise<CheckResult | undefined> {
    if (name === undefined) return undefined;
    const all = await allContainers(context);
    const others = image === undefined ? [] : all.filter(one => sameImage(one.image, image));
    const near = closest(
        name,
        all.flatMap(one => one.names),
    );
    if (others.length === 0 && near === undefined) return undefined;
    const found = others.length > 0 ? spoken(others.map(callOf)) : near!;
    return fail("container.other-name", {
        message: `There is no container named ${name}, but there is ${found}. Rename it with \`docker rename ${found.split(" ")[0]} ${name}\`, or remove it and run a new one with \`--name ${name}\`.`,
        expected: name,
        found,
    });
}

function gone({ image, name }: Wanted, context: CheckContext): CheckResult | undefined {
    const fits = (attributes: Record<string, string>) =>
        name !== undefined
            ? attributes["name"] === name
            : image !== undefined && sameImage(attributes["image"] ?? "", image);
    const ended = context.events.findLast(
        event => event.type === "container" && event.action === "die" && fits(event.attributes),
    );
    if (!ended) return undefined;
    const code = ended.attributes["exitCode"] ?? "?";
    return fail("container.gone", {
        message: `The container ${ended.attributes["name"]}, image ${ended.attributes["image"]}, exited with code ${code} and was removed, by you or by \`--rm\`. Run it again; leave out \`--rm\` if you want to read its log.`,
        expected: "a container",
        found: `exited with code ${code} and removed`,
    });
}

/** The last `docker run` found no image to make a container from. */
function noImage({ image, name }: Wanted, context: CheckContext): CheckResult | undefined {
    const last = lastCommand(context, /\bdocker\s+((container\s+)?(run|create)|compose\s)/);
    const missed = last && missedBy(context, last);
    if (missed === undefined) return undefined;
    return fail("container.missing", {
        message: `There is no container ${name === undefined ? `from ${image}` : `named ${name}`}: your last command found no image to create it from. ${missed}`,
        expected: name ?? `a container from ${image}`,
        found: "no such image",
    });
}

async function otherImage({ image }: Wanted, context: CheckContext): Promise<CheckResult | undefined> {
    if (image === undefined) return undefined;
    const { tag } = parseImage(image);
    const repository = repositoryOf(image);
    const all = await allContainers(context);
    const sameRepository = all.find(one => repositoryOf(one.image) === repository);
    const near = sameRepository ?? all.find(one => closest(repository, [repositoryOf(one.image)]) !== undefined);
    if (!near) return undefined;
    return fail("container.other-image", {
        message: sameRepository
            ? `The container ${callOf(near)} was created from ${repository}:${parseImage(near.image).tag}, but this step asks for the tag ${tag}. Remove the container and run ${image}.`
            : `There is no container from ${image}, but ${callOf(near)} was created from ${near.image}. Check the name of the image.`,
        expected: image,
        found: near.image,
    });
}

async function nothing({ image, name }: Wanted, context: CheckContext): Promise<CheckResult> {
    const what = name === undefined ? `from ${image}` : `named ${name}`;
    const expected = `a container ${what}`;
    if (image !== undefined && !(await allImages(context)).some(one => one.tags.some(tag => sameImage(tag, image))))
        return fail("container.missing", {
            message: `There is no container ${what}, and no image ${image} to create one from. Build or pull the image first.`,
            expected,
            found: "no such container or image",
        });
    const last = lastCommand(context, /\bdocker\s+(container\s+)?run\b/);
    const hint =
        last && last.code !== 0
            ? `Your last docker run failed with status ${last.code}. Read its message in the terminal.`
            : `Create one with \`docker run${name === undefined ? "" : ` --name ${name}`} ${image ?? "IMAGE"}\`.`;
    const all = await allContainers(context);
    return fail("container.missing", {
        message: `There is no container ${what}, running or stopped. ${hint}`,
        expected,
        found: all.length === 0 ? "no containers" : spoken(all.map(one => `${callOf(one)} (${one.image})`)),
    });
}
