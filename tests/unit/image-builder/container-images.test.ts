import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readLock, readWishes } from "../../../src/image-builder/pins/lock";
import {
    alpineLikeImages,
    containerImages,
    debianRelease,
    nameOf,
    refsOf,
    upstreamVersion,
    type ContainerImage,
} from "../../../src/image-builder/stages/container-images";
import { root } from "../../../src/host/project";

const hub = join(root, "vm-images/hub");
const node: ContainerImage = {
    ref: "node:20-slim",
    folder: "node",
    versionOf: "nodejs",
    contents: "",
    preloaded: "nothing",
};

describe("versions", () => {
    test.each([
        ["20.19.2+dfsg-1+deb13u2", "20.19.2"],
        ["5:8.0.2-3+deb13u2", "8.0.2"],
        ["21.0.12.1+1-1~deb13u1", "21.0.12.1"],
        ["1:1.37.0-6+b9", "1.37.0"],
    ])("%s is %s", (debian, upstream) => expect(upstreamVersion(debian)).toBe(upstream));

    test("Debian's own is in base-files", () => {
        expect(debianRelease("13.8+deb13u7")).toBe("13.7");
        expect(debianRelease("13.8")).toBe("13.0");
    });
});

describe("tags", () => {
    test("the whole version is one, with the variant of the first", () => {
        expect(refsOf(node, "20.19.2")).toEqual(["node:20-slim", "node:20.19.2-slim"]);
        expect(refsOf({ ...node, ref: "nginx:latest", tags: ["1.26"] }, "1.26.3")).toEqual([
            "nginx:latest",
            "nginx:1.26",
            "nginx:1.26.3",
        ]);
        expect(refsOf({ ...node, ref: "node:20-alpine-like" }, "20.19.2")).toEqual([
            "node:20-alpine-like",
            "node:20.19.2-alpine-like",
        ]);
        expect(refsOf({ ...node, ref: "hello-world:latest" }, undefined)).toEqual(["hello-world:latest"]);
    });

    test.each(["22.1.0", "2.0", "200.1", undefined])("version %s is not node:20-slim", version =>
        expect(() => refsOf(node, version)).toThrow(/node:20-slim would hold version/),
    );
});

describe("the list", () => {
    test("every image has its folder with labels, its packages and a version that agrees with its tags", async () => {
        const [lock, wishes] = await Promise.all([readLock(), readWishes()]);
        expect(Object.keys(lock.debian.images).sort()).toEqual(Object.keys(wishes.images).sort());
        const pinned = {
            ...lock.debian.base,
            ...lock.debian.busybox,
            ...Object.assign({}, ...Object.values(lock.debian.images)),
        } as Record<string, string>;
        for (const image of containerImages) {
            const dockerfile = await readFile(join(hub, image.folder, "Dockerfile"), "utf8");
            expect(dockerfile).toContain(`org.opencontainers.image.title="${nameOf(image)}"`);
            expect(dockerfile).toContain("not the image of that name on Docker Hub");
            if (image.versionOf === undefined) continue;
            expect(dockerfile).toContain('org.opencontainers.image.version="${VERSION}"');
            expect(pinned[image.versionOf], image.ref).toBeDefined();
            const version = pinned[image.versionOf]!;
            refsOf(image, image.folder === "debian" ? debianRelease(version) : upstreamVersion(version));
        }
    });

    test("every folder is an image's, and no RUN asks the network", async () => {
        const folders = (await readdir(hub)).filter(name => existsSync(join(hub, name, "Dockerfile"))).sort();
        expect(folders).toEqual(containerImages.map(image => image.folder).sort());
        for (const folder of folders)
            expect(await readFile(join(hub, folder, "Dockerfile"), "utf8")).not.toMatch(
                /apt-get (update|install [a-z])|curl|wget/,
            );
    });

    test("images with Alpine's commands are named so, and the image below each of them is on the base", async () => {
        const lock = await readLock();
        for (const { ref, tags, below, folder } of alpineLikeImages) {
            for (const tag of [ref, ...(tags ?? [])]) expect(tag).toMatch(/(^|[:-])alpine-like$/);
            expect(folder).toBe(`${below}-alpine-like`);
            expect(await readFile(join(hub, below!, "Dockerfile"), "utf8")).toMatch(/^FROM debian:trixie-slim$/m);
            expect(lock.debian.images[below!], ref).toBeDefined();
        }
    });

    test("the base comes before what is made of it", () => {
        const order = containerImages.map(image => image.folder);
        for (const folder of order.filter(folder => !["hello-world", "debian"].includes(folder)))
            expect(order.indexOf("debian"), folder).toBeLessThan(order.indexOf(folder));
        expect(containerImages.filter(image => image.preloaded === "image").map(image => image.ref)).toEqual([
            "hello-world:latest",
            "debian:trixie-slim",
            "busybox:latest",
            "python:3.13-slim",
        ]);
    });
});
