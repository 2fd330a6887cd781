import { describe, expect, test } from "vitest";
import { adviceOn, imageFamilies, parseFamilies, spelled } from "../../../../src/internet/hub/image-families";
import { missingImage } from "../../../../src/internet/hub/missing-image";

/** What the page's Docker Hub has, and some of what it may have. */
const shelf = new Map<string, string[]>([
    ["library/busybox", ["latest", "1.37", "1.37.0"]],
    ["library/debian", ["trixie-slim", "13-slim"]],
    ["library/python", ["3.13-slim", "3.13.5-slim"]],
    ["library/node", ["20-slim", "20.19.2-slim"]],
    ["library/nginx", ["latest", "1.26", "1.26.3"]],
    ["library/redis", ["latest", "8"]],
    ["library/postgres", ["17", "latest"]],
    ["library/openjdk", ["21", "21-jdk"]],
    ["library/gcc", ["latest", "14"]],
    ["library/registry", ["2", "latest"]],
    ["docker/dockerfile", ["1", "1.7", "latest"]],
]);
const full = new Map([...shelf, ["library/mariadb", ["11.8"]], ["library/php", ["8.4-apache"]]]);

const standInFor = (image: string, on = shelf) => {
    const [name = "", tag = "latest"] = image.split(":");
    const { standIn } = adviceOn(name.includes("/") ? name : `library/${name}`, tag, on);
    return standIn && spelled(standIn);
};

describe("stand-ins", () => {
    test.each([
        ["ubuntu", "debian:trixie-slim"],
        ["ubuntu:20.04", "debian:trixie-slim"],
        ["debian:bookworm", "debian:trixie-slim"],
        ["python", "python:3.13-slim"],
        ["python:3", "python:3.13-slim"],
        ["python:3.8-slim", "python:3.13-slim"],
        ["python:3.12-alpine3.20", "python:3.13-slim"],
        ["python:slim-bookworm", "python:3.13-slim"],
        ["node", "node:20-slim"],
        ["node:18-alpine", "node:20-slim"],
        ["node:lts-buster", "node:20-slim"],
        ["openjdk:17-jdk-slim", "openjdk:21"],
        ["eclipse-temurin:17-jre", "openjdk:21"],
        ["nginx:alpine", "nginx"],
        ["nginx:1.25", "nginx"],
        ["redis:7-alpine", "redis"],
        ["postgres:16-alpine", "postgres"],
        ["registry:3", "registry:2"],
        ["docker/dockerfile:1.4", "docker/dockerfile:1"],
        ["docker/dockerfile:1-labs", "docker/dockerfile:1"],
    ])("%s: %s", (asked, answers) => expect(standInFor(asked)).toBe(answers));

    test.each(["python:2.7", "python:2-alpine", "mongo", "fedora", "me/app", "php:8.2-fpm"])("%s: none", asked =>
        expect(standInFor(asked)).toBeUndefined(),
    );

    test("an image that this hub lacks is not offered; it is where there is one", () => {
        expect(standInFor("mysql:8")).toBeUndefined();
        expect(standInFor("alpine:3.20")).toBeUndefined();
        expect(standInFor("mysql:8", full)).toBe("mariadb:11.8");
        expect(standInFor("php:7.4-apache", full)).toBe("php:8.4-apache");
        expect(standInFor("alpine:3.20", new Map([["library/alpine-like", ["latest"]]]))).toBe("alpine-like");
    });

    test("with Alpine's commands for Alpine's variants, where there is such an image", () => {
        const alpine = new Map([
            ...shelf,
            ["library/node", ["20-slim", "20-alpine-like"]],
            ["library/nginx", ["latest", "alpine-like"]],
            ["library/python", ["3.13-slim", "3.13-alpine-like"]],
            ["library/openjdk", ["21", "21-alpine-like"]],
        ]);
        expect(standInFor("node:18-alpine", alpine)).toBe("node:20-alpine-like");
        expect(standInFor("node:lts-alpine3.20", alpine)).toBe("node:20-alpine-like");
        expect(standInFor("node:18-slim", alpine)).toBe("node:20-slim");
        expect(standInFor("nginx:1.25-alpine", alpine)).toBe("nginx:alpine-like");
        expect(standInFor("nginx:stable", alpine)).toBe("nginx");
        expect(standInFor("python:3.12-alpine", alpine)).toBe("python:3.13-alpine-like");
        expect(standInFor("python:2.7-alpine", alpine)).toBeUndefined();
        expect(standInFor("eclipse-temurin:17-jre-alpine", alpine)).toBe("openjdk:21-alpine-like");
        expect(standInFor("redis:7-alpine", alpine)).toBe("redis");
    });

    test("without a tag the newest there is answers", () =>
        expect(standInFor("mariadb:10", new Map([["library/mariadb", ["9.1", "11.8", "10.2"]]]))).toBe("mariadb:11.8"));

    test("no image that is there is a family's stand-in for a family that never comes first", () => {
        for (const [index, { names, tags }] of imageFamilies.entries())
            if (tags === undefined)
                for (const later of imageFamilies.slice(index + 1))
                    expect(later.names.filter(name => names.includes(name))).toEqual([]);
    });
});

describe("the data file", () => {
    test.each([
        ["an unknown field", { families: [{ names: ["a"], target: "b" }] }],
        ["no names", { families: [{ names: [] }] }],
        ["a name that is none", { families: [{ names: ["A B"] }] }],
        ["a target that is none", { families: [{ names: ["a"], standIns: ["b:c:d"] }] }],
        ["words that no status line takes", { families: [{ names: ["a"], because: "weil das Bild fehlt – leider" }] }],
    ])("%s is refused", (_, data) => expect(() => parseFamilies(data)).toThrow());
});

describe("what is said of a missing image", () => {
    const words = (image: string, on = false) => {
        const [name = "", tag = "latest"] = image.split(":");
        return missingImage(name.includes("/") ? name : `library/${name}`, tag, shelf, on).words;
    };
    const add = "An author can add images with `drydock bundle add image <name>`.";
    const turnOn = "which stands in for it if you turn on stand-ins in the network panel";

    test.each([
        [
            "ubuntu:20.04",
            `ubuntu:20.04 is not in this sandbox (Ubuntu has had no 32-bit images since 20.04). Nearest: debian:trixie-slim, ${turnOn}. ${add}`,
        ],
        ["python:2.7", `python:2.7 is not in this sandbox. Nearest: python:3.13-slim. ${add}`],
        ["alpine", `alpine is not in this sandbox. Nearest: debian:trixie-slim. ${add}`],
        ["ngnix", `ngnix is not in this sandbox. Did you mean nginx? ${add}`],
        ["ngnix:alpine", `ngnix:alpine is not in this sandbox. Did you mean nginx? ${add}`],
        ["pyhton:3.9", `pyhton:3.9 is not in this sandbox. Did you mean python:3.13-slim? ${add}`],
        [
            "mongo",
            `mongo is not in this sandbox (no 32-bit image of it exists). It has busybox, debian, docker/dockerfile, gcc, nginx, node, openjdk, postgres, python, redis, registry. ${add}`,
        ],
    ])("%s", (image, said) => expect(words(image)).toBe(said));

    test("stand-ins that are on are not offered", () => expect(words("ubuntu", true)).not.toContain(turnOn));

    test("a hub without images says so, and the words fit a status line", () => {
        expect(missingImage("me/app", "1", new Map(), false).words).toContain("It has no images yet.");
        for (const { names } of imageFamilies) for (const name of names) expect(words(name)).toMatch(/^[\x20-\x7e]+$/);
    });
});
