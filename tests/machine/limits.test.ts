/**
 * Programs that multiply without end hit a limit, and the machine keeps running: in a container and in the student's
 * own shell.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeText } from "../../src/base/bytes";
import { startMachine, type StartedMachine } from "./machine";

/** Each copy starts two more and waits for them. */
const BOMB = "f() { f | f & wait; }; f";
const MINUTES = 60_000;

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startMachine();
    await machine.engineReady();
});
afterAll(() => machine?.stop());

/**
 * Files in /sys have no length: read them with a program or, as here, through the agent, which needs no new process.
 */
async function group(name: string, file: string): Promise<string> {
    return decodeText(await machine.agent.files.read(`/sys/fs/cgroup/${name}/${file}`)).trim();
}

/** How often the start of a process was refused. */
const refusals = async (name: string): Promise<number> =>
    Number(/max (\d+)/.exec(await group(name, "pids.events"))?.[1] ?? 0);

async function sh(line: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec(["sh", "-c", line]);
    if (code !== 0) throw new Error(`${line}\nended with status ${code}: ${stderr}`);
    return stdout;
}

describe("a fork bomb", () => {
    test("the groups: containers and shell limited, engine and agent not", async () => {
        expect(Number(await group("docker", "pids.max"))).toBeGreaterThan(200);
        expect(Number(await group("terminals", "pids.max"))).toBeGreaterThan(200);
        expect(await group("engine", "pids.max")).toBe("max");
        const members = (await group("engine", "cgroup.procs")).split("\n").length;
        expect(members).toBeGreaterThan(3); // init, agent, containerd, dockerd
        expect(await sh("cat /proc/self/cgroup")).toContain("/terminals");
    });

    test(
        "in a container: engine and shell still answer, and it can be removed",
        async () => {
            await sh(`docker run -d --name bomb busybox sh -c '${BOMB}'`);
            await expect.poll(() => refusals("docker"), { timeout: 4 * MINUTES, interval: 500 }).toBeGreaterThan(0);
            expect(await machine.docker.ping()).toBe(true);
            expect(await sh("echo still here")).toBe("still here\n");
            expect((await machine.docker.containers.list({ all: true })).flatMap(({ names }) => names)).toContain(
                "bomb",
            );
            await sh("docker rm -f bomb");
            await expect.poll(() => group("docker", "pids.current"), { timeout: MINUTES, interval: 500 }).toBe("0");
        },
        8 * MINUTES,
    );

    test(
        "in the shell: the engine still answers, and ending it gives the shell back",
        async () => {
            const bomb = await machine.agent.spawn(["bash", "-c", BOMB]);
            const silence = [bomb.stdout, bomb.stderr].map(stream => stream.pipeTo(new WritableStream()));
            await expect.poll(() => refusals("terminals"), { timeout: 4 * MINUTES, interval: 500 }).toBeGreaterThan(0);
            expect(await machine.docker.ping()).toBe(true);
            bomb.kill("KILL");
            await expect
                .poll(() => group("terminals", "pids.current"), { timeout: 2 * MINUTES, interval: 500 })
                .toBe("0");
            await Promise.allSettled([...silence, bomb.exit]);
            expect(await sh("docker ps --format '{{.Names}}'")).toBe("");
        },
        8 * MINUTES,
    );
});

describe("memory", () => {
    test(
        "what fills it is ended; engine and agent go on",
        async () => {
            const { code } = await machine.agent.exec(["perl", "-e", 'push @kept, "x" x 1_000_000 while 1']);
            expect(code).toBe(137);
            expect(await machine.docker.ping()).toBe(true);
            expect(await sh("pidof dockerd containerd | wc -w")).toBe("2\n");
        },
        4 * MINUTES,
    );
});
