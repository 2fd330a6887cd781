/** One of the student's own programs, on loopback: it notes every request and sets cookies that must stay private. */
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

export interface Listener {
    port: number;
    /** Requested paths, each listed once. */
    heard: Set<string>;
    close(): void;
}

export async function startProgram(): Promise<Listener> {
    const heard = new Set<string>();
    const server = createServer((request, response) => {
        heard.add(request.url ?? "");
        response
            .writeHead(200, {
                "Content-Type": "text/html",
                "Set-Cookie": ["secret=1; Path=/", "wide=1; Domain=localhost; Path=/"],
            })
            .end("<title>Program</title>");
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    return {
        port: (server.address() as AddressInfo).port,
        heard,
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}

/** Notes connections, whether or not a request follows. */
export async function startEar(): Promise<{ port: number; connections: () => number; close(): void }> {
    let connections = 0;
    const server = createTcpServer(socket => {
        connections++;
        socket.destroy();
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    return {
        port: (server.address() as AddressInfo).port,
        connections: () => connections,
        close: () => server.close(),
    };
}
