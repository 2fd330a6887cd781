import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeText, readAll } from "../../../src/base/bytes";
import { createHttpBundle } from "../../../src/internet/http-bundle";

let server: Server;
let base: string;

beforeAll(async () => {
    server = createServer((request, response) => {
        if (request.url === "/vm/plain") return void response.writeHead(200, { "Content-Length": 5 }).end("hello");
        if (request.url === "/vm/packed")
            return void response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync("hello hello hello"));
        if (request.url === "/vm/silent") return; // never answers
        response.writeHead(request.url === "/vm/broken" ? 500 : 404).end();
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/vm/`;
});
afterAll(() => {
    server.close();
    server.closeAllConnections();
});

test.each([
    ["plain", "hello"],
    ["packed", "hello hello hello"],
])("a %s file, with the length of its content", async (path, content) => {
    const { bytes, body } = await createHttpBundle(base).open(path);
    expect([bytes, decodeText(await readAll(body))]).toEqual([content.length, content]);
});

test.each([
    ["missing", "internet.missing"],
    ["broken", "internet.unreachable"],
])("%s: %s", async (path, code) => {
    await expect(createHttpBundle(base).open(path)).rejects.toMatchObject({ code });
});

test("a server that is away, and a request that is given up", async () => {
    await expect(createHttpBundle("http://127.0.0.1:9/vm/").open("plain")).rejects.toMatchObject({
        code: "internet.unreachable",
    });
    const abort = new AbortController();
    const asked = createHttpBundle(base).open("silent", abort.signal);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});
