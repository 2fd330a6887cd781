/**
 * A running guest as the rest of the program uses it: machine, agent and engine client, with everything done that a
 * restore requires. The page and the command line open it in the same way.
 */
import { connectAgent } from "../agent/connect";
import type { Agent } from "../agent/agent";
import { until } from "../base/abort";
import { Lifetime, type Stop } from "../base/lifetime";
import { Feed } from "../base/store";
import { createDocker } from "../docker/client";
import type { Docker, DockerEvent } from "../docker/docker";
import type { Machine } from "../vm/machine";

/** The agent's raw virtio port. */
const AGENT_PORT = 1;

/** Bytes of fresh randomness mixed in after a restore. Without them, two restores would draw the same "random" keys. */
const SEED_BYTES = 32;

/** Enough for a lesson; a container in a restart loop must not fill the memory. */
const EVENTS_KEPT = 2_000;

export interface Guest {
    readonly machine: Machine;
    readonly agent: Agent;
    readonly docker: Docker;
    /** What the engine does, without our own containers. Followed from the first listener until `close`. */
    readonly events: Feed<DockerEvent>;
    /** Resolves when the engine answers: at once after a restore, some seconds after a cold boot. */
    engineReady(signal?: AbortSignal): Promise<void>;
    readonly close: Stop;
}

export interface GuestOptions {
    /** Answers the guest's requests to the outside world. */
    internet: (request: Request) => Promise<Response> | Response;
    signal?: AbortSignal;
}

/** Resolves when the engine answers. */
export async function engineAnswers(docker: Docker, signal?: AbortSignal): Promise<void> {
    await until(async () => ((await docker.ping(signal)) ? true : undefined), {
        every: 500,
        timeout: 120_000,
        what: "The start of the Docker engine",
        signal,
    });
}

/** Starts `machine` unless it is running, connects, sets the clock and reseeds the guest's random numbers. */
export async function openGuest(machine: Machine, options: GuestOptions): Promise<Guest> {
    if (machine.state.kind === "off") await machine.start(options.signal);
    const agent = await connectAgent(machine.port(AGENT_PORT), { signal: options.signal });
    const lifetime = new Lifetime();
    lifetime.add(() => agent.close());
    try {
        await Promise.all([
            agent.setTime(Date.now()),
            agent.reseed(crypto.getRandomValues(new Uint8Array(SEED_BYTES))),
        ]);
        lifetime.add(agent.serve(options.internet));
    } catch (thrown) {
        lifetime.end();
        throw thrown;
    }
    const docker = createDocker(agent);
    return {
        machine,
        agent,
        docker,
        events: followedEvents(docker, lifetime),
        engineReady: signal => engineAnswers(docker, signal),
        close: lifetime.end,
    };
}

/**
 * One stream from the engine for all listeners, opened for the first one: a guest that only runs a command needs none.
 */
export function followedEvents(docker: Pick<Docker, "events">, lifetime: Lifetime): Feed<DockerEvent> {
    const feed = new Feed<DockerEvent>(EVENTS_KEPT, () => lifetime.add(docker.events(event => feed.emit(event))));
    return feed;
}
