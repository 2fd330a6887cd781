import { afterAll, beforeAll, expect, test } from "vitest";
import { ownPythonHost } from "../../src/internet/own-host";
import { createWarmUp, type WarmUp } from "../../src/guest/warm-up/warm-up";
import type { DockerEvent } from "../../src/docker/docker";
import { startWithInternet, type StartedMachine } from "./machine";

let machine: StartedMachine;
let before: string;
let warmUp: WarmUp;

beforeAll(async () => {
    machine = await startWithInternet([]);
    // a student's build, whose cache must remain
    await sh(
        "mkdir -p /workspace/mine && printf 'FROM busybox\\nRUN echo mine\\n' > /workspace/mine/Dockerfile && cd /workspace/mine && docker build -t mine:1 .",
    );
    before = await traces();
    // enough for a slow machine to reach the last step
    warmUp = createWarmUp(machine.agent, { budget: 400_000, pythonHost: ownPythonHost });
});

afterAll(async () => machine?.stop());

async function sh(line: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec(["sh", "-c", line], { env: { HOME: "/root" } });
    if (code !== 0) throw new Error(`${line}\nended with status ${code}: ${stderr}`);
    return stdout;
}

/** Everything that the student could find. */
const traces = () =>
    sh(
        "docker ps -a --no-trunc -q; docker images -a --no-trunc -q | sort; docker network ls -q; docker volume ls -q; docker buildx du --verbose | grep -E '^(ID|Description):' | sort;" +
            "find /workspace /root /tmp /home -not -path '*/proc/*' | sort; cat /root/.bash_history 2>/dev/null || true",
    );

const isWarming = () => expect.poll(() => warmUp.state.kind, { timeout: 30_000 }).toBe("warming");

test("gives way in the middle of any of its commands and leaves nothing behind", async () => {
    const events: DockerEvent[] = [];
    const stop = machine.docker.events(event => events.push(event));
    for (const inTheMiddleOf of ["docker run", "docker run", "docker build", "pip install"]) {
        warmUp.start();
        await isWarming();
        await expect
            .poll(
                async () =>
                    (await sh("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true")).includes(inTheMiddleOf) ||
                    warmUp.state.kind === "finished",
                { timeout: 60_000, interval: 100 },
            )
            .toBe(true);
        await warmUp.giveWay();
        expect(await traces()).toBe(before);
        expect(warmUp.state.kind).toBe("yielded");
    }
    stop();
    expect(events.filter(event => event.type === "container")).toEqual([]);
});

test("continues to the end, leaves nothing behind, and keeps the student's command history", async () => {
    warmUp.start();
    await expect
        .poll(() => warmUp.state, { timeout: 500_000, interval: 200 })
        .toEqual({ kind: "finished", problems: [] });
    expect(await traces()).toBe(before);
    expect(await sh("docker run --rm mine:1 echo hi")).toBe("hi\n");
    const began = performance.now();
    await sh("docker run --rm busybox true");
    console.log(`docker run after the warm-up: ${((performance.now() - began) / 1000).toFixed(1)} s`);
});
