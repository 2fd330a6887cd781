import { describe, expect, test } from "vitest";
import { checkAvailable, parsePackages } from "../../../src/image-builder/pins/debian";
import { differences, epochOf, readLock, readWishes, type ImageLock } from "../../../src/image-builder/pins/lock";
import { checkInstalled } from "../../../src/image-builder/stages/debian-root";
import { preloadedFrom } from "../../../src/image-builder/stages/disk";
import { normalize } from "../../../src/image-builder/pins/wheels";
import { DrydockError } from "../../../src/base/errors";

const packages = `Package: libc6
Version: 2.41-12
Priority: optional

Package: bash
Essential: yes
Version: 5.2.37-2+b10

Package: mount
Version: 2.41
Priority: required
Description: no
 Package: inside a description

`;

const small = (changes: Partial<ImageLock["debian"]> = {}): ImageLock => ({
    format: 1,
    date: "2026-11-21",
    debian: { guest: { bash: "1" }, base: {}, images: {}, busybox: {}, kernelSource: {}, archive: {}, ...changes },
    wheels: [{ filename: "flask-3.1.3-py3-none-any.whl", sha256: "0".repeat(64) }],
    npm: [{ name: "ws", version: "8.0.0", integrity: "sha512-a" }],
    npmProgram: { name: "npm", version: "10.8.2", integrity: "sha512-b" },
});

describe("Debian packages", () => {
    test("a package list is read", () => {
        expect([...parsePackages(packages)]).toEqual([
            ["libc6", { version: "2.41-12", bytes: 0, required: false }],
            ["bash", { version: "5.2.37-2+b10", bytes: 0, required: true }],
            ["mount", { version: "2.41", bytes: 0, required: true }],
        ]);
    });

    test("a pinned version that the mirror no longer has is named, with what to do", () => {
        const available = parsePackages(packages);
        expect(() => checkAvailable({ libc6: "2.41-12" }, available)).not.toThrow();
        let thrown: unknown;
        try {
            checkAvailable({ libc6: "2.41-11", bash: "5.2.37-2+b10", gone: "1.0" }, available);
        } catch (error) {
            thrown = error;
        }
        expect(thrown).toBeInstanceOf(DrydockError);
        const { code, message, advice } = thrown as DrydockError;
        expect(code).toBe("image.version-gone");
        expect(message).toContain("2 of the pinned");
        expect(message).toContain("libc6 2.41-11 (the mirror has 2.41-12)");
        expect(message).toContain("gone 1.0 (the mirror has none)");
        expect(advice).toContain("npm run drydock -- image lock");
    });

    test("many missing versions are counted, not listed without end", () => {
        const pins = Object.fromEntries([...Array(40).keys()].map(number => [`p${number}`, "1"]));
        expect(() => checkAvailable(pins, new Map())).toThrow(/and 28 more/);
    });

    test("a root with other packages than pinned is refused", () => {
        const status = "Package: bash\nVersion: 1\n\nPackage: new\nVersion: 3\n";
        expect(() => checkInstalled(status, { bash: "1", new: "3" })).not.toThrow();
        expect(() => checkInstalled(status, { bash: "1" })).toThrow("new 3");
        expect(() => checkInstalled(status, { bash: "2", new: "3" })).toThrow("bash 1");
    });
});

describe("lock file", () => {
    test("the lock in the repository is valid and covers everything that is wanted", async () => {
        const [lock, wishes] = await Promise.all([readLock(), readWishes()]);
        for (const name of wishes.guest) expect(lock.debian.guest).toHaveProperty([name]);
        for (const [image, names] of Object.entries(wishes.images))
            for (const name of names)
                expect({ ...lock.debian.base, ...lock.debian.images[image] }).toHaveProperty([name]);
        expect(Object.keys(lock.debian.kernelSource)).toEqual([wishes.kernelSource]);
        const pinned = lock.wheels.map(wheel => normalize(wheel.filename.split("-")[0]!));
        for (const requirement of wishes.wheels.requirements) expect(pinned).toContain(normalize(requirement));
        for (const name of wishes.archive)
            expect({ ...lock.debian.base, ...lock.debian.archive }).toHaveProperty([name]);
        const npm = new Set(lock.npm.map(({ name }) => name));
        for (const wish of wishes.npm) expect(npm).toContain(wish.replace(/(?<=.)@.*/, ""));
        expect(Number(epochOf(lock))).toBeGreaterThan(1_700_000_000);
    });

    test("changes are told", () => {
        const after = small({ guest: { bash: "2", curl: "8" } });
        after.wheels = [{ filename: "flask-3.2.0-py3-none-any.whl", sha256: "1".repeat(64) }];
        expect(differences(small({ images: { python: { pip: "1" } } }), after)).toEqual([
            "guest: bash 1 -> 2",
            "guest: curl (new) -> 8",
            "wheel: flask flask-3.1.3-py3-none-any.whl -> flask-3.2.0-py3-none-any.whl",
            "python: pip 1 -> (gone)",
        ]);
        expect(differences(small(), small())).toEqual([]);
        expect(differences(undefined, small())).toHaveLength(4);
        expect(differences({ ...small(), npm: [] }, small())).toEqual(["npm: ws@8.0.0 (new) -> 8.0.0"]);
    });

    test("a project's name in an index", () => {
        expect(normalize("Flask_RESTful")).toBe("flask-restful");
        expect(normalize("ruamel..yaml-_x")).toBe("ruamel-yaml-x");
    });
});

test("what the engine holds is read from its own words", () => {
    const line = JSON.stringify(
        ["hello-world:latest", "busybox:latest", "debian:trixie-slim", "python:3.13-slim"].map((ref, index) => ({
            Id: `sha256:${index}`,
            RepoTags: [ref],
            Size: index,
        })),
    );
    const found = preloadedFrom(`Loaded image: x\n${line}\n`);
    expect(found.map(({ ref, digest, bytes }) => ({ ref, digest, bytes }))[3]).toEqual({
        ref: "python:3.13-slim",
        digest: "sha256:3",
        bytes: 3,
    });
    expect(() => preloadedFrom("[]")).toThrow("hello-world");
});
