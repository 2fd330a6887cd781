import { describe, expect, test } from "vitest";
import { decodeText, encodeText } from "../../../../src/base/bytes";
import { digestOf } from "../../../../src/internet/hub/digest";
import type { Told } from "../../../../src/internet/told";
import { errorOf, makeBundle, makeHub, type Digest } from "./fixtures";

const anyone = { as: undefined };
const add = "An author can add images with `drydock bundle add image <name>`.";

describe("an image that is not here", () => {
    test("a missing image is told by its name, in the first answer, without a token", async () => {
        const { raw } = makeHub();
        const answer = await raw("GET", "/v2/library/mongo/manifests/latest");
        expect(answer.status).toBe(404);
        expect(await errorOf(answer)).toEqual({
            code: "NAME_UNKNOWN",
            message: `mongo is not in this sandbox (no 32-bit image of it exists). It has nginx, redis. ${add}`,
            detail: { name: "library/mongo" },
        });
    });

    test("a missing tag, with what is nearest", async () => {
        const { ask } = makeHub();
        const answer = await ask("GET", "/v2/library/nginx/manifests/9.9", anyone);
        expect(answer.status).toBe(404);
        expect(await errorOf(answer)).toEqual({
            code: "MANIFEST_UNKNOWN",
            message: `nginx:9.9 is not in this sandbox. Nearest: nginx, which stands in for it if you turn on stand-ins in the network panel. ${add}`,
            detail: "unknown tag=9.9",
        });
    });

    test("the mirror says it in its status line, which is all that BuildKit shows", async () => {
        const { raw } = makeHub();
        for (const method of ["HEAD", "GET"]) {
            const answer = await raw(method, "http://hub.lab/v2/library/ngnix/manifests/latest");
            expect([answer.status, answer.statusText]).toEqual([
                403,
                `ngnix is not in this sandbox. Did you mean nginx? ${add}`,
            ]);
        }
    });

    test("the code that looked tells it once; a digest is nobody's name", async () => {
        const { hub } = makeHub();
        const heard: Told[] = [];
        await hub(new Request("http://hub.lab/v2/library/nginx/manifests/1.2"), told => heard.push(told));
        expect(heard.filter(({ kind }) => kind === "missing-image")).toEqual([
            {
                kind: "missing-image",
                image: {
                    asked: "nginx:1.2",
                    words: expect.stringContaining("Nearest: nginx") as string,
                    standIn: "nginx",
                },
            },
        ]);
        heard.length = 0;
        const nowhere = `sha256:${"0".repeat(64)}`;
        const answer = await hub(new Request(`http://hub.lab/v2/library/nginx/manifests/${nowhere}`), told =>
            heard.push(told),
        );
        expect([answer.status, heard.filter(({ kind }) => kind === "missing-image")]).toEqual([404, []]);
    });

    test("a push of a new repository still needs a token", async () => {
        const { raw } = makeHub();
        expect((await raw("POST", "/v2/student/new/blobs/uploads/")).status).toBe(401);
    });
});

/** Pulls as the engine does: each byte is checked against the digest that named it. */
async function pull(get: (path: string) => Promise<Response>, name: string, tag: string) {
    const found = await get(`${name}/manifests/${tag}`);
    if (!found.ok) throw new Error(`${found.status} ${await found.text()}`);
    const digest = found.headers.get("Docker-Content-Digest")!;
    const fetched = async (path: string, expected: string): Promise<string> => {
        const answer = await get(path);
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        expect(digestOf(bytes)).toBe(expected);
        return decodeText(bytes);
    };
    const manifest = JSON.parse(await fetched(`${name}/manifests/${digest}`, digest)) as {
        config: { digest: string; size: number };
        layers: { digest: string }[];
    };
    const configText = await fetched(`${name}/blobs/${manifest.config.digest}`, manifest.config.digest);
    expect(configText.length).toBe(manifest.config.size);
    for (const layer of manifest.layers) await fetched(`${name}/blobs/${layer.digest}`, layer.digest);
    return { digest, config: JSON.parse(configText) as { architecture: string; config: { Labels: unknown } } };
}

describe("stand-ins", () => {
    const labels = { "drydock.stand-in.for": "nginx:1.25-alpine", "drydock.stand-in.is": "nginx" };

    test.each([
        ["the mirror", "http://hub.lab/v2/library/"],
        ["Docker Hub", "https://registry-1.docker.io/v2/library/"],
    ])("%s serves one under the name that was asked for, every digest true", async (_, base) => {
        const { raw, ask } = makeHub({ standIns: true });
        const get = (path: string) =>
            base.startsWith("http:") ? raw("GET", base + path) : ask("GET", base + path, anyone);
        const { digest, config } = await pull(get, "nginx", "1.25-alpine");
        expect([config.architecture, config.config.Labels]).toEqual(["386", labels]);
        expect((await pull(get, "nginx", "1.25-alpine")).digest).toBe(digest);
        expect((await pull(get, "nginx", "1.24")).digest).not.toBe(digest);
    });

    test("a repository of another name, its layers too", async () => {
        const bundle = makeBundle();
        const { catalogue } = bundle;
        const debian = { ...catalogue.repositories[0]!, name: "library/debian", tags: {} as Record<string, Digest> };
        debian.tags["trixie-slim"] = digestOf(bundle.index);
        const text = JSON.stringify({ ...catalogue, repositories: [...catalogue.repositories, debian] });
        bundle.files.set("hub/catalogue.json", encodeText(text));
        const { raw } = makeHub({ standIns: true, bundle });
        const { config } = await pull(path => raw("GET", `http://hub.lab/v2/library/${path}`), "ubuntu", "22.04");
        expect(config.config.Labels).toEqual({
            "drydock.stand-in.for": "ubuntu:22.04",
            "drydock.stand-in.is": "debian:trixie-slim",
        });
    });

    test("it is told whenever one answers", async () => {
        const { hub } = makeHub({ standIns: true });
        const heard: Told[] = [];
        for (const method of ["HEAD", "GET"])
            await hub(new Request("http://hub.lab/v2/library/nginx/manifests/1.25", { method }), told =>
                heard.push(told),
            );
        const told = { kind: "stand-in", standIn: { asked: "nginx:1.25", answered: "nginx" } };
        expect(heard.filter(({ kind }) => kind === "stand-in")).toEqual([told, told]);
    });

    test("off, none answers; one whose pull has begun goes on", async () => {
        const { raw, standIns } = makeHub();
        const url = "http://hub.lab/v2/library/nginx/manifests/1.25";
        expect((await raw("HEAD", url)).status).toBe(403);
        standIns.set(true);
        const digest = (await raw("HEAD", url)).headers.get("Docker-Content-Digest")!;
        standIns.set(false);
        expect((await raw("HEAD", url)).status).toBe(403);
        expect((await raw("GET", `http://hub.lab/v2/library/nginx/manifests/${digest}`)).status).toBe(200);
    });

    test("a name that is there always wins", async () => {
        const { raw, bundle } = makeHub({ standIns: true });
        const found = await raw("GET", "http://hub.lab/v2/library/nginx/manifests/1.26", {
            headers: { Accept: "application/vnd.oci.image.index.v1+json" },
        });
        expect(found.headers.get("Docker-Content-Digest")).toBe(digestOf(bundle.index));
    });

    test("a configuration that cannot be read is a named error", async () => {
        const bundle = makeHub().bundle;
        bundle.files.delete(`hub/blobs/${digestOf(bundle.config).replace(":", "/")}`);
        const { raw } = makeHub({ standIns: true, bundle });
        const answer = await raw("GET", "http://hub.lab/v2/library/nginx/manifests/1.25");
        expect([answer.status, (await errorOf(answer)).code]).toEqual([400, "UNSUPPORTED"]);
    });
});
