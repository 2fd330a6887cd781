/** The page's Docker Hub, served by Node on loopback, so that real registry clients can try it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { encodeText } from "../../src/base/bytes";
import { DrydockError, messageOf } from "../../src/base/errors";
import { bundledSource } from "../../src/internet/hub/bundled-source";
import type { Catalogue } from "../../src/internet/hub/catalogue";
import { digestOf } from "../../src/internet/hub/digest";
import { createHub } from "../../src/internet/hub/hub";
import { memoryStorage } from "../../src/internet/hub/storage";
import type { Bundle, Internet } from "../../src/internet/internet";

export interface HubServer {
    /** "http://127.0.0.1:4711" */
    url: string;
    close(): Promise<void>;
}

export interface HubServerOptions {
    port?: number;
    /** Where clients are sent for tokens; the server itself, unless it plays Docker Hub behind TLS. */
    realm?: string;
    /** One small image, library/sample:latest, unless given. */
    bundle?: Bundle;
}

/** A hub to which nothing has been pushed. */
export async function serveHub({
    port = 0,
    realm,
    bundle = sampleBundle(),
}: HubServerOptions = {}): Promise<HubServer> {
    const state: { hub?: Internet } = {};
    const server = createServer((incoming, outgoing) => {
        answer(state.hub!, incoming, outgoing).catch((thrown: unknown) => {
            // damaged on purpose, or the client has gone: either way the connection can no longer be used
            outgoing.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
        });
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    state.hub = createHub({
        source: bundledSource(bundle),
        storage: memoryStorage(),
        realm: realm ?? `${url}/token`,
        report: error => console.error(`hub: ${error.code}: ${error.message}`),
    });
    return {
        url,
        close: () =>
            new Promise(resolve => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}

async function answer(hub: Internet, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const method = incoming.method ?? "GET";
    const gone = new AbortController();
    outgoing.on("close", () => gone.abort());
    const headers = new Headers();
    for (let index = 0; index < incoming.rawHeaders.length; index += 2)
        headers.append(incoming.rawHeaders[index]!, incoming.rawHeaders[index + 1]!);
    const hasBody =
        method !== "GET" &&
        method !== "HEAD" &&
        (incoming.headers["transfer-encoding"] !== undefined || Number(incoming.headers["content-length"] ?? 0) > 0);
    const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const body = hasBody ? streamOf(chunks) : undefined;
    const request = new Request(new URL(incoming.url ?? "/", "http://127.0.0.1"), {
        method,
        headers,
        body,
        signal: gone.signal,
        ...(body ? { duplex: "half" } : {}),
    } as RequestInit);
    const response = await hub(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body) await pipeline(Readable.fromWeb(response.body as NodeStream), outgoing);
    else outgoing.end();
    // otherwise the part that the hub did not read would come before the connection's next request
    while (hasBody && !(await chunks.next()).done);
}

function streamOf(chunks: AsyncIterator<Buffer>): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
        {
            async pull(controller) {
                const { done, value } = await chunks.next();
                if (done) controller.close();
                else controller.enqueue(new Uint8Array(value));
            },
        },
        { highWaterMark: 0 },
    );
}

function sampleBundle(): Bundle {
    const layer = encodeText("a layer in name only: nobody unpacks it\n".repeat(100));
    const config = encodeText(
        JSON.stringify({ os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: [digestOf(layer)] } }),
    );
    const describe = (mediaType: string, bytes: Uint8Array) => ({
        mediaType,
        digest: digestOf(bytes),
        size: bytes.byteLength,
    });
    const image = "application/vnd.oci.image.manifest.v1+json";
    const index = "application/vnd.oci.image.index.v1+json";
    const manifest = encodeText(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: image,
            config: describe("application/vnd.oci.image.config.v1+json", config),
            layers: [describe("application/vnd.oci.image.layer.v1.tar", layer)],
        }),
    );
    const list = encodeText(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: index,
            manifests: [{ ...describe(image, manifest), platform: { os: "linux", architecture: "386" } }],
        }),
    );
    const blobs = [layer, config, manifest, list];
    const catalogue: Catalogue = {
        format: 1,
        repositories: [
            {
                name: "library/sample",
                description: "Nothing, to try a registry with.",
                tags: { latest: digestOf(list) },
                manifests: { [digestOf(list)]: index, [digestOf(manifest)]: image },
            },
        ],
        blobs: Object.fromEntries(blobs.map(blob => [digestOf(blob), blob.byteLength])),
    };
    const files = new Map([
        ["hub/catalogue.json", encodeText(JSON.stringify(catalogue))],
        ...blobs.map(blob => [`hub/blobs/${digestOf(blob).replace(":", "/")}`, blob] as const),
    ]);
    return {
        async open(path) {
            const bytes = files.get(path);
            if (!bytes)
                throw new DrydockError("internet.missing", `The sample bundle has no ${path}.`, "Ask for what it has.");
            return { bytes: bytes.byteLength, body: new Blob([bytes]).stream() };
        },
    };
}
