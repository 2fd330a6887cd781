import { describe, expect, test } from "vitest";
import { check, type World } from "./fakes";

const net = {
    id: "1",
    name: "counter-net",
    driver: "bridge",
    subnets: ["172.28.0.0/16"],
    containers: { x: { name: "web", address: "172.28.0.2" } },
    labels: {},
};
const volume = { name: "counter-vol", driver: "local", mountpoint: "/v", labels: { part: "data" } };
const mount = { kind: "volume", name: "counter-vol", source: "/v", destination: "/data", readOnly: false };

test.each<[kind: string, fields: object, world: World, code: string | undefined]>([
    [
        "network",
        { name: "counter-net", driver: "bridge", subnet: "172.28.0.0/16", containers: "web" },
        { networks: [net] },
        undefined,
    ],
    ["network", { name: "counter-net" }, {}, "network.missing"],
    ["network", { name: "counter-net", exists: false }, { networks: [net] }, "network.still-there"],
    ["network", { name: "counter-net", driver: "overlay" }, { networks: [net] }, "network.wrong-driver"],
    ["network", { name: "counter-net", subnet: "10.0.0.0/8" }, { networks: [net] }, "network.wrong-subnet"],
    ["network", { name: "counter-net", containers: ["web", "redis"] }, { networks: [net] }, "network.not-joined"],
    [
        "volume",
        { name: "counter-vol", labels: { part: "data" }, containers: "web" },
        { volumes: [volume], containers: [{ name: "web", mounts: [mount] }] },
        undefined,
    ],
    ["volume", { name: "counter-vol" }, {}, "volume.missing"],
    ["volume", { name: "counter-vol", exists: false }, { volumes: [volume] }, "volume.still-there"],
    ["volume", { name: "counter-vol", labels: { part: "code" } }, { volumes: [volume] }, "volume.wrong-label"],
    [
        "volume",
        { name: "counter-vol", containers: "web" },
        { volumes: [volume], containers: [{ name: "web" }] },
        "volume.not-mounted",
    ],
    [
        "exec",
        { in: "web", argv: ["python", "--version"], stdout: "^Python 3" },
        {
            containers: [{ name: "web" }],
            exec: argv => ({
                stdout: argv.join(" ") === "docker exec id-web python --version" ? "Python 3.13.5\n" : "",
            }),
        },
        undefined,
    ],
    ["exec", { in: "docker-flask:1.0", argv: ["true"] }, { containers: [{ name: "web" }] }, undefined],
    ["exec", { in: "web", argv: ["true"] }, {}, "exec.no-container"],
    ["exec", { in: "web", argv: ["true"] }, { containers: [{ name: "web", state: "exited" }] }, "exec.not-running"],
    ["exec", { argv: ["pyton"] }, { exec: () => ({ code: 127 }) }, "exec.not-found"],
    ["exec", { argv: ["ls"] }, { exec: () => ({ code: 2, stderr: "no" }) }, "exec.wrong-code"],
    ["exec", { argv: ["ls"], stdout: "x" }, { exec: () => ({ stdout: "y" }) }, "exec.wrong-output"],
    ["exec", { argv: ["ls"], stderr: "x" }, {}, "exec.wrong-output"],
    [
        "event",
        { type: "container", action: "die", attributes: { image: "docker-flask:1.0", exitCode: 0 } },
        { events: [{ type: "container", action: "die", attributes: { image: "docker-flask:1.0", exitCode: "0" } }] },
        undefined,
    ],
    [
        "event",
        { type: "container", action: "exec_create" },
        { events: [{ type: "container", action: "exec_create: sh" }] },
        undefined,
    ],
    ["event", { type: "image", action: "tag" }, {}, "event.never"],
    [
        "event",
        { type: "image", action: "tag", attributes: { name: "a" } },
        { events: [{ type: "image", action: "tag", attributes: { name: "b" } }] },
        "event.other",
    ],
    [
        "event",
        { type: "image", action: "tag", count: 2 },
        { events: [{ type: "image", action: "tag" }] },
        "event.too-few",
    ],
    [
        "answer",
        { question: "order", accept: ["Only the last", "the last"] },
        { answers: { order: " only  the LAST " } },
        undefined,
    ],
    ["answer", { question: "order", matches: "^\\d+$" }, { answers: { order: "3" } }, undefined],
    ["answer", { question: "order", accept: "3" }, {}, "answer.none"],
    ["answer", { question: "order", accept: "3" }, { answers: { order: "4" } }, "answer.wrong"],
])("%s %j", async (kind, fields, world, code) => {
    const result = await check(kind, fields, world);
    expect(result).toMatchObject(code === undefined ? { status: "pass" } : { status: "fail", code });
});

describe("answer", () => {
    test("a wrong answer does not give the right one away", async () => {
        const result = await check("answer", { question: "order", accept: "secret" }, { answers: { order: "guess" } });
        expect(JSON.stringify(result)).not.toContain("secret");
    });
});
