import { afterAll, describe, expect, test } from "vitest";
import { clearance, dockerSuite, preparation } from "../unit/docker/engine-suite";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine | undefined;

async function sh(line: string): Promise<string> {
    const { stdout, stderr, code } = await machine!.agent.exec(["sh", "-c", line]);
    if (code !== 0) throw new Error(`${line}\nended with status ${code}: ${stderr}`);
    return stdout;
}

dockerSuite("docker client on the real engine", async () => {
    machine = await startMachine();
    await machine.engineReady();
    for (const line of preparation) await sh(line);
    return { docker: machine.docker, tag: async () => void (await sh("docker tag busybox seen:1")) };
});

afterAll(async () => machine?.stop());

describe("what stands in front of containerd's shim", () => {
    const sockets = async () => (await sh("ls /run/containerd/s")).split("\n").filter(Boolean);

    test("starts one for each container, which takes its socket with it", async () => {
        const before = await sockets();
        const id = (await sh("docker run -d --name shimmed busybox sleep 1000")).trim();
        expect(await sockets()).toEqual([...before, `moby-${id}`].sort());
        expect(await sh("docker exec shimmed echo in")).toBe("in\n");
        await sh("docker rm -f shimmed");
        await expect.poll(sockets, { timeout: 60_000 }).toEqual(before);
        expect((await machine!.agent.exec(["docker", "run", "--rm", "busybox", "sh", "-c", "exit 7"])).code).toBe(7);
    }, 240_000);

    test("lets the real shim tidy up after a killed one", async () => {
        const id = (await sh("docker run -d --name orphaned busybox sleep 1000")).trim();
        await sh(`kill -9 $(pgrep -f "[c]ontainerd-shim-runc-v2.* -id ${id}")`);
        await expect
            .poll(() => sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' orphaned"), {
                timeout: 120_000,
                interval: 500,
            })
            .toBe("exited 137\n");
        // the runtime's own state is gone, and so is the container's process
        expect(await sh("ls /run/docker/runtime-runc/moby; pgrep -x sleep || true")).not.toContain(id);
        await sh("docker start orphaned && docker rm -f orphaned");
    }, 240_000);
});

describe("a build that is broken off", () => {
    const running = async () => (await sh("pgrep -x sleep || true")) !== "";

    test.each(["INT", "KILL"] as const)(
        "by %s: its command ends, nothing of it is left, and the next build goes on",
        { timeout: 300_000 },
        async signal => {
            await sh("mkdir -p /tmp/broken && printf 'FROM busybox\\nRUN sleep 1000\\n' >/tmp/broken/Dockerfile");
            const build = await machine!.agent.spawn(["docker", "build", "/tmp/broken"], {
                env: { HOME: "/root" },
                cwd: "/",
            });
            const words = [build.stdout, build.stderr].map(stream => stream.pipeTo(new WritableStream()));
            await expect.poll(running, { timeout: 120_000, interval: 500 }).toBe(true);
            build.kill(signal);
            await build.exit;
            await Promise.allSettled(words);
            await expect.poll(running, { timeout: 60_000, interval: 500 }).toBe(false);
            await expect
                .poll(() => sh("ls /run/crun 2>/dev/null || true"), { timeout: 60_000, interval: 500 })
                .toBe("");
            await sh(
                "printf 'FROM busybox\\nRUN echo next\\n' >/tmp/broken/Dockerfile && docker build /tmp/broken && rm -r /tmp/broken",
            );
        },
    );
});

test.each(["docker-buildx", "docker-compose"])("what stands in front of %s says what the plugin says", async plugin => {
    const question = "docker-cli-plugin-metadata";
    expect(await sh(`/usr/local/lib/docker/cli-plugins/${plugin} ${question}`)).toBe(
        await sh(`/usr/libexec/docker/cli-plugins/${plugin} ${question}`),
    );
    expect(await sh(`docker ${plugin.replace("docker-", "")} version`)).toMatch(/\d+\.\d+\.\d+/);
});

describe("an engine that restarts", () => {
    test("is unreachable meanwhile, and then its events are followed again", async () => {
        const { docker, engineReady } = machine!;
        for (const line of clearance) await sh(line);
        const names: (string | undefined)[] = [];
        const errors: unknown[] = [];
        const stop = docker.events(
            event => names.push(event.attributes["name"]),
            error => errors.push(error),
        );
        try {
            expect(await docker.ping()).toBe(true);
            await sh("kill $(pidof dockerd)");
            await expect.poll(() => errors.length, { timeout: 120_000 }).toBeGreaterThan(0);
            await expect.poll(() => docker.ping(), { timeout: 120_000 }).toBe(false);
            await expect(docker.containers.list()).rejects.toMatchObject({ code: "docker.unreachable" });
            // init restarts it
            await engineReady();
            await expect
                .poll(async () => (await sh("docker tag busybox again:1"), names), { timeout: 120_000, interval: 500 })
                .toContain("again:1");
        } finally {
            stop();
        }
    }, 400_000);
});
