/**
 * What a Docker client must return for one known state of the engine: run on the recorded engine and on the real one.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { until } from "../../../src/base/abort";
import type { Docker, DockerEvent } from "../../../src/docker/docker";

export interface Bench {
    docker: Docker;
    /** Causes an event of type "image", action "tag", with the attribute name "seen:1". */
    tag(): Promise<void>;
}

/** Brings a real engine into the recorded state. Each line must succeed, except those that end in "|| true". */
export const preparation = [
    "mkdir -p /tmp/site && cd /tmp/site && echo 'Docker and Flask are working!' > index.html",
    `cd /tmp/site && printf '%s\\n' 'FROM busybox' 'LABEL course=docker' 'WORKDIR /app' 'ENV GREETING=hello PORT=5000' 'COPY index.html /app/' 'EXPOSE 5000' 'ENTRYPOINT ["httpd"]' 'CMD ["-f","-p","5000","-h","/app"]' > Dockerfile`,
    "cd /tmp/site && DOCKER_BUILDKIT=0 docker build -q -t docker-flask:1.0 .",
    "docker network create counter-net --subnet 172.28.0.0/16 && docker volume create counter-vol --label part=data",
    "docker run -d --name web -p 5000:5000 -v counter-vol:/data -v /workspace:/code:ro --memory 64m --network counter-net docker-flask:1.0",
    "docker run --name crashed busybox sh -c 'echo starting; echo Traceback >&2; echo ModuleNotFoundError: flask >&2; exit 1' || true",
    "docker run -d --name hidden docker-flask:1.0",
    "docker run -t --name terminal busybox sh -c 'echo on a tty; exit 3' || true",
    "docker create --name never busybox true",
    "docker run -d -p 5000:5000 --name taken docker-flask:1.0 || true",
];

export const clearance = [
    "docker rm -f web crashed hidden terminal never taken",
    "docker network rm counter-net",
    "docker volume rm counter-vol",
    "docker rmi docker-flask:1.0 seen:1",
    "rm -rf /tmp/site",
];

export function dockerSuite(name: string, open: () => Promise<Bench>): void {
    describe(name, () => {
        let bench: Bench;
        let docker: Docker;
        beforeAll(async () => {
            bench = await open();
            docker = bench.docker;
        });

        test("answers a ping", async () => expect(await docker.ping()).toBe(true));

        test("lists containers", async () => {
            const all = await docker.containers.list({ all: true });
            const state = Object.fromEntries(all.map(one => [one.names[0], one.state]));
            expect(state).toMatchObject({
                web: "running",
                hidden: "running",
                crashed: "exited",
                terminal: "exited",
                never: "created",
                taken: "created",
            });
            const web = all.find(one => one.names.includes("web"));
            expect(web).toMatchObject({ image: "docker-flask:1.0", labels: { course: "docker" } });
            expect(web!.ports).toEqual([
                { containerPort: 5000, protocol: "tcp", hostPort: 5000, hostAddress: "0.0.0.0" },
            ]);
        });

        test("distinguishes a published port from an exposed one", async () => {
            expect((await docker.containers.inspect("web"))!.ports).toEqual([
                { containerPort: 5000, protocol: "tcp", hostPort: 5000, hostAddress: "0.0.0.0" },
            ]);
            expect((await docker.containers.inspect("hidden"))!.ports).toEqual([
                { containerPort: 5000, protocol: "tcp", hostPort: undefined, hostAddress: undefined },
            ]);
        });

        test("inspects a running container", async () => {
            const web = await docker.containers.inspect("web");
            expect(web).toMatchObject({
                name: "web",
                image: "docker-flask:1.0",
                state: "running",
                entrypoint: ["httpd"],
                command: ["-f", "-p", "5000", "-h", "/app"],
                env: { GREETING: "hello", PORT: "5000" },
                workingFolder: "/app",
                memoryLimit: 64 << 20,
                restartPolicy: "no",
                health: "none",
            });
            expect(web!.networks["counter-net"]!.address).toMatch(/^172\.28\./);
            expect(web!.networks["counter-net"]!.aliases).toContain("web");
            expect(web!.mounts.find(mount => mount.destination === "/data")).toMatchObject({
                kind: "volume",
                name: "counter-vol",
                readOnly: false,
            });
            expect(web!.mounts.find(mount => mount.destination === "/code")).toMatchObject({
                kind: "bind",
                source: "/workspace",
                readOnly: true,
            });
        });

        test("says why a container did not start", async () => {
            const taken = await docker.containers.inspect("taken");
            expect(taken).toMatchObject({ state: "created", exitCode: 128 });
            expect(taken!.error).toContain("port is already allocated");
            expect(taken!.ports).toEqual([
                { containerPort: 5000, protocol: "tcp", hostPort: 5000, hostAddress: undefined },
            ]);
        });

        test("reads the log of both streams, framed and from a terminal", async () => {
            const crashed = (await docker.containers.logs("crashed")).trimEnd().split("\n").sort();
            expect(crashed).toEqual(["ModuleNotFoundError: flask", "Traceback", "starting"]);
            expect(await docker.containers.logs("terminal")).toBe("on a tty\n");
            expect(await docker.containers.inspect("terminal")).toMatchObject({ state: "exited", exitCode: 3 });
        });

        test("inspects an image and its history", async () => {
            const image = await docker.images.inspect("docker-flask:1.0");
            expect(image).toMatchObject({
                tags: expect.arrayContaining(["docker-flask:1.0"]),
                architecture: "386",
                entrypoint: ["httpd"],
                workingFolder: "/app",
                exposedPorts: ["5000/tcp"],
                labels: { course: "docker" },
                env: { GREETING: "hello", PORT: "5000" },
            });
            expect(image!.layers.length).toBeGreaterThan(1);
            const history = await docker.images.history("docker-flask:1.0");
            expect(history[0]!.createdBy).toContain("CMD");
            expect(history.find(entry => entry.createdBy.includes("COPY"))).toMatchObject({ empty: false });
            expect((await docker.images.list()).flatMap(one => one.tags)).toEqual(
                expect.arrayContaining(["docker-flask:1.0", "busybox:latest"]),
            );
        });

        test("inspects networks and volumes", async () => {
            const network = await docker.networks.inspect("counter-net");
            expect(network).toMatchObject({ driver: "bridge", subnets: ["172.28.0.0/16"] });
            expect(Object.values(network!.containers).map(end => end.name)).toEqual(["web"]);
            expect((await docker.networks.list()).map(one => one.name)).toEqual(
                expect.arrayContaining(["bridge", "host", "none", "counter-net"]),
            );
            expect(await docker.volumes.inspect("counter-vol")).toMatchObject({
                driver: "local",
                labels: { part: "data" },
            });
            expect((await docker.volumes.list()).map(one => one.name)).toContain("counter-vol");
        });

        test("returns undefined for what does not exist", async () => {
            expect(await docker.containers.inspect("missing")).toBeUndefined();
            expect(await docker.images.inspect("nothing:1")).toBeUndefined();
            expect(await docker.networks.inspect("missing")).toBeUndefined();
            expect(await docker.volumes.inspect("missing")).toBeUndefined();
            expect(await docker.containers.logs("missing")).toBe("");
            expect(await docker.images.history("nothing:1")).toEqual([]);
        });

        test("follows events", async () => {
            const events: DockerEvent[] = [];
            const stop = docker.events(event => events.push(event));
            try {
                const found = await until(
                    async () => {
                        await bench.tag();
                        return events.find(
                            event =>
                                event.type === "image" &&
                                event.action === "tag" &&
                                event.attributes["name"] === "seen:1",
                        );
                    },
                    { every: 100, timeout: 30_000, what: "the tag event" },
                );
                expect(found.time).toBeGreaterThan(Date.UTC(2024, 0));
            } finally {
                stop();
            }
        });
    });
}
