/** Removes everything in the engine that carries our label, and the build cache that came with it. */
import * as v from "valibot";
import { delay, until } from "../../base/abort";
import { ownLabel } from "../../docker/own";
import { parseReply } from "../../docker/replies";
import type { Transport } from "../../docker/transport";

const ids = v.array(v.object({ Id: v.string() }));
const diskUse = v.object({ BuildCache: v.nullish(v.array(v.object({ ID: v.string() })), []) });

const labelled = encodeURIComponent(JSON.stringify({ label: [ownLabel] }));

/**
 * Milliseconds between two looks, and how many looks in a row must find nothing. If a `docker run` is killed after the
 * engine has received "create" but before it acts on it, it leaves a container that is not listed yet.
 */
const pause = 150;
const quietLooks = 2;

export async function clearOwn(transport: Transport, signal?: AbortSignal): Promise<void> {
    for (let quiet = 0; quiet < quietLooks;) {
        const containers = await own(transport, "/containers/json?all=1", signal);
        // A removal in progress answers 409, a finished one 404: the next look shows the result.
        for (const id of containers)
            await transport
                .ask(`/containers/${id}?force=1&v=1`, { method: "DELETE", signal, lookup: true })
                .catch(ignoreConflict(signal));
        const images = containers.length > 0 ? [] : await own(transport, "/images/json?all=1", signal);
        for (const id of images)
            await transport
                .ask(`/images/${encodeURIComponent(id)}?force=1`, { method: "DELETE", signal, lookup: true })
                .catch(ignoreConflict(signal));
        quiet = containers.length + images.length === 0 ? quiet + 1 : 0;
        if (quiet < quietLooks) await delay(pause, signal);
    }
}

async function own(transport: Transport, path: string, signal: AbortSignal | undefined): Promise<string[]> {
    const whole = `${path}&filters=${labelled}`;
    const reply = await transport.ask(whole, { signal });
    return parseReply(ids, reply?.bytes ?? "", `GET ${whole}`).map(one => one.Id);
}

/** Ids of the records in BuildKit's cache. */
export async function buildCache(transport: Transport, signal?: AbortSignal): Promise<Set<string>> {
    const path = "/system/df?type=build-cache";
    const reply = await transport.ask(path, { signal });
    return new Set(parseReply(diskUse, reply?.bytes ?? "", `GET ${path}`).BuildCache.map(record => record.ID));
}

/** Milliseconds that a killed build may take to release its records. */
const releaseLimit = 20_000;

/**
 * Prunes the records that are not in `before`. A record in use, by another record or by a build that is ending, is
 * removed on a later look.
 */
export async function clearBuildCache(
    transport: Transport,
    before: ReadonlySet<string>,
    signal?: AbortSignal,
): Promise<void> {
    await until(
        async () => {
            const ours = [...(await buildCache(transport, signal))].filter(id => !before.has(id));
            for (const id of ours) {
                const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
                await transport.ask(`/build/prune?all=1&filters=${filters}`, { method: "POST", signal });
            }
            return ours.length === 0 || undefined;
        },
        { every: pause, timeout: releaseLimit, what: "The removal of the build cache", signal },
    );
}

const ignoreConflict = (signal: AbortSignal | undefined) => (thrown: unknown) => {
    signal?.throwIfAborted();
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "docker.refused")) throw thrown;
};
