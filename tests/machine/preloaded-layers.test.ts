/** Large images in the real guest: the engine holds their layers from the start and knows nothing of the images. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { currentImage } from "../../src/host/current-image";
import { containerImages, repositoryOf, type ContainerImage } from "../../src/image-builder/stages/container-images";
import { startWithInternet, type StartedMachine } from "./machine";

/** What an image may add to its base, packed, and still be unpacked by each pull. */
const LARGE = 10_000_000;

interface Manifest {
    config: { digest: string };
    layers: { digest: string; size: number }[];
}

/** An image as the Docker Hub in the page has it. */
interface HubImage extends ContainerImage {
    layers: Manifest["layers"];
    /** Bytes of its layers that debian:trixie-slim does not have, as they are transferred. */
    ownBytes: number;
    /** The engine's name for the top layer with all below it. */
    chainId: string;
}

const layered = containerImages.filter(image => image.preloaded === "layers");
const preloaded = containerImages.filter(image => image.preloaded === "image");

let machine: StartedMachine;
const asked: string[] = [];

const start = async () => {
    machine = await startWithInternet(asked);
};
const stop = async () => machine?.stop();
afterEach(() => {
    asked.length = 0;
});

/** What the lines wrote to both streams. Fails unless they succeed. */
async function sh(lines: string): Promise<string> {
    const { stdout, code } = await machine.agent.exec(["sh", "-ec", `exec 2>&1\n${lines}`], { env: { HOME: "/root" } });
    expect(code, `${lines}\n${stdout}`).toBe(0);
    return stdout.trim();
}

const listed = async () => (await sh("docker images --format '{{.Repository}}:{{.Tag}}'")).split("\n").sort();

const refs = (images: readonly ContainerImage[]) => images.map(({ ref }) => ref).sort();

async function readHub(): Promise<HubImage[]> {
    const hub = join((await currentImage()).folder, "internet/hub");
    const json = async (path: string) => JSON.parse(await readFile(join(hub, path), "utf8")) as unknown;
    const blob = (digest: string) => json(`blobs/${digest.replace(":", "/")}`);
    const { repositories } = (await json("catalogue.json")) as {
        repositories: { name: string; tags: Record<string, string> }[];
    };
    const read = async (image: ContainerImage) => {
        const tags = repositories.find(({ name }) => name === repositoryOf(image))!.tags;
        const { config, layers } = (await blob(tags[image.ref.split(":")[1]!]!)) as Manifest;
        const { rootfs } = (await blob(config.digest)) as { rootfs: { diff_ids: string[] } };
        return { layers, chainId: rootfs.diff_ids.reduce(chain) };
    };
    const base = await read(containerImages.find(({ folder }) => folder === "debian")!);
    const inBase = new Set(base.layers.map(({ digest }) => digest));
    return Promise.all(
        containerImages.map(async image => {
            const found = await read(image);
            const own = found.layers.filter(({ digest }) => !inBase.has(digest));
            return { ...image, ...found, ownBytes: own.reduce((sum, { size }) => sum + size, 0) };
        }),
    );
}

const chain = (parent: string, layer: string): string =>
    `sha256:${createHash("sha256").update(`${parent} ${layer}`).digest("hex")}`;

/** The layers that the page was asked for. */
const layersAsked = ({ layers }: HubImage) =>
    layers.map(({ digest }) => digest).filter(digest => asked.some(line => line.includes(`/blobs/${digest}`)));

/** A pull of an image whose layers are all there: Docker's words, and no layer transferred. */
async function pullNothing(image: HubImage): Promise<void> {
    const said = await sh(`docker pull ${image.ref}`);
    expect(said.match(/: Already exists/g)).toHaveLength(image.layers.length);
    expect(said).not.toContain("Pull complete");
    expect(said).toContain(`Status: Downloaded newer image for ${image.ref}`);
    expect(layersAsked(image)).toEqual([]);
    expect(asked.filter(line => /^GET .*\/manifests\//.test(line))).toHaveLength(1); // the network panel reads it
}

describe("before the first pull", { timeout: 300_000 }, () => {
    beforeAll(start);
    afterAll(stop);

    test("docker images and docker system df show the preloaded images only", async () => {
        expect(await listed()).toEqual(refs(preloaded));
        expect(await sh("docker images --all --quiet | sort -u | wc -l")).toBe(String(preloaded.length));
        const sizes = JSON.parse(await sh(`docker system df --format '{{json .}}' | grep '"Type":"Images"'`)) as Record<
            string,
            string
        >;
        expect(sizes).toMatchObject({ TotalCount: String(preloaded.length) });
        // debian with python on it and busybox; the layers of gcc alone would be as much again
        const unpacked = Number(
            await sh(
                "docker image inspect -f '{{.Size}}' python:3.13-slim busybox hello-world | awk '{ sum += $1 } END { print sum }'",
            ),
        );
        expect(sizes["Size"]).toBe(`${(unpacked / 1e6).toPrecision(4)}MB`);
    });

    test("the store has the layers of every image of more than 10 MB, and of no other", async () => {
        const hub = await readHub();
        const there = (await sh("ls /var/lib/docker/image/overlay2/layerdb/sha256"))
            .split("\n")
            .map(name => `sha256:${name}`);
        expect(refs(hub.filter(({ chainId }) => there.includes(chainId)))).toEqual(
            refs(hub.filter(({ ownBytes, preloaded }) => ownBytes > LARGE || preloaded === "image")),
        );
    });
});

describe("a pull", { timeout: 300_000 }, () => {
    beforeAll(start);
    afterAll(stop);

    test.each(layered)("of $ref finds every layer", async ({ ref }) => {
        await pullNothing((await readHub()).find(image => image.ref === ref)!);
        expect(await listed()).toContain(ref);
    });

    test("gives an image that runs", async () => {
        expect(await sh("docker run --rm node:20-slim node -p '6 * 7'")).toBe("42");
        expect(await sh("docker run --rm php:8.4-apache php -r 'echo 6 * 7;'")).toBe("42");
    });
});

describe("a build", { timeout: 300_000 }, () => {
    beforeAll(start);
    afterAll(stop);

    test.each([
        ["BuildKit", "node:20-slim", `node -p '6 * 7'`, ""],
        ["the classic builder", "php:8.4-apache", `php -r 'echo 6 * 7;'`, "DOCKER_BUILDKIT=0"],
    ])("with %s unpacks no layer of %s", async (_, ref, program, settings) => {
        const image = (await readHub()).find(each => each.ref === ref)!;
        await sh(`mkdir -p /tmp/build
cd /tmp/build
cat >Dockerfile <<'END'
FROM ${ref}
RUN ${program} >/answer
END
${settings} docker build -t built .`);
        expect(layersAsked(image)).toEqual([]);
        expect(await sh("docker run --rm --entrypoint cat built /answer; docker rmi built >/dev/null")).toBe("42");
    });

    test("leaves its base's layers to the next pull, also when its cache is removed", async () => {
        const image = (await readHub()).find(each => each.ref === "node:20-slim")!;
        await sh("docker pull -q node:20-slim; docker builder prune -af");
        expect(layersAsked(image)).toEqual([]);
        expect(await sh("docker run --rm node:20-slim node -p '6 * 7'")).toBe("42");
    });
});

describe("removing", { timeout: 1_800_000 }, () => {
    beforeAll(start);
    afterAll(stop);

    test("docker image prune, docker system prune and a restart of the engine keep layers that no image has", async () => {
        await sh("docker image prune -af; docker system prune -af --volumes");
        expect(await listed()).toEqual([""]);
        await sh("kill $(pidof dockerd)");
        await expect.poll(() => machine.docker.ping(), { timeout: 120_000 }).toBe(false);
        await machine.engineReady(); // init restarts it
        expect(await listed()).toEqual([""]);
        await pullNothing((await readHub()).find(({ folder }) => folder === "openjdk")!);
    });

    test("docker rmi removes the layers with the image; the next pull brings them", async () => {
        const image = (await readHub()).find(({ folder }) => folder === "mariadb")!;
        await pullNothing(image);
        const record = `/var/lib/docker/image/overlay2/layerdb/${image.chainId.replace(":", "/")}`;
        const files = `/var/lib/docker/overlay2/${await sh(`cat ${record}/cache-id`)}`;
        expect(await sh(`test -d ${files}/diff; docker rmi ${image.ref}`)).toContain("Deleted: sha256:");
        expect(await sh(`test -e ${record} || test -e ${files} || echo gone`)).toBe("gone");
        expect(await listed()).not.toContain(image.ref);
        asked.length = 0;
        expect(await sh(`docker pull ${image.ref}`)).toMatch(/: Already exists\n[^]*: Pull complete/);
        expect(layersAsked(image)).toEqual([image.layers.at(-1)!.digest]);
        expect(await sh(`docker run --rm --entrypoint mariadbd ${image.ref} --version`)).toContain("MariaDB");
    });
});
