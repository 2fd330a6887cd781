/** Builds the Docker Engine client on top of the agent. */
import type { GenericSchema, InferOutput } from "valibot";
import { DrydockError } from "../base/errors";
import { isOwn } from "./own";
import { toDetails, toSummary } from "./containers";
import type { Docker } from "./docker";
import { followEvents, type Backoff } from "./events";
import { toImageDetails, toImageSummary, toNetwork, toVolume } from "./images";
import { readLog } from "./logs";
import * as replies from "./replies";
import { Transport, type EngineSocket } from "./transport";

const defaultTail = 20;

export function createDocker(agent: EngineSocket, options: { backoff?: Backoff } = {}): Docker {
    const transport = new Transport(agent);
    const backoff = options.backoff ?? { first: 250, most: 5_000 };

    async function ask<T extends GenericSchema>(
        schema: T,
        path: string,
        signal?: AbortSignal,
    ): Promise<InferOutput<T>> {
        const reply = await transport.ask(path, { signal });
        return replies.parseReply(schema, reply?.bytes ?? "", `GET ${path}`);
    }

    async function look<T extends GenericSchema>(
        schema: T,
        path: string | undefined,
        signal?: AbortSignal,
    ): Promise<InferOutput<T> | undefined> {
        if (path === undefined) return undefined;
        const reply = await transport.ask(path, { signal, lookup: true });
        return reply && replies.parseReply(schema, reply.bytes, `GET ${path}`);
    }

    return {
        async ping(signal) {
            try {
                await transport.ask("/_ping", { signal });
                return true;
            } catch (thrown) {
                if (thrown instanceof DrydockError && thrown.code.startsWith("docker.")) return false;
                throw thrown;
            }
        },
        containers: {
            list: async ({ all = false, signal } = {}) =>
                (await ask(replies.containerList, `/containers/json?all=${all ? 1 : 0}`, signal))
                    .map(toSummary)
                    .filter(one => !isOwn(one.labels)),
            async inspect(nameOrId, signal) {
                const found = await look(replies.container, pathOf("/containers/", nameOrId, "/json"), signal);
                return found && toDetails(found);
            },
            async logs(nameOrId, { tail = defaultTail, signal } = {}) {
                const path = pathOf(
                    "/containers/",
                    nameOrId,
                    `/logs?stdout=1&stderr=1&tail=${Math.max(0, Math.trunc(tail))}`,
                );
                const reply = path && (await transport.ask(path, { signal, lookup: true }));
                return reply ? readLog(reply.bytes, reply.type) : "";
            },
        },
        images: {
            list: async signal =>
                (await ask(replies.imageList, "/images/json", signal))
                    .map(toImageSummary)
                    .filter(one => !isOwn(one.labels)),
            async inspect(ref, signal) {
                const found = await look(replies.image, pathOf("/images/", ref, "/json"), signal);
                return found && toImageDetails(found);
            },
            async history(ref, signal) {
                const found = await look(replies.history, pathOf("/images/", ref, "/history"), signal);
                return (found ?? []).map(entry => ({
                    createdBy: entry.CreatedBy,
                    bytes: entry.Size,
                    empty: entry.Size === 0,
                }));
            },
        },
        networks: {
            list: async signal => (await ask(replies.networkList, "/networks", signal)).map(toNetwork),
            async inspect(name, signal) {
                const found = await look(replies.network, pathOf("/networks/", name, ""), signal);
                return found && toNetwork(found);
            },
        },
        volumes: {
            list: async signal => (await ask(replies.volumeList, "/volumes", signal)).Volumes.map(toVolume),
            async inspect(name, signal) {
                const found = await look(replies.volume, pathOf("/volumes/", name, ""), signal);
                return found && toVolume(found);
            },
        },
        events: (onEvent, onError) => followEvents(transport, onEvent, onError, backoff),
    };
}

/** undefined for text that cannot name a container, image, network or volume: then the engine is not asked. */
function pathOf(before: string, name: string, after: string): string | undefined {
    const possible = /^[a-zA-Z0-9][\w.:@/-]*$/.test(name) && !/(^|\/)\.{0,2}(\/|$)/.test(name);
    return possible ? before + name.split("/").map(encodeURIComponent).join("/") + after : undefined;
}
