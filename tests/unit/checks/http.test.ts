import { describe, expect, test } from "vitest";
import { DrydockError } from "../../../src/base/errors";
import { parseListeners } from "../../../src/checks/listeners";
import { check, port, type FakeContainer, type World } from "./fakes";

const spec = { port: 5000, contains: "Docker and Flask are working!", wait: 0 };
const web: FakeContainer = {
    name: "web",
    ports: [port(5000, 5000)],
    log: " * Running on all addresses (0.0.0.0)",
    pid: 42,
};
const answer = (body: string, init?: ResponseInit) => () => new Response(body, init);
const broken = () => Promise.reject(new DrydockError("agent.bad-reply", "127.0.0.1:5000: EOF", ""));
const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const listens = (address: string) => () => ({
    stdout: `${header}   0: ${address} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n`,
});

describe("http", () => {
    test("a page of special characters alone does not keep the browser busy", async () => {
        const http = answer("<".repeat(1 << 20), { status: 418 });
        expect(await check("http", spec, { containers: [web], http })).toMatchObject({ code: "http.wrong-status" });
    }, 60_000);

    test("passes", async () =>
        expect(
            await check("http", spec, { containers: [web], http: answer("Docker and Flask are working!") }),
        ).toMatchObject({ status: "pass" }));

    test.each<[string, World, string, string]>([
        ["nobody listens", {}, "http.refused", "No container publishes it"],
        [
            "published on another port",
            { containers: [{ ...web, ports: [port(8000, 5000)] }] },
            "http.refused",
            "The published ports are 8000 (web)",
        ],
        [
            "the container has ended",
            {
                containers: [
                    { ...web, state: "exited", exitCode: 1, log: "ModuleNotFoundError: No module named 'flask'" },
                ],
            },
            "http.exited",
            "the module flask",
        ],
        [
            "only inside",
            { containers: [web], http: broken, exec: listens("0100007F:1388") },
            "http.only-inside",
            'host="0.0.0.0"',
        ],
        [
            "another port inside",
            { containers: [web], http: broken, exec: listens("00000000:1F90") },
            "http.other-port",
            "listens on 8080",
        ],
        ["no program answers", { containers: [web], http: broken }, "http.no-answer", "answers on port 5000"],
        [
            "404",
            { containers: [web], http: answer("<h1>Not Found</h1>", { status: 404 }) },
            "http.not-found",
            '@app.route("/")',
        ],
        ["405", { containers: [web], http: answer("", { status: 405 }) }, "http.not-allowed", "GET"],
        [
            "500",
            {
                containers: [{ ...web, log: "NameError: name 'x' is not defined" }],
                http: answer("oops", { status: 500 }),
            },
            "http.server-error",
            "the name x",
        ],
        [
            "another status",
            { containers: [web], http: answer("", { status: 302, headers: { Location: "/login" } }) },
            "http.wrong-status",
            "to /login",
        ],
        [
            "another text",
            { containers: [web], http: answer("Hello") },
            "http.wrong-text",
            "answers, but without the text",
        ],
        [
            "nearly the text",
            { containers: [web], http: answer("docker and flask are working") },
            "http.wrong-text",
            "nearly",
        ],
    ])("%s", async (_, world, code, words) => {
        expect(await check("http", spec, world)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("waits for an app that is still starting", async () => {
        let calls = 0;
        const world: World = {
            containers: [web],
            http: () => (++calls < 3 ? broken() : new Response("Docker and Flask are working!")),
        };
        expect(await check("http", { ...spec, wait: 30 }, world)).toMatchObject({ status: "pass" });
        expect(calls).toBe(3);
    });

    test("a young container is waited for, an old one not", async () => {
        const started = (seconds: number) => ({
            containers: [{ ...web, startedAt: new Date(Date.now() - seconds * 1000).toISOString() }],
            http: broken,
        });
        const slow = new AbortController();
        const waiting = check("http", { ...spec, wait: 100 }, started(3), { signal: slow.signal });
        const old = await check("http", { ...spec, wait: 0.01 }, started(300));
        expect(old).toMatchObject({ code: "http.no-answer" });
        slow.abort(new Error("still waiting"));
        await expect(waiting).rejects.toThrow("still waiting");
    });

    test("does not wait for a container that ends meanwhile", async () => {
        const containers = [{ ...web }];
        const world: World = {
            containers,
            http: () => {
                containers[0]!.state = "exited";
                return broken();
            },
        };
        expect(await check("http", { ...spec, wait: 120 }, world)).toMatchObject({ code: "http.exited" });
    });

    test("headers, method and body", async () => {
        const world: World = {
            containers: [web],
            http: async request =>
                new Response(`${request.method} ${await request.text()} ${request.headers.get("Content-Type")}`, {
                    headers: { "X-Node": "a1" },
                }),
        };
        const post = {
            port: 5000,
            method: "POST",
            body: "x=1",
            headers: { "Content-Type": "text/plain" },
            contains: "POST x=1 text/plain",
            header: { "X-Node": "^a\\d$" },
        };
        expect(await check("http", post, world)).toMatchObject({ status: "pass" });
        expect(await check("http", { ...post, header: { "X-Node": "^b" } }, world)).toMatchObject({
            code: "http.wrong-header",
        });
        expect(await check("http", { port: 5000, matches: "^nothing$" }, world)).toMatchObject({
            code: "http.wrong-text",
        });
    });

    test("a machine that is away is an error, not a failure", async () => {
        const http = () =>
            Promise.reject(new DrydockError("agent.gone", "The connection to the machine ended.", "Connect again."));
        expect(await check("http", spec, { containers: [web], http })).toMatchObject({
            status: "error",
            code: "agent.gone",
        });
    });

    test("the kernel's table of listeners", () => {
        const line = (address: string, state = "0A") => `   0: ${address} 00000000:0000 ${state} x\n`;
        expect(
            parseListeners(
                header +
                    line("00000000:1388") +
                    line("0100007F:0050") +
                    line("0100007F:0051", "01") +
                    line("0B00007F:9999"),
            ),
        ).toEqual([
            { port: 5000, local: false },
            { port: 80, local: true },
        ]);
        expect(
            parseListeners(
                line("00000000000000000000000001000000:0050") +
                    line("00000000000000000000000000000000:0051") +
                    line("0000000000000000FFFF00000100007F:0052"),
            ),
        ).toEqual([
            { port: 80, local: true },
            { port: 81, local: false },
            { port: 82, local: true },
        ]);
    });
});
