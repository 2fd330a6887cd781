import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "../../src/agent/agent";
import { connectAgent } from "../../src/agent/connect";
import { openShell } from "../../src/agent/shell";
import { until } from "../../src/base/abort";
import { describeAgent } from "../unit/agent/agent-suite";
import { startMachine, type StartedMachine } from "./machine";

const AGENT_PORT = 1;

describeAgent(
    "the agent in the guest",
    async () => {
        const { agent, stop } = await startMachine();
        return { agent, close: stop };
    },
    (agent, cwd) => openShell(agent, { cwd, columns: 80, rows: 24 }),
);

describe("the agent's duties in the guest", () => {
    const requests: Request[] = [];
    let started: StartedMachine;
    let agent: Agent;
    const sh = async (line: string) => {
        const { stdout, stderr, code } = await agent.exec(["sh", "-c", line]);
        return { text: stdout + stderr, code };
    };

    beforeAll(async () => {
        started = await startMachine({
            internet: async request => {
                requests.push(request);
                const { pathname } = new URL(request.url);
                if (pathname === "/fails") throw new Error("on purpose");
                if (pathname === "/megabytes") return new Response(new Uint8Array(2 << 20));
                return new Response(`${request.method} ${request.url} ${await request.text()}`);
            },
        });
        agent = started.agent;
    });
    afterAll(() => started.stop());

    test("sets the clock", async () => {
        const time = Date.UTC(2031, 4, 6, 7, 8, 9);
        await agent.setTime(time);
        expect((await sh("date -u +%Y-%m-%dT%H:%M")).text).toBe("2031-05-06T07:08\n");
        await agent.setTime(Date.now());
    });

    test("mixes entropy in", async () => {
        await agent.reseed(crypto.getRandomValues(new Uint8Array(64)));
    });

    test("what it starts is in the students' group and may be killed when memory runs out", async () => {
        expect((await sh("cat /proc/self/cgroup /proc/self/oom_score_adj")).text).toBe("0::/terminals\n0\n");
    });

    test("names and web requests reach the page from the guest", async () => {
        expect((await sh("curl -sS -d typed 'http://python.lab/simple/?a=b'")).text).toBe(
            "POST http://python.lab/simple/?a=b typed",
        );
        expect((await sh("curl -sS http://python.lab/megabytes | wc -c")).text.trim()).toBe(String(2 << 20));
        expect((await sh("curl -sS -o /dev/null -w '%{http_code}' http://python.lab/fails")).text).toBe("502");
    });

    test("a missing host fails at once", async () => {
        expect((await sh("curl -sS -m 20 http://single-label/")).text).toContain("Could not resolve host");
        expect((await sh("curl -sS -m 20 http://python.lab:81/")).text).toMatch(/Failed to connect|Connection refused/);
        expect((await sh("curl -sS -m 20 http://203.0.113.7/")).text).toMatch(/Failed to connect|No route to host/);
    });

    test.each([
        ["the default bridge", ""],
        ["a network of the student's", "--network lab"],
    ])("containers on %s reach it", async (_, network) => {
        await started.engineReady();
        if (network) await sh("docker network create lab");
        expect(
            (await sh(`docker run --rm ${network} busybox wget -q -O- http://python.lab/from/container`)).text,
        ).toContain("GET http://python.lab/from/container");
    });

    test("ends, is restarted by its supervisor, and so is the port", async () => {
        const waiting = agent.exec(["sleep", "1000"]);
        await agent.exec(["sh", "-c", "kill -9 $(pidof agent)"]).catch(() => undefined); // it no longer answers
        await expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/^agent\./) });
        const port = started.machine.port(AGENT_PORT);
        agent.close();
        agent = await until(() => connectAgent(port, { timeout: 10_000 }).catch(() => undefined), {
            every: 200,
            timeout: 60_000,
            what: "the agent's return",
        });
        expect((await sh("echo back")).text).toBe("back\n");
        agent.serve(() => new Response("served again"));
        expect((await sh("curl -sS http://python.lab/")).text).toBe("served again");
    });
});
