import { afterEach, describe, expect, test } from "vitest";
import { type Bytes, decodeText, encodeText, readAll } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import { answer, type Answerer, type AskGuest } from "../../../src/preview/answer";
import { receiveBody, sendBody } from "../../../src/preview/body";
import { CookieJar } from "../../../src/preview/cookies";
import { PROTOCOL, type PortMessage, type RequestMessage } from "../../../src/preview/protocol";

const origin = "http://localhost:5174";
const open: MessagePort[] = [];
afterEach(() => open.splice(0).forEach(port => port.close()));

const message: RequestMessage = {
    kind: "request",
    protocol: PROTOCOL,
    port: 5000,
    method: "GET",
    path: "/",
    headers: [],
    referrer: "",
    navigation: true,
    hasBody: false,
};

/** Plays the service worker: returns what arrived on the port, and the body as text. */
async function ask(
    http: AskGuest,
    request: Partial<RequestMessage> = {},
    rest: { body?: Bytes; options?: Partial<Answerer>; signal?: AbortSignal } = {},
) {
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    const kinds: string[] = [];
    let head: Extract<PortMessage, { kind: "head" }> | undefined;
    let body: Promise<Bytes> | undefined;
    const ended = new Promise<void>(resolve => {
        port1.addEventListener("message", event => {
            const part = event.data as PortMessage;
            kinds.push(part.kind);
            if (part.kind === "head") {
                head = part;
                if (part.hasBody) body = readAll(receiveBody(port1));
                resolve();
            } else if (part.kind === "refused" || (part.kind === "broken" && !head)) resolve();
        });
    });
    port1.start();
    port2.start();
    if (rest.body) void sendBody(port1, new Blob([rest.body]).stream() as ReadableStream<Bytes>);
    const options = {
        http,
        jar: new CookieJar(),
        origin,
        session: "k3",
        page: "http://localhost:5173",
        userAgent: "Browser/1",
        ...rest.options,
    };
    const done = answer(
        { ...message, ...request, hasBody: rest.body !== undefined },
        port2,
        options,
        rest.signal ?? new AbortController().signal,
    );
    await ended;
    const text = body ? decodeText(await body) : undefined;
    await done;
    return { kinds, head, text };
}

describe("answering a request of the preview", () => {
    test("the guest's answer with status, headers and body", async () => {
        const { kinds, head, text } = await ask(
            async (port, request) =>
                new Response(`${port} ${request.method} ${request.url}`, { status: 201, headers: { "X-Own": "1" } }),
            { path: "/a?b" },
        );
        expect(kinds[0]).toBe("accepted");
        expect(head?.status).toBe(201);
        expect(head?.headers).toContainEqual(["x-own", "1"]);
        expect(text).toBe("5000 GET http://localhost:5000/a?b");
    });

    test("a body arrives with its length, a long one whole", async () => {
        const seen: [string | null, number][] = [];
        const http: AskGuest = async (_port, request) => {
            seen.push([request.headers.get("Content-Length"), (await request.arrayBuffer()).byteLength]);
            return new Response(null, { status: 204 });
        };
        await ask(http, { method: "POST" }, { body: encodeText("name=x") });
        await ask(http, { method: "PUT" }, { body: new Uint8Array(9 << 20) });
        expect(seen).toEqual([
            ["6", 6],
            [null, 9 << 20],
        ]);
    });

    test.each([204, 304])("status %i has no body", async status => {
        const { head, text } = await ask(async () => new Response(null, { status }));
        expect(head).toMatchObject({ status, hasBody: false });
        expect(text).toBeUndefined();
    });

    test("a compressed body is decompressed", async () => {
        const packed = new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"));
        const { head, text } = await ask(async () => new Response(packed, { headers: { "Content-Encoding": "gzip" } }));
        expect(text).toBe("hello");
        expect(head?.headers.some(([name]) => name === "content-encoding")).toBe(false);
    });

    test("cookies go into the jar and not to the browser", async () => {
        const jar = new CookieJar();
        const { head } = await ask(
            async () =>
                new Response("", {
                    headers: [
                        ["Set-Cookie", "a=1; Path=/"],
                        ["Set-Cookie", "b=2; Path=/"],
                    ],
                }),
            {},
            { options: { jar } },
        );
        expect(jar.header(5000, "/")).toBe("a=1; b=2");
        expect(head?.headers.some(([name]) => name === "set-cookie")).toBe(false);
    });

    test("no listener, for a person and for a program", async () => {
        const refused: AskGuest = async () => {
            throw new DrydockError("agent.refused", "refused", "");
        };
        const person = await ask(refused);
        expect(person.head?.status).toBe(502);
        expect(person.text).toContain("<h1>Nothing answers on port 5000 yet</h1>");
        expect(person.text).toContain(`http-equiv="refresh"`);
        const program = await ask(refused, { navigation: false });
        expect(program.text).toMatch(/^Nothing answers on port 5000 yet\n/);
        expect((await ask(refused, { method: "POST" })).text).not.toContain("refresh");
    });

    test.each([
        ["127.0.0.1:5000: EOF", "The program behind port 5000 does not answer yet", true],
        [
            "127.0.0.1:5000: read tcp 127.0.0.1:1->127.0.0.1:5000: read: connection reset by peer",
            "The program behind port 5000 does not answer yet",
            true,
        ],
        [`127.0.0.1:5000: malformed HTTP response "-ERR"`, "The answer from port 5000 is not valid", false],
    ])("%s: %s", async (words, title, retries) => {
        const { text } = await ask(() => Promise.reject(new DrydockError("agent.bad-reply", words, "")));
        expect(text).toContain(`<h1>${title}</h1>`);
        expect(text!.includes(`http-equiv="refresh"`)).toBe(retries);
    });

    test("something that is not HTTP, a machine that has stopped, a program that keeps silent", async () => {
        expect((await ask(() => Promise.reject(new Error("malformed response")))).text).toContain("malformed response");
        expect(
            (await ask(() => Promise.reject(new DrydockError("vm.worker-died", "The machine stopped.", "Restart it."))))
                .text,
        ).toContain("Restart it.");
        let given: AbortSignal | undefined;
        const silent = await ask(
            (_port, request) => ((given = request.signal), new Promise(() => undefined)),
            {},
            { options: { patience: 0.01 } },
        );
        expect(silent.head?.status).toBe(504);
        expect(given?.aborted).toBe(true);
    });

    test("an older worker is refused", async () => {
        expect((await ask(async () => new Response("x"), { protocol: PROTOCOL - 1 })).kinds).toEqual(["refused"]);
    });

    test("giving up before the answer aborts the guest's request", async () => {
        const abort = new AbortController();
        let given: AbortSignal | undefined;
        const asked = ask(
            (_port, request) => {
                given = request.signal;
                abort.abort(new DOMException("no more", "AbortError"));
                return new Promise((_, reject) =>
                    request.signal.addEventListener("abort", () => reject(request.signal.reason)),
                );
            },
            {},
            { signal: abort.signal },
        );
        expect((await asked).kinds).toEqual(["accepted", "broken"]);
        expect(given?.aborted).toBe(true);
    });
});
