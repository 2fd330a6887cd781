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

describe("an engine that restarts", () => {
    test("is unreachable meanwhile, and its events follow again", async () => {
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
            // init starts it again
            await engineReady();
            await expect.poll(async () => (await sh("docker tag busybox again:1"), names), { timeout: 120_000, interval: 500 }).toContain("again:1");
        } finally {
            stop();
        }
    }, 400_000);
});
