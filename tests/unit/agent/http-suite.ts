/** The part of the agent's suite that needs a server in the guest. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Address, Agent, GuestProcess } from "../../../src/agent/agent";
import { headersOf } from "../../../src/agent/http";
import { until } from "../../../src/base/abort";
import { decodeText, encodeText, readAll } from "../../../src/base/bytes";
import { RawRequest } from "../../../src/base/http";

const source = readFileSync(resolve(import.meta.dirname, "server.pl"), "utf8");

export function describeHttp(agentOf: () => Agent, folderOf: () => string): void {
    describe("dial and http", () => {
        let agent: Agent;
        let port: Address;
        let socket: Address;
        const servers: GuestProcess[] = [];
        const serve = async (...args: string[]): Promise<string> => {
            const server = await agent.spawn(["perl", `${folderOf()}/server.pl`, ...args]);
            servers.push(server);
            const reader = server.stdout.getReader();
            return decodeText((await reader.read()).value!).trim();
        };
        const get = (address: Address, path: string, init?: RequestInit) =>
            agent.http(address, new Request(`http://guest.test:8000${path}`, init));

        beforeAll(async () => {
            agent = agentOf();
            await agent.files.write(`${folderOf()}/server.pl`, source);
            port = { network: "tcp", host: "127.0.0.1", port: Number(await serve()) };
            const path = `${folderOf()}/server.sock`;
            await serve(path);
            socket = { network: "unix", path };
        }, 120_000);
        afterAll(() => {
            for (const server of servers) server.kill("KILL");
        });

        test("a port without a listener is refused", async () => {
            const nobody: Address = { network: "tcp", host: "127.0.0.1", port: 9 };
            const refused = expect.objectContaining({ code: "agent.refused" });
            await expect(agent.dial(nobody)).rejects.toEqual(refused);
            await expect(get(nobody, "/")).rejects.toEqual(refused);
            await expect(agent.dial({ network: "unix", path: `${folderOf()}/no.sock` })).rejects.toEqual(refused);
            await expect(agent.dial({ network: "tcp", host: "", port: 1 })).rejects.toMatchObject({
                code: "agent.bad-request",
            });
        });

        test("method, path, host, headers and body arrive", async () => {
            const response = await get(port, "/echo/a%20b?c=d&e", {
                method: "PUT",
                headers: { "X-Mine": "1", Connection: "X-Not", "X-Not": "2" },
                body: "the body",
            });
            expect(response.status).toBe(200);
            expect(response.headers.get("content-type")).toBe("text/plain");
            const text = await response.text();
            expect(text).toMatch(/^PUT \/echo\/a%20b\?c=d&e \d+\n/);
            expect(text).toContain("Host: guest.test:8000\n");
            expect(text).toContain("X-Mine: 1\n");
            expect(text).toContain("Content-Length: 8\n");
            expect(text).not.toContain("Accept-Encoding: gzip\n");
            expect(text.endsWith("\n\nthe body")).toBe(true);
        });

        test("an engine's socket keeps its connection, a student's port gets a new one each time", async () => {
            const connection = async (address: Address) =>
                /^GET \/echo (\d+)/.exec(await (await get(address, "/echo")).text())![1];
            expect(await connection(socket)).toBe(await connection(socket));
            expect(await connection(port)).not.toBe(await connection(port));
        });

        test("redirects are not followed, and every header is there", async () => {
            const response = await get(port, "/redirect");
            expect(response.status).toBe(302);
            expect(response.headers.get("location")).toBe("/there");
            expect(
                headersOf(response)
                    .filter(([name]) => name.toLowerCase() === "set-cookie")
                    .map(([, value]) => value)
                    .sort(),
            ).toEqual(["a=1", "b=2"]);
        });

        test("chunks come as they are, compressed stays compressed, hop-by-hop headers stay behind", async () => {
            const response = await get(port, "/chunked");
            expect(response.headers.get("x-hop")).toBeNull();
            expect(response.headers.get("content-encoding")).toBe("gzip");
            expect(await response.text()).toBe("onetwo");
        });

        test("answers without a body", async () => {
            const empty = await get(port, "/empty", { method: "DELETE" });
            expect([empty.status, empty.body]).toEqual([204, null]);
            const head = await get(port, "/big", { method: "HEAD" });
            expect([head.status, head.headers.get("content-length"), head.body]).toEqual([200, String(4 << 20), null]);
        });

        test("megabytes both ways", async () => {
            expect((await (await get(port, "/big")).arrayBuffer()).byteLength).toBe(4 << 20);
            const body = new Uint8Array(3 << 20);
            expect(await (await get(port, "/length", { method: "POST", body })).text()).toBe(String(3 << 20));
            const declared = new RawRequest("http://guest.test:8000/echo", { method: "POST", body }, [
                ["Content-Length", String(3 << 20)],
            ]);
            expect((await (await agent.http(port, declared)).text()).slice(0, 300)).toContain(
                `Content-Length: ${3 << 20}\n`,
            );
        });

        test("a server that breaks off, or speaks something else, is named", async () => {
            const broken = await get(port, "/broken");
            await expect(broken.text()).rejects.toMatchObject({ code: "agent.bad-reply" });
            await expect(get(port, "/rubbish")).rejects.toMatchObject({ code: "agent.bad-reply" });
        });

        test("an abort ends the wait for an answer, and the guest's connection", async () => {
            const stop = new AbortController();
            const waiting = get(port, "/silent", { signal: stop.signal });
            const count = async () =>
                (
                    await agent.exec(["sh", "-c", "grep -c '^.*perl.*server.pl' /proc/[0-9]*/cmdline | grep -c ':1$'"])
                ).stdout.trim();
            const quiet = await count();
            await until(async () => (Number(await count()) >= Number(quiet) ? true : undefined), {
                every: 50,
                timeout: 10_000,
                what: "the request",
            });
            stop.abort();
            await expect(waiting).rejects.toHaveProperty("name", "AbortError");
            expect((await get(port, "/echo")).status).toBe(200);
        });

        test("cancelling an endless body stops it", async () => {
            const response = await get(port, "/endless");
            const reader = response.body!.getReader();
            let bytes = 0;
            while (bytes < 1 << 20) bytes += (await reader.read()).value!.byteLength;
            await reader.cancel();
            expect((await get(port, "/echo")).status).toBe(200);
        });

        test("dial is a connection, half-closes included", async () => {
            for (const address of [port, socket]) {
                const { readable, writable } = await agent.dial(address);
                const writer = writable.getWriter();
                await writer.write(encodeText("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
                await writer.close();
                expect(decodeText(await readAll(readable))).toContain("200 OK");
            }
        });
    });
}
