/** Questions to the engine that several kinds share; each is asked once in an attempt. */
import type { ContainerDetails, ContainerSummary, ImageDetails, ImageSummary } from "../docker/docker";
import type { CheckContext, CommandRecord } from "./check";
import { lastLines } from "./outcome";

export const allContainers = (context: CheckContext): Promise<ContainerSummary[]> =>
    context.memo("containers", () => context.docker.containers.list({ all: true, signal: context.signal }));

export const containerDetails = (context: CheckContext, id: string): Promise<ContainerDetails | undefined> =>
    context.memo(`container ${id}`, () => context.docker.containers.inspect(id, context.signal));

export const allImages = (context: CheckContext): Promise<ImageSummary[]> =>
    context.memo("images", () => context.docker.images.list(context.signal));

export const imageDetails = (context: CheckContext, ref: string): Promise<ImageDetails | undefined> =>
    context.memo(`image ${ref}`, () => context.docker.images.inspect(ref, context.signal));

/** The last lines that a container printed; "" if there are none or the log cannot be read. */
export async function logOf(context: CheckContext, id: string): Promise<string> {
    try {
        return lastLines(await context.docker.containers.logs(id, { tail: 20, signal: context.signal }));
    } catch {
        context.signal.throwIfAborted();
        return "";
    }
}

/** The container that publishes this port of the machine now. */
export async function holderOf(context: CheckContext, port: number): Promise<ContainerSummary | undefined> {
    return (await allContainers(context)).find(one =>
        one.ports.some(binding => binding.hostPort === port && binding.protocol === "tcp"),
    );
}

/** The student's last command that matches, with its status. */
export const lastCommand = (context: CheckContext, pattern: RegExp): CommandRecord | undefined =>
    context.commands.findLast(record => pattern.test(record.command));

/** Why the student's last command that matches failed, if it was for an image that is not in the sandbox: the hub's own words. */
export function missedBy(context: CheckContext, { at, code, terminal }: CommandRecord): string | undefined {
    if (code === 0) return undefined;
    const before = context.commands.findLast(record => record.terminal === terminal && record.at < at);
    return context.missedImages.findLast(image => image.at <= at && image.at > (before?.at ?? -Infinity))?.words;
}

/** "web", or a short id if the container has no name. */
export const callOf = (container: { names: string[]; id: string }): string =>
    container.names[0] ?? container.id.slice(0, 12);
