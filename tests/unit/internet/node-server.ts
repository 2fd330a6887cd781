/** The internet's router behind a Node server on loopback, for real clients. It treats every name as `host`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { Internet } from "../../../src/internet/internet";

export interface Served {
    port: number;
    /** Method, path, status and Accept of each request. */
    log: { method: string; path: string; status: number; accept: string; range: string | undefined }[];
    close(): void;
}

export async function serveInternet(internet: Internet, host: string): Promise<Served> {
    const log: Served["log"] = [];
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const headers = new Headers();
        for (const [name, value] of Object.entries(request.headers))
            if (typeof value === "string" && !["host", "connection"].includes(name)) headers.set(name, value);
        const answered = await internet(
            new Request(`http://${host}${request.url}`, { method: request.method, headers }),
        );
        log.push({
            method: request.method!,
            path: request.url!,
            status: answered.status,
            accept: request.headers.accept ?? "",
            range: request.headers.range,
        });
        response.writeHead(answered.status, Object.fromEntries(answered.headers));
        if (answered.body) await pipeline(Readable.fromWeb(answered.body as NodeStream), response);
        else response.end();
    };
    const server = createServer((request, response) => {
        answer(request, response).catch((thrown: unknown) => response.destroy(thrown as Error));
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    return {
        port: (server.address() as AddressInfo).port,
        log,
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}
