/** What the interface shows of a running guest without being asked: published ports, processor and memory. */
import { isAbort } from "../base/errors";
import { Lifetime, type Stop } from "../base/lifetime";
import { Store, type Feed } from "../base/store";
import type { Docker, DockerEvent } from "../docker/docker";
import type { Agent } from "../agent/agent";

/** How often the status line updates. Each question costs the guest about a million instructions. */
const USAGE_MILLISECONDS = 2_000;

/** Events come in bursts: one `docker run` causes five. */
const GATHER_MILLISECONDS = 250;

export interface GuestUsage {
    /** Share 0..1. */
    processor: number;
    /** Bytes. */
    memoryUsed: number;
    memoryTotal: number;
}

export interface PublishedPort {
    port: number;
    container: string;
}

/** The parts of a guest that are watched. */
export interface WatchedGuest {
    agent: Pick<Agent, "usage">;
    docker: { containers: Pick<Docker["containers"], "list"> };
    events: Pick<Feed<DockerEvent>, "listen">;
}

export class GuestWatch {
    readonly ports = new Store<readonly PublishedPort[]>([]);
    readonly usage = new Store<GuestUsage | undefined>(undefined);

    /** `visible`: whether anybody can see the figures now; a hidden page asks for nothing. */
    constructor(private readonly visible: () => boolean) {}

    /** Watches a guest whose engine answers, until the returned stop is called; after that nothing is shown. */
    start({ agent, docker, events }: WatchedGuest): Stop {
        const lifetime = new Lifetime();
        const abort = new AbortController();
        lifetime.add(() => abort.abort());
        lifetime.add(() => {
            this.ports.set([]);
            this.usage.set(undefined);
        });

        let gathering: ReturnType<typeof setTimeout> | undefined;
        const refresh = () => {
            clearTimeout(gathering);
            gathering = setTimeout(() => void this.#readPorts(docker, abort.signal), GATHER_MILLISECONDS);
        };
        lifetime.add(() => clearTimeout(gathering));
        lifetime.add(
            events.listen(({ type }) => {
                if (type === "container") refresh();
            }),
        );
        refresh();

        const timer = setInterval(() => {
            if (this.visible()) void this.#readUsage(agent, abort.signal);
        }, USAGE_MILLISECONDS);
        lifetime.add(() => clearInterval(timer));
        void this.#readUsage(agent, abort.signal);
        return lifetime.end;
    }

    async #readPorts(docker: WatchedGuest["docker"], signal: AbortSignal): Promise<void> {
        try {
            const containers = await docker.containers.list({ signal });
            if (signal.aborted) return;
            const found = new Map<number, string>();
            for (const { names, ports } of containers)
                for (const { hostPort, protocol } of ports)
                    if (hostPort !== undefined && protocol === "tcp") found.set(hostPort, names[0] ?? "");
            this.ports.set(
                [...found]
                    .map(([port, container]) => ({ port, container }))
                    .sort((one, other) => one.port - other.port),
            );
        } catch (thrown) {
            // the next event asks again; the machine's own state reports that it died
            if (!isAbort(thrown)) console.warn("The list of ports could not be read.", thrown);
        }
    }

    async #readUsage(agent: WatchedGuest["agent"], signal: AbortSignal): Promise<void> {
        try {
            const { processor, memoryTotal, memoryAvailable } = await agent.usage();
            if (!signal.aborted) this.usage.set({ processor, memoryTotal, memoryUsed: memoryTotal - memoryAvailable });
        } catch {
            if (!signal.aborted) this.usage.set(undefined); // show nothing until an answer comes
        }
    }
}
