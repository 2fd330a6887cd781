/** A small bundle, a hub that serves it, and a client that asks for tokens as docker does. */
import { encodeText, type Bytes } from "../../../../src/base/bytes";
import { DrydockError } from "../../../../src/base/errors";
import { Store } from "../../../../src/base/store";
import { bundledSource } from "../../../../src/internet/hub/bundled-source";
import type { Catalogue } from "../../../../src/internet/hub/catalogue";
import { digestOf, type Digest } from "../../../../src/internet/hub/digest";
import { createHub } from "../../../../src/internet/hub/hub";
import { memoryStorage, type HubStorage } from "../../../../src/internet/hub/storage";
import type { Bundle, Internet } from "../../../../src/internet/internet";

export const types = {
    image: "application/vnd.oci.image.manifest.v1+json",
    index: "application/vnd.oci.image.index.v1+json",
    dockerImage: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.oci.image.config.v1+json",
    layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

const nameOf = (bytes: Uint8Array): Digest => (bytes === bundledLayer ? bundledDigest : digestOf(bytes));

export const descriptor = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: nameOf(bytes),
    size: bytes.byteLength,
});

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Bytes {
    const bytes = new Uint8Array(length);
    let state = seed * 2654435761 + 1;
    for (let at = 0; at < length; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        bytes[at] = state >>> 24;
    }
    return bytes;
}

export function imageOf(layers: readonly Uint8Array[], extra: Record<string, unknown> = {}) {
    const config = encodeText(
        JSON.stringify({ os: "linux", architecture: "386", sizes: layers.map(layer => layer.byteLength) }),
    );
    const manifest = encodeText(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: types.image,
            config: descriptor(types.config, config),
            layers: layers.map(layer => descriptor(types.layer, layer)),
            ...extra,
        }),
    );
    return { config, manifest, digest: digestOf(manifest) };
}

/** Created once: hashing it takes longer than most tests. */
const bundledLayer = noise(3_000_000, 7);
const bundledDigest = digestOf(bundledLayer);

export function makeBundle() {
    const files = new Map<string, Bytes>();
    const layer = bundledLayer;
    const { config, manifest } = imageOf([layer]);
    const index = encodeText(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: types.index,
            manifests: [{ ...descriptor(types.image, manifest), platform: { os: "linux", architecture: "386" } }],
        }),
    );
    const blobs = [layer, config, manifest, index];
    for (const blob of blobs) files.set(`hub/blobs/${nameOf(blob).replace(":", "/")}`, blob);
    const catalogue: Catalogue = {
        format: 1,
        repositories: [
            {
                name: "library/nginx",
                description: "Web server, from Debian's package.",
                tags: { latest: digestOf(index), "1.26": digestOf(index) },
                manifests: { [digestOf(index)]: types.index, [digestOf(manifest)]: types.image },
            },
            { name: "library/redis", description: "Key-value store.", tags: {}, manifests: {} },
        ],
        blobs: Object.fromEntries(blobs.map(blob => [nameOf(blob), blob.byteLength])),
    };
    files.set("hub/catalogue.json", encodeText(JSON.stringify(catalogue)));
    const opened: string[] = [];
    const bundle: Bundle = {
        async open(path) {
            opened.push(path);
            const bytes = files.get(path);
            if (!bytes)
                throw new DrydockError("internet.missing", `The bundle has no ${path}.`, "Build the bundle again.");
            return { bytes: bytes.byteLength, body: new Blob([bytes]).stream() };
        },
    };
    return { bundle, files, opened, layer, config, manifest, index, catalogue };
}

export type TestBundle = ReturnType<typeof makeBundle>;

export interface Account {
    name: string;
    password: string;
}

export const student: Account = { name: "student", password: "correct horse" };

/**
 * A hub and `ask`, which reacts to a 401 like docker's client: it fetches the token that the challenge names and tries
 * once more.
 */
export function makeHub(
    options: { storage?: HubStorage; bundle?: TestBundle; now?: () => number; standIns?: boolean } = {},
) {
    const bundle = options.bundle ?? makeBundle();
    const storage = options.storage ?? memoryStorage();
    const errors: DrydockError[] = [];
    const standIns = new Store(options.standIns ?? false);
    const hub = createHub({
        standIns,
        source: bundledSource(bundle.bundle),
        storage,
        now: options.now,
        report: error => errors.push(error),
    });
    return { hub, bundle, storage, errors, standIns, ...clientOf(hub) };
}

export function clientOf(hub: Internet) {
    const raw = (method: string, path: string, init: RequestInit = {}) => {
        const url = path.startsWith("http") ? path : `https://registry-1.docker.io${path}`;
        return hub(
            new Request(url, {
                method,
                ...init,
                ...(init.body instanceof ReadableStream ? { duplex: "half" } : {}),
            } as RequestInit),
        );
    };
    const tokens = new Map<string, string>();
    const ask = async (
        method: string,
        path: string,
        init: RequestInit & { as?: Account | undefined } = {},
    ): Promise<Response> => {
        const { as: account, ...rest } = "as" in init ? init : { ...init, as: student };
        const probe = await raw(method, path, { headers: rest.headers });
        const challenge = probe.headers.get("WWW-Authenticate");
        if (probe.status !== 401 || !challenge)
            throw new Error(`expected a challenge for ${method} ${path}, got ${probe.status}`);
        const scope = /scope="([^"]*)"/.exec(challenge)?.[1] ?? "";
        const key = `${account?.name} ${scope}`;
        const token = tokens.get(key) ?? (await fetchToken(scope, account));
        tokens.set(key, token);
        return raw(method, path, {
            ...rest,
            headers: { ...(rest.headers as Record<string, string>), Authorization: `Bearer ${token}` },
        });
    };
    const fetchToken = async (scope: string, account?: Account): Promise<string> => {
        const headers: Record<string, string> = account
            ? { Authorization: `Basic ${btoa(`${account.name}:${account.password}`)}` }
            : {};
        const response = await raw(
            "GET",
            `https://auth.docker.io/token?service=registry.docker.io&scope=${encodeURIComponent(scope)}`,
            { headers },
        );
        if (response.status !== 200) throw new Error(`token: ${response.status} ${await response.text()}`);
        return ((await response.json()) as { token: string }).token;
    };
    const pushBlob = async (name: string, bytes: Bytes): Promise<Response> =>
        ask("POST", `/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes });
    const pushManifest = (name: string, reference: string, manifest: Bytes, type = types.image) =>
        ask("PUT", `/v2/${name}/manifests/${reference}`, { body: manifest, headers: { "Content-Type": type } });
    return { raw, ask, fetchToken, pushBlob, pushManifest };
}

export type { Digest };

/** The first error of an answer in the specification's form. */
export async function errorOf(response: Response): Promise<{ code: string; message: string; detail?: unknown }> {
    return ((await response.json()) as { errors: { code: string; message: string; detail?: unknown }[] }).errors[0]!;
}
