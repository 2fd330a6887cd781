/** Sockets to listen on. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening {
    port: number;
    close(): Promise<void>;
}

/**
 * "localhost" stands for two addresses, and browsers try both. If we listened on only one, another program could answer
 * on the other under the same name. A machine without IPv6 has only the first. Rejects with Node's own error.
 */
const addressesOf = (host: string): string[] => (host === "localhost" ? ["127.0.0.1", "::1"] : [host]);

/** `port` 0: any free port. */
export async function listen(handler: RequestListener, port: number, host: string): Promise<Listening> {
    const servers: Server[] = [];
    const stop = async () => {
        await Promise.all(servers.map(close));
    };
    for (const [index, address] of addressesOf(host).entries()) {
        const server = createServer(handler);
        try {
            port = await open(server, port, address);
            servers.push(server);
        } catch (thrown) {
            if (index > 0 && ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes((thrown as NodeJS.ErrnoException).code ?? ""))
                continue;
            await stop();
            throw thrown;
        }
    }
    return { port, close: stop };
}

function open(server: Server, port: number, address: string): Promise<number> {
    return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, address, () => {
            server.off("error", reject);
            resolve((server.address() as AddressInfo).port);
        });
    });
}

function close(server: Server): Promise<void> {
    return new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
    });
}
