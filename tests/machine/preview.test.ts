/**
 * The preview's side of a request, on real ports of the real guest: some listen, some do not, and some only seem to.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bytes, decodeText, encodeText, readAll } from "../../src/base/bytes";
import { answer } from "../../src/preview/answer";
import { receiveBody, sendBody } from "../../src/preview/body";
import { CookieJar } from "../../src/preview/cookies";
import { PROTOCOL, type PortMessage } from "../../src/preview/protocol";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;
const jar = new CookieJar();

/** Two pages and a form that returns what it was sent, served by busybox alone. */
const site = `mkdir -p /www/cgi-bin && echo '<title>Home</title>home' > /www/index.html
cat > /www/cgi-bin/form <<'CGI'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\nSet-Cookie: seen=yes; Path=/\\r\\n\\r\\n'
echo "$REQUEST_METHOD $CONTENT_LENGTH $HTTP_COOKIE $HTTP_HOST $HTTP_REFERER"; head -c "\${CONTENT_LENGTH:-0}"
CGI
chmod +x /www/cgi-bin/form && exec httpd -f -p 5000 -h /www`;

async function sh(line: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec(["sh", "-c", line]);
    if (code !== 0) throw new Error(`${line}\nended with status ${code}: ${stderr}`);
    return stdout.trim();
}

beforeAll(async () => {
    machine = await startMachine();
    await machine.engineReady();
    await machine.agent.files.write("/tmp/site.sh", site);
    await sh(
        "docker run -d --init -p 5000:5000 -v /tmp/site.sh:/site.sh busybox sh /site.sh && docker run -d --init -p 8000:80 busybox sleep 1000",
    );
});
afterAll(async () => machine?.stop());

/** Sends a request as the service worker does. */
async function ask(port: number, path: string, body?: Bytes): Promise<{ status: number; text: string }> {
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
        port1.addEventListener("message", event => {
            const part = event.data as PortMessage;
            if (part.kind === "broken" || part.kind === "refused") reject(new Error(JSON.stringify(part)));
            if (part.kind !== "head") return;
            (part.hasBody ? readAll(receiveBody(port1)) : Promise.resolve(new Uint8Array())).then(
                bytes => resolve({ status: part.status, text: decodeText(bytes) }),
                reject,
            );
        });
    });
    port1.start();
    port2.start();
    if (body) void sendBody(port1, new Blob([body]).stream() as ReadableStream<Bytes>);
    const origin = "http://localhost:5174";
    const http = (port: number, request: Request) =>
        machine.agent.http({ network: "tcp", host: "127.0.0.1", port }, request);
    const message = {
        kind: "request" as const,
        protocol: PROTOCOL,
        port,
        method: body ? "POST" : "GET",
        path,
        headers: [],
        referrer: `${origin}/p/5000/`,
        navigation: true,
        hasBody: body !== undefined,
    };
    try {
        const done = answer(
            message,
            port2,
            { http, jar, origin, session: "", page: "http://localhost:5173", userAgent: "test" },
            new AbortController().signal,
        );
        const result = await answered;
        await done;
        return result;
    } finally {
        port1.close();
        port2.close();
    }
}

test("a page, then a form with its length, a cookie and its own address", async () => {
    await expect.poll(async () => (await ask(5000, "/")).text, { timeout: 60_000, interval: 500 }).toContain("home");
    expect((await ask(5000, "/cgi-bin/form")).text).toBe("GET   localhost:5000 http://localhost:5000/\n");
    expect((await ask(5000, "/cgi-bin/form", encodeText("name=value"))).text).toBe(
        "POST 10 seen=yes localhost:5000 http://localhost:5000/\nname=value",
    );
});

test("a published port on which the program does not listen", async () => {
    const { status, text } = await ask(8000, "/");
    expect(status).toBe(502);
    expect(text).toContain("The program behind port 8000 does not answer yet");
});

test("a port that nothing has published", async () => {
    const { status, text } = await ask(9999, "/");
    expect(status).toBe(502);
    expect(text).toContain("Nothing answers on port 9999 yet");
});
