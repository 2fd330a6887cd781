import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeText } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import { fetchImages, mergeHub, parseImageName, resolveImage } from "../../../src/image-builder/bundle/images";
import { bytesOf, type BundledImage } from "../../../src/image-builder/pins/bundle-lock";
import { createFileBundle } from "../../../src/host/file-bundle";
import { serveHub, type HubServer } from "../../suites/hub-server";
import { bundledSource } from "../../../src/internet/hub/bundled-source";
import { parseCatalogue, type Catalogue } from "../../../src/internet/hub/catalogue";
import { digestOf } from "../../../src/internet/hub/digest";
import { createHub } from "../../../src/internet/hub/hub";
import { memoryStorage } from "../../../src/internet/hub/storage";
import type { Bundle } from "../../../src/internet/internet";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** A registry's content: an index with one image for each platform, and a single image without an index. */
function content(): Bundle {
    const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
    const put = (mediaType: string, value: unknown) => {
        const bytes = encodeText(typeof value === "string" ? value : JSON.stringify(value));
        blobs.set(digestOf(bytes), bytes);
        return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    };
    const shared = put("application/vnd.oci.image.layer.v1.tar", "shared ".repeat(200));
    const image = (architecture: string) =>
        put(IMAGE, {
            schemaVersion: 2,
            mediaType: IMAGE,
            config: put("application/vnd.oci.image.config.v1+json", {
                os: "linux",
                architecture,
                rootfs: { type: "layers", diff_ids: [shared.digest] },
            }),
            layers: [shared],
        });
    const index = (...architectures: string[]) =>
        put(INDEX, {
            schemaVersion: 2,
            mediaType: INDEX,
            manifests: architectures.map(architecture => ({
                ...image(architecture),
                platform: { os: "linux", architecture },
            })),
        });
    const repository = (
        name: string,
        tags: Record<string, { digest: string; mediaType: string }>,
        more: { digest: string }[] = [],
    ) => ({
        name,
        description: "",
        tags: Object.fromEntries(Object.entries(tags).map(([tag, { digest }]) => [tag, digest])),
        manifests: {
            ...Object.fromEntries(Object.values(tags).map(({ digest, mediaType }) => [digest, mediaType])),
            ...Object.fromEntries(more.map(({ digest }) => [digest, IMAGE])),
        },
    });
    const repositories = [
        repository(
            "library/tool",
            {
                "1": index("amd64", "386", "arm64"),
                large: index("amd64", "arm64"),
                single: image("386"),
                other: image("riscv64"),
            },
            ["amd64", "386", "arm64"].map(image),
        ),
    ];
    const catalogue = {
        format: 1,
        repositories,
        blobs: Object.fromEntries([...blobs].map(([digest, bytes]) => [digest, bytes.byteLength])),
    } as Catalogue;
    const files = new Map([
        ["hub/catalogue.json", encodeText(JSON.stringify(catalogue))],
        ...[...blobs].map(([digest, bytes]) => [`hub/blobs/${digest.replace(":", "/")}`, bytes] as const),
    ]);
    return {
        async open(path) {
            const bytes = files.get(path);
            if (!bytes) throw new DrydockError("internet.missing", path, "");
            return {
                bytes: bytes.byteLength,
                body: new Blob([bytes]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>,
            };
        },
    };
}

test("names are those that students pull", () => {
    expect(parseImageName("alpine")).toEqual({ repository: "library/alpine", tag: "latest" });
    expect(parseImageName("bitnami/redis:7.4")).toEqual({ repository: "bitnami/redis", tag: "7.4" });
    for (const name of [
        "",
        "Alpine",
        "alpine:",
        "alpine@sha256:1",
        "registry.example/a/b",
        "quay.example/b",
        "a/b/c",
        "../x",
    ])
        expect(() => parseImageName(name), name).toThrow(DrydockError);
});

describe("images from a registry", () => {
    let registry: HubServer;
    let address: string;
    let folder: string;
    const context = () => ({ log: join(folder, "log"), progress: () => undefined });

    beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), "drydock-bundle-test-"));
        registry = await serveHub({ bundle: content() });
        address = registry.url;
    });
    afterAll(async () => {
        await registry?.close();
        rmSync(folder, { recursive: true });
    });

    test("from an index, the image for linux/386 is pinned, with the sizes of all its parts", async () => {
        const found = await resolveImage("tool:1", address, context());
        expect(found).toMatchObject({ kind: "image", name: "tool:1", registry: address });
        expect(Object.keys(found.blobs)).toHaveLength(3);
        expect(found.blobs).toHaveProperty([found.digest]);
        expect(bytesOf([found])).toBeGreaterThan(1400);
        expect((await resolveImage("tool:single", address, context())).digest).toBe(found.digest);
    });

    test("an image for other platforms is refused, and they are named", async () => {
        await expect(resolveImage("tool:large", address, context())).rejects.toMatchObject({
            code: "bundle.no-386",
            message: expect.stringContaining("linux/amd64, linux/arm64") as string,
        });
        await expect(resolveImage("tool:other", address, context())).rejects.toMatchObject({
            code: "bundle.no-386",
            message: expect.stringContaining("linux/riscv64") as string,
        });
        await expect(resolveImage("tool:nosuch", address, context())).rejects.toMatchObject({
            code: "bundle.no-image",
        });
        await expect(resolveImage("tool:1", "http://127.0.0.1:9", context())).rejects.toMatchObject({
            code: "bundle.no-image",
        });
    });

    test("what was fetched is served by the page's hub under its name, digest for digest", async () => {
        const images = [
            await resolveImage("tool:1", address, context()),
            await resolveImage("tool:single", address, context()),
        ];
        const site = join(folder, "site");
        await fetchImages(images, join(site, "hub"), context());
        const catalogue = parseCatalogue(readFileSync(join(site, "hub/catalogue.json"), "utf8"));
        expect(catalogue.repositories).toMatchObject([
            { name: "library/tool", tags: { "1": images[0]!.digest, single: images[0]!.digest } },
        ]);
        expect(readdirSync(join(site, "hub")).sort()).toEqual(["blobs", "catalogue.json"]);
        const hub = createHub({ source: bundledSource(createFileBundle(site)), storage: memoryStorage() });
        const token = (await (
            await hub(new Request("https://auth.docker.io/token?scope=repository:library/tool:pull"))
        ).json()) as { token: string };
        const ask = (path: string) =>
            hub(
                new Request(`https://registry-1.docker.io/v2/library/tool/${path}`, {
                    headers: { Authorization: `Bearer ${token.token}`, Accept: IMAGE },
                }),
            );
        expect((await ask("manifests/1")).headers.get("Docker-Content-Digest")).toBe(images[0]!.digest);
        for (const digest of Object.keys(images[0]!.blobs).filter(digest => digest !== images[0]!.digest))
            expect((await ask(`blobs/${digest}`)).status, digest).toBe(200);
    });

    test("a digest that the registry no longer has ends the build with a named error", async () => {
        const image: BundledImage = {
            ...(await resolveImage("tool:1", address, context())),
            digest: `sha256:${"0".repeat(64)}`,
        };
        await expect(fetchImages([image], join(folder, "gone"), context())).rejects.toMatchObject({
            code: "image.program-failed",
        });
    });

    test("joins the existing images; a tag that already names another image is refused", async () => {
        const [one, single] = [
            await resolveImage("tool:1", address, context()),
            await resolveImage("tool:single", address, context()),
        ];
        const [first, second, clash, target] = ["first", "second", "clash", "target"].map(name =>
            join(folder, name),
        ) as [string, string, string, string];
        await fetchImages([one], first, context());
        await fetchImages([single], second, context());
        await mergeHub(target, first);
        await mergeHub(target, second);
        const [repository] = parseCatalogue(readFileSync(join(target, "catalogue.json"), "utf8")).repositories;
        expect(Object.keys(repository!.tags)).toEqual(["1", "single"]);
        expect(readdirSync(join(target, "blobs/sha256"))).toHaveLength(3);
        await fetchImages([one], clash, context());
        const other = readFileSync(join(clash, "catalogue.json"), "utf8").replaceAll(
            one.digest,
            Object.keys(one.blobs).find(digest => digest !== one.digest)!,
        );
        writeFileSync(join(clash, "catalogue.json"), other);
        await expect(mergeHub(target, clash)).rejects.toMatchObject({ code: "bundle.image-taken" });
    });
});
