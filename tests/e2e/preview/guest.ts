/** Stands for programs in the guest: an app with the usual habits of web apps, on two ports. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

const dot = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
);

const home = `<!doctype html><title>Home</title>
<link rel="stylesheet" href="/static/absolute.css"><link rel="stylesheet" href="static/relative.css">
<h1 id="absolute">absolute</h1><p id="relative">relative</p><img id="image" src="/static/dot.png" alt="a dot">
<a href="/about">About</a> <a href="/moved">Moved</a> <a href="https://example.invalid/">Outside</a> <a href="http://localhost:7000/">Other port</a>
<form method="post" action="/form"><input name="name" value="M&uuml;ller"><button>Send</button></form>
<pre id="script"></pre><script src="/static/app.js"></script>`;

/** Milliseconds: longer than the page for a port without a program waits before it tries again. */
const SLOWER_THAN_A_RETRY = 4_000;

/** Aborted requests and event streams still open, for the tests about cancelling. */
export const seen = { cancelled: 0, eventStreams: 0 };

async function answer(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const url = new URL(request.url ?? "/", "http://guest");
    const html = (body: string, status = 200, headers: Record<string, string | string[]> = {}) =>
        response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(body);
    switch (url.pathname) {
        case "/":
            return void html(name === "first" ? home : `<title>Other</title><h1>the other app</h1>`, 200, {
                "X-Frame-Options": "DENY",
                "Content-Security-Policy": "frame-ancestors 'none'",
            });
        case "/about":
            return void html(
                `<title>About</title><h1>About ${name}</h1><p id="host">${request.headers.host}</p><p id="referer">${request.headers.referer}</p><a href="sub/page">Deeper</a>`,
            );
        case "/sub/page":
            return void html(`<title>Deep</title><h1>Deep</h1><a href="../about">Up</a>`);
        case "/slow":
            return void setTimeout(() => html("<title>Slow</title><h1>slow</h1>"), SLOWER_THAN_A_RETRY);
        case "/static/absolute.css":
            return void response
                .writeHead(200, { "Content-Type": "text/css" })
                .end("#absolute { color: rgb(1, 2, 3) } body { background: url(dot.png) }");
        case "/static/relative.css":
            return void response
                .writeHead(200, { "Content-Type": "text/css" })
                .end("#relative { color: rgb(4, 5, 6) }");
        case "/static/dot.png":
            return void response.writeHead(200, { "Content-Type": "image/png" }).end(dot);
        case "/static/app.js":
            return void response
                .writeHead(200, { "Content-Type": "text/javascript" })
                .end(`fetch("/api").then(r => r.text()).then(t => document.getElementById("script").textContent = t)`);
        case "/api":
            return void response
                .writeHead(200, { "Content-Type": "text/plain", "Access-Control-Allow-Origin": "*" })
                .end(`${name} answers ${request.method}`);
        case "/moved":
            return void response.writeHead(302, { Location: "/about" }).end();
        case "/moved-full":
            return void response.writeHead(301, { Location: "http://localhost:5000/about?from=full" }).end();
        case "/leave":
            return void response.writeHead(302, { Location: "https://example.invalid/x" }).end();
        case "/form":
            return void html(
                `<title>Form</title><pre id="got">${request.method} ${request.headers["content-type"]} ${request.headers.origin} ${request.headers["content-length"]} ${await text(request)}</pre>`,
            );
        case "/form-redirect":
            return void response
                .writeHead(303, { Location: "/about", "Set-Cookie": "flash=sent; Path=/" })
                .end(await text(request));
        case "/login":
            return void html("<title>In</title>in", 200, {
                "Set-Cookie": [
                    "session=abc; HttpOnly; Path=/",
                    "gone=1; Max-Age=0",
                    "old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                ],
            });
        case "/who":
            return void html(`<title>Who</title><pre id="cookie">${request.headers.cookie ?? "nobody"}</pre>`);
        case "/tab":
            return void html(
                `<title>Tab</title><h1>tab ${request.headers["x-tab"]}</h1><a href="/tab?again">Again</a>`,
            );
        case "/empty":
            return void response.writeHead(204).end();
        case "/teapot":
            return void response.writeHead(418, "I'm a teapot", { "X-Pot": "yes" }).end("short and stout");
        case "/length": {
            let size = 0;
            for await (const part of request) size += (part as Buffer).byteLength;
            return void response.end(String(size));
        }
        case "/large":
            response.writeHead(200, { "Content-Type": "application/octet-stream" });
            for (let index = 0; index < 320; index++)
                if (!response.write(Buffer.alloc(65_536, index)))
                    await new Promise<void>(resolve => response.once("drain", resolve));
            return void response.end();
        case "/endless": {
            response.writeHead(200, { "Content-Type": "application/octet-stream" });
            const timer = setInterval(() => response.write(Buffer.alloc(1000)), 10);
            response.on("close", () => {
                clearInterval(timer);
                seen.cancelled++;
            });
            return;
        }
        case "/events": {
            response.writeHead(200, { "Content-Type": "text/event-stream" });
            seen.eventStreams++;
            let count = 0;
            const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 20);
            return void response.on("close", () => clearInterval(timer));
        }
        case "/events-page":
            return void html(
                `<title>Events</title><ol></ol><script>new EventSource("/events").onmessage = e => { if (+e.data < 4) document.querySelector("ol").append(Object.assign(document.createElement("li"), { textContent: e.data })) }</script>`,
            );
        case "/hostile":
            return void html(`<title>Hostile</title><pre id="out"></pre><script>
const out = line => document.getElementById("out").append(line + "\\n");
const tried = (name, act) => { try { out(name + ": " + act()) } catch (e) { out(name + ": refused " + e.name) } };
tried("page document", () => parent.document.title);
tried("page storage", () => parent.localStorage.length);
tried("navigate page", () => { parent.location.href = "/p/5000/about"; return "asked" });
fetch(document.referrer || "http://localhost:1/x").then(r => out("page fetch: " + r.status), e => out("page fetch: refused " + e.name));
fetch("https://example.invalid/").then(() => out("outside: reached"), e => out("outside: refused " + e.name));
navigator.serviceWorker.register("/own-worker.js").then(() => out("worker: registered"), e => out("worker: refused " + e.name));
parent.postMessage({ kind: "drydock-connect" }, "*");
</script>`);
        case "/hostile/page":
            return void html(url.searchParams.get("html") ?? "");
        case "/hostile/redirect":
            return void response.writeHead(302, { Location: url.searchParams.get("to") ?? "" }).end();
        case "/own-worker.js":
            return void response
                .writeHead(200, { "Content-Type": "text/javascript", "Service-Worker-Allowed": "/" })
                .end("onfetch = () => {}");
        default:
            return void html("<title>Missing</title>no such page", 404);
    }
}

export async function startGuests(): Promise<{ ports: Map<number, number>; close: () => void }> {
    const servers: Server[] = [];
    const ports = new Map<number, number>();
    for (const [port, name] of [
        [5000, "first"],
        [7000, "second"],
    ] as const) {
        const server = createServer((request, response) => void answer(request, response, name));
        await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
        ports.set(port, (server.address() as AddressInfo).port);
        servers.push(server);
    }
    return {
        ports,
        close: () =>
            servers.forEach(server => {
                server.close();
                server.closeAllConnections();
            }),
    };
}
