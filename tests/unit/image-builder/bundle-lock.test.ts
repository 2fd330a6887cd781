import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    bytesOf,
    readBundleLock,
    withBundle,
    writeBundleLock,
    type BundleItem,
} from "../../../src/image-builder/pins/bundle-lock";
import { readLock } from "../../../src/image-builder/pins/lock";

const hash = (letter: string) => letter.repeat(64);
const image = (name: string, own: string): BundleItem => ({
    kind: "image",
    name,
    registry: "docker.io",
    digest: `sha256:${hash(own)}`,
    blobs: { [`sha256:${hash(own)}`]: 10, [`sha256:${hash("f")}`]: 1_000 },
});
const wheel: BundleItem = {
    kind: "wheel",
    name: "thing",
    wheels: [{ filename: "thing-1.0-py3-none-any.whl", sha256: hash("a"), bytes: 50 }],
};
const deb: BundleItem = {
    kind: "deb",
    name: "cowsay",
    packages: { cowsay: { version: "3.03", bytes: 20 }, jq: { version: "0.1", bytes: 30 } },
};
const npm: BundleItem = {
    kind: "npm",
    name: "left",
    packages: [{ name: "left", version: "1.0.0", integrity: "sha512-x", bytes: 7 }],
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "drydock-bundle-lock-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("the bundle's lock", () => {
    test("is empty without a file, and reads what it wrote, in one order", async () => {
        const path = join(folder, "lock.json");
        expect(await readBundleLock(path)).toEqual({ format: 1, items: [] });
        await writeBundleLock({ format: 1, items: [npm, image("b:1", "b"), wheel, image("a:1", "a")] }, path);
        expect((await readBundleLock(path)).items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
            "image a:1",
            "image b:1",
            "wheel thing",
            "npm left",
        ]);
        expect(readFileSync(path, "utf8")).toMatch(/^\{\n {4}"format": 1,/);
    });

    test("a file that is not a lock is refused, not overwritten", async () => {
        const path = join(folder, "lock.json");
        for (const text of ["{", JSON.stringify({ format: 1, items: [{ kind: "image", name: "x" }] })]) {
            writeFileSync(path, text);
            await expect(readBundleLock(path)).rejects.toMatchObject({ code: "bundle.lock-unreadable" });
            expect(readFileSync(path, "utf8")).toBe(text);
        }
    });

    test("layers that two images share count once", () => {
        expect(bytesOf([image("a:1", "a")])).toBe(1_010);
        expect(bytesOf([image("a:1", "a"), image("b:1", "b"), wheel, npm])).toBe(1_077);
    });

    test("its packages join the image's own, whose versions win", async () => {
        const own = await readLock();
        const merged = withBundle(own, { format: 1, items: [image("a:1", "a"), wheel, wheel, deb, npm] });
        expect(merged.wheels.filter(({ filename }) => filename.startsWith("thing"))).toEqual([
            { filename: "thing-1.0-py3-none-any.whl", sha256: hash("a") },
        ]);
        expect(merged.wheels).toHaveLength(own.wheels.length + 1);
        expect(merged.npm).toHaveLength(own.npm.length + 1);
        expect(merged.debian.archive.cowsay).toBe("3.03");
        expect(merged.debian.archive.jq).toBe(own.debian.archive.jq);
        expect(withBundle(own, { format: 1, items: [] })).toEqual(own);
    });
});
