import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entriesOf, writeLayout, writeStacked } from "../../../src/image-builder/formats/oci-folder";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "drydock-layout-"))));
afterEach(async () => rm(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** What `buildah push --disable-compression <image> dir:<folder>` writes for an image with these layers. */
async function pushed(name: string, layers: readonly string[]): Promise<string> {
    const at = join(folder, `pushed-${name}`);
    await mkdir(at);
    const put = async (text: string): Promise<string> => {
        await writeFile(join(at, sha256(text)), text);
        return `sha256:${sha256(text)}`;
    };
    const digests: string[] = [];
    for (const layer of layers) digests.push(await put(layer));
    const config = await put(
        JSON.stringify({
            os: "linux",
            architecture: "386",
            author: name,
            rootfs: { type: "layers", diff_ids: digests },
        }),
    );
    await writeFile(
        join(at, "manifest.json"),
        JSON.stringify({
            config: { digest: config, size: 1, mediaType: "c" },
            layers: digests.map(digest => ({ digest, size: 1, mediaType: "l" })),
        }),
    );
    return at;
}

const context = () => ({ log: join(folder, "log") });

interface Read {
    config: { digest: string; size: number };
    layers: { mediaType: string; digest: string; size: number }[];
}

async function read(layout: string): Promise<Read> {
    const [entry] = await entriesOf(layout);
    return JSON.parse(await readFile(join(layout, "blobs", entry!.digest.replace(":", "/")), "utf8")) as Read;
}

test("an image on a base names the base's layers as the base does, and stores only its own", async () => {
    const base = join(folder, "base");
    await writeLayout(await pushed("base", ["the base's files"]), base, ["debian:trixie-slim"], undefined, context());
    const own = join(folder, "own");
    await writeLayout(
        await pushed("own", ["the base's files", "nginx's files"]),
        own,
        ["nginx:latest", "nginx:1.26"],
        base,
        context(),
    );

    const [below, image] = [await read(base), await read(own)];
    expect(image.layers[0]).toEqual(below.layers[0]);
    const entries = await entriesOf(own);
    expect(entries.map(entry => entry.annotations["org.opencontainers.image.ref.name"])).toEqual([
        "nginx:latest",
        "nginx:1.26",
    ]);
    const stored = await readdir(join(own, "blobs/sha256"));
    expect(stored.sort()).toEqual(
        [entries[0]!.digest, image.config.digest, image.layers[1]!.digest].map(digest => digest.slice(7)).sort(),
    );
    // each under the hash of its bytes, and with its size
    for (const name of stored) expect(sha256(await readFile(join(own, "blobs/sha256", name)))).toBe(name);
    const layer = await readFile(join(own, "blobs/sha256", image.layers[1]!.digest.slice(7)));
    expect(image.layers[1]).toMatchObject({
        mediaType: "application/vnd.oci.image.layer.v1.tar+zstd",
        size: layer.length,
    });
    expect(execFileSync("zstd", ["-dc"], { input: layer }).toString()).toBe("nginx's files");
});

test("an image that does not begin with its base's layers is refused", async () => {
    const base = join(folder, "base");
    await writeLayout(await pushed("base", ["the base's files"]), base, ["debian:trixie-slim"], undefined, context());
    await expect(
        writeLayout(
            await pushed("own", ["nearly the base's files", "more"]),
            join(folder, "own"),
            ["nginx:latest"],
            base,
            context(),
        ),
    ).rejects.toThrow("nginx:latest does not begin with the layers of its base");
});

test("an image with another's layer on top names the layers of both, stores none, and stays the one below in all else", async () => {
    const [base, below, top, own] = ["base", "below", "top", "own"].map(name => join(folder, name)) as [
        string,
        string,
        string,
        string,
    ];
    await writeLayout(await pushed("base", ["the base's files"]), base, ["debian:trixie-slim"], undefined, context());
    const nginx = await pushed("nginx", ["the base's files", "nginx's files"]);
    await writeLayout(nginx, below, ["nginx:latest"], base, context());
    const alpine = await pushed("alpine", ["the base's files", "apk"]);
    await writeLayout(alpine, top, ["alpine-like:latest"], base, context());
    await writeStacked(own, ["nginx:alpine-like", "nginx:1.26-alpine-like"], { below, top });

    const image = await read(own);
    expect(image.layers).toEqual([...(await read(below)).layers, (await read(top)).layers[1]]);
    const stored = await readdir(join(own, "blobs/sha256"));
    const [entry, second] = await entriesOf(own);
    expect(stored.sort()).toEqual([entry!.digest, image.config.digest].map(digest => digest.slice(7)).sort());
    for (const name of stored) expect(sha256(await readFile(join(own, "blobs/sha256", name)))).toBe(name);
    expect(second!.annotations["org.opencontainers.image.ref.name"]).toBe("nginx:1.26-alpine-like");
    const config = JSON.parse(
        await readFile(join(own, "blobs/sha256", image.config.digest.slice(7)), "utf8"),
    ) as unknown;
    expect(config).toMatchObject({
        author: "nginx",
        architecture: "386",
        rootfs: { diff_ids: ["the base's files", "nginx's files", "apk"].map(text => `sha256:${sha256(text)}`) },
        config: { Labels: { "org.opencontainers.image.base.name": "nginx:latest" } },
    });
});
