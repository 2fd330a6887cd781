/**
 * The checks against what the real engine, runtime and network say: the sentences depend on their wording and
 * behaviour.
 */
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult, CommandRecord } from "../../src/checks/check";
import { checkKinds } from "../../src/checks/registry";
import { runChecks } from "../../src/checks/run";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startMachine();
    await machine.engineReady();
    await sh(
        'mkdir -p /tmp/site && cd /tmp/site && echo \'Docker and Flask are working!\' > index.html && printf \'FROM busybox\\nCOPY index.html /www/\\nEXPOSE 5000\\nENTRYPOINT ["httpd"]\\nCMD ["-f", "-p", "5000", "-h", "/www"]\\n\' > Dockerfile',
    );
    await sh("cd /tmp/site && DOCKER_BUILDKIT=0 docker build -q -t docker-flask:1.0 .");
});

afterAll(async () => machine?.stop());

afterEach(async () => void (await sh("docker rm -f $(docker ps -aq)")));

async function sh(line: string): Promise<CommandRecord> {
    const { code } = await machine.agent.exec(["sh", "-c", line]);
    return { command: line, code, at: Date.now(), terminal: 1 };
}

async function check(kind: string, fields: unknown): Promise<CheckResult> {
    const { agent, docker } = machine;
    const sources = {
        docker,
        workspace: agent.files,
        exec: agent.exec.bind(agent),
        http: agent.http.bind(agent),
        commands: [],
        events: [],
        missedImages: [],
        answers: new Map<string, string>(),
    };
    const [outcome] = await runChecks([{ kind, spec: v.parse(checkKinds.get(kind)!.schema, fields) }], sources);
    return outcome!.result;
}

const container = { image: "docker-flask:1.0", state: "running", publishes: { 5000: 5000 } };
const http = { port: 5000, contains: "Docker and Flask are working!", wait: 20 };

async function after(lines: string[], kind: string, fields: unknown): Promise<CheckResult> {
    for (const line of lines) await sh(line);
    return check(kind, fields);
}

describe("checks on the real engine", () => {
    test("image and container pass, and the port answers", async () => {
        expect(
            await check("image", {
                ref: "docker-flask:1.0",
                entrypoint: ["httpd"],
                exposes: 5000,
                architecture: "386",
            }),
        ).toMatchObject({
            status: "pass",
        });
        await sh("docker run -d --name web -p 5000:5000 docker-flask:1.0");
        expect(await check("container", { ...container, count: 1 })).toMatchObject({ status: "pass" });
        expect(await check("http", http)).toMatchObject({ status: "pass" });
        expect(await check("http", { ...http, path: "/nowhere" })).toMatchObject({ code: "http.not-found" });
        expect(await check("http", { ...http, contains: "Something else" })).toMatchObject({ code: "http.wrong-text" });
        expect(
            await check("exec", { in: "web", argv: ["cat", "/www/index.html"], stdout: "^Docker and Flask" }),
        ).toMatchObject({ status: "pass" });
        expect(await check("exec", { in: "web", argv: ["pyton"] })).toMatchObject({ code: "exec.not-found" });
    });

    test.each<[string, string[], string, object, string, string]>([
        ["no container", [], "container", container, "container.missing", "running or stopped"],
        [
            "not published",
            ["docker run -d --name web docker-flask:1.0"],
            "container",
            container,
            "container.not-published",
            "again with `-p 5000:5000`",
        ],
        [
            "published elsewhere",
            ["docker run -d --name web -p 8000:5000 docker-flask:1.0"],
            "container",
            container,
            "container.published-elsewhere",
            "8000:5000",
        ],
        [
            "port taken",
            [
                "docker run -d --name old -p 5000:80 busybox sleep 100",
                "docker run -d --name web -p 5000:5000 docker-flask:1.0",
            ],
            "container",
            container,
            "container.port-taken",
            "already in use by the container old",
        ],
        [
            "no such program",
            ["docker run -d --name web --entrypoint pyton -p 5000:5000 docker-flask:1.0"],
            "container",
            container,
            "container.program-missing",
            '"pyton"',
        ],
        [
            "exits at once",
            ["docker run -d --name web -p 5000:5000 --entrypoint sh docker-flask:1.0 -c 'echo oops; exit 3'"],
            "container",
            container,
            "container.exited",
            "exited with code 3",
        ],
        [
            "stopped",
            ["docker run -d --name web -p 5000:5000 docker-flask:1.0", "docker stop -t 0 web"],
            "container",
            container,
            "container.stopped",
            "docker start web",
        ],
        [
            "paused",
            ["docker run -d --name web -p 5000:5000 docker-flask:1.0", "docker pause web"],
            "container",
            container,
            "container.paused",
            "docker unpause web",
        ],
        ["nobody listens", [], "http", http, "http.refused", "No container publishes it"],
        [
            "ended",
            ["docker run -d --name web -p 5000:5000 --entrypoint sh docker-flask:1.0 -c 'exit 1'"],
            "http",
            http,
            "http.exited",
            "Exited (1)",
        ],
        [
            "only inside",
            ["docker run -d --name web -p 5000:5000 docker-flask:1.0 -f -p 127.0.0.1:5000 -h /www"],
            "http",
            http,
            "http.only-inside",
            "0.0.0.0",
        ],
        [
            "another port inside",
            ["docker run -d --name web -p 5000:5000 docker-flask:1.0 -f -p 8080 -h /www"],
            "http",
            http,
            "http.other-port",
            "listens on 8080",
        ],
        [
            "no program answers",
            ["docker run -d --name web -p 5000:5000 busybox sleep 100"],
            "http",
            { ...http, wait: 2 },
            "http.no-answer",
            "port 5000",
        ],
    ])("%s", async (_, lines, kind, fields, code, words) => {
        expect(await after(lines, kind, fields)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("an older build of the image", async () => {
        await sh("docker run -d --name web -p 5000:5000 docker-flask:1.0");
        await sh("cd /tmp/site && echo new >> index.html && DOCKER_BUILDKIT=0 docker build -q -t docker-flask:1.0 .");
        expect(await after([], "container", container)).toMatchObject({ code: "container.old-image" });
    });

    test("out of memory", async () => {
        const result = await after(
            ["docker run --name web -m 8m busybox sh -c 'x=a; while :; do x=$x$x; done'"],
            "container",
            {
                name: "web",
                state: "running",
            },
        );
        expect(result).toMatchObject({ code: "container.out-of-memory", message: expect.stringContaining("8 MB") });
    });

    test("a check leaves nothing behind in the guest", async () => {
        await sh("docker run -d --name web -p 5000:5000 docker-flask:1.0");
        const look = async () =>
            (
                await machine.agent.exec([
                    "sh",
                    "-c",
                    "docker ps -aq; docker images -aq | sort; docker network ls -q; docker volume ls -q; find /tmp /workspace -type f | sort",
                ])
            ).stdout;
        const before = await look();
        await check("container", container);
        await check("http", http);
        await check("image", { ref: "docker-flask:1.0", history: "COPY" });
        await check("exec", { in: "web", argv: ["true"] });
        expect(await look()).toBe(before);
    });
});
