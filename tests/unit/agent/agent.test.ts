import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "../../../src/agent/agent";
import { connectAgent } from "../../../src/agent/connect";
import { Shell } from "../../../src/agent/shell";
import { until } from "../../../src/base/abort";
import { decodeText, readAll } from "../../../src/base/bytes";
import { describeAgent } from "./agent-suite";
import { buildNativeAgent, startNativeAgent, type NativePort } from "./native-agent";

const integration = resolve(import.meta.dirname, "../../../vm-images/rootfs/etc/drydock/shell-integration.bash");

let program: string;
beforeAll(() => {
    program = buildNativeAgent();
}, 240_000);

describeAgent(
    "the native agent",
    async () => {
        const { port, close } = startNativeAgent(program);
        return { agent: await connectAgent(port), close };
    },
    // This host's bash with the image's integration, as a login shell of the image would have it.
    async (agent, cwd) => {
        const pty = await agent.pty({
            argv: ["bash", "--noprofile", "--rcfile", integration, "-i"],
            env: { DRYDOCK_NONCE: "native", PS1: "$ ", HISTFILE: "/dev/null" },
            cwd,
            columns: 80,
            rows: 24,
        });
        return new Shell(pty, "native");
    },
);

describe("the native agent's port", { timeout: 60_000 }, () => {
    const closes: (() => Promise<void>)[] = [];
    afterEach(async () => {
        for (const close of closes.splice(0)) await close();
    });
    const start = (): NativePort => {
        const started = startNativeAgent(program);
        closes.push(started.close);
        return started;
    };
    const running = async (agent: Agent, mark: string) =>
        (await agent.exec(["sh", "-c", `grep -lz '^${mark}$' /proc/[0-9]*/cmdline 2>/dev/null | wc -l`])).stdout.trim();

    test("a new connection during traffic drops the old one and everything that it started", async () => {
        const { port } = start();
        const old = await connectAgent(port);
        const pty = await old.pty({ argv: ["sleep", "4721"], columns: 80, rows: 24 });
        const flood = await old.spawn(["sh", "-c", "yes & sleep 4721"]);
        const reader = flood.stdout.getReader();
        await reader.read();
        const waiting = old.exec(["sleep", "4721"]);
        const upload = old.spawn(["sleep", "4721"]);
        old.close();
        await expect(waiting).rejects.toMatchObject({ code: "agent.gone" });
        await expect(upload).rejects.toMatchObject({ code: "agent.gone" });
        await expect(pty.exit).rejects.toMatchObject({ code: "agent.gone" });
        await expect(flood.exit).rejects.toMatchObject({ code: "agent.gone" });
        const fresh = await connectAgent(port);
        await until(async () => ((await running(fresh, "4721")) === "0" ? true : undefined), {
            every: 50,
            timeout: 10_000,
            what: "the end of what the old connection started",
        });
        expect((await fresh.exec(["echo", "again"])).stdout).toBe("again\n");
    });

    test("twenty connections in a row work alike", async () => {
        const { port } = start();
        for (let i = 0; i < 20; i++) {
            const agent = await connectAgent(port);
            expect((await agent.exec(["echo", String(i)])).stdout).toBe(`${i}\n`);
            agent.close();
        }
    });

    test("the end of the agent rejects every waiting caller", async () => {
        const { port, process } = start();
        const agent = await connectAgent(port);
        const waiting = [
            agent.exec(["sleep", "1000"]),
            agent.spawn(["cat"]).then(cat => cat.exit),
            agent.files.read("/dev/stdin"),
        ];
        const failures = Promise.allSettled(waiting);
        await agent.usage();
        process.kill("SIGKILL");
        for (const result of await failures)
            expect(result).toMatchObject({ status: "rejected", reason: { code: expect.stringMatching(/^agent\./) } });
        await expect(agent.usage()).rejects.toMatchObject({ code: "agent.gone" });
    });

    test("an agent that never answers is silent", async () => {
        const port = { readable: new ReadableStream(), writable: new WritableStream() };
        await expect(connectAgent(port, { timeout: 50 })).rejects.toMatchObject({ code: "agent.silent" });
        const stop = new AbortController();
        const connecting = connectAgent(port, { signal: stop.signal });
        stop.abort();
        await expect(connecting).rejects.toHaveProperty("name", "AbortError");
    });

    test("rubbish before, between and within frames does no harm", async () => {
        const { port } = start();
        for (let round = 0; round < 5; round++) {
            const writer = port.writable.getWriter();
            await writer.write(new Uint8Array(randomBytes(5000)));
            writer.releaseLock();
            const agent = await connectAgent(port);
            expect((await agent.exec(["echo", "fine"])).stdout).toBe("fine\n");
            agent.close();
        }
    });

    test("a reader that cancels ends its program", async () => {
        const { port } = start();
        const agent = await connectAgent(port);
        const stop = new AbortController();
        const program = await agent.spawn(["yes"], { signal: stop.signal });
        await program.stderr.cancel();
        stop.abort(new Error("enough"));
        await expect(readAll(program.stdout)).rejects.toThrow("enough");
        expect(decodeText(await agent.files.read("/proc/version"))).toContain("Linux");
    });
});
