/** What the sandbox's Docker Hub offers: the list from which the images are built. */
import { DrydockError } from "../../base/errors";

export interface ContainerImage {
    /** The name that students type. Its tag, and the other tags, say what it contains. */
    ref: string;
    /** Folder in vm-images/hub; also names the image's list of packages. */
    folder: string;
    /** The Debian package whose version the image takes. */
    versionOf?: string;
    /** The image's version where no package has it. For docker/dockerfile: that of the front end in Debian's docker.io (BuildKit 0.13). */
    version?: string;
    /** Other tags of the same image; the full version is always one and need not be listed. */
    tags?: readonly string[];
    /** What the hub says about it in a search. */
    contents: string;
    /**
     * What the engine's store holds from the start: the image; its layers alone, so that a pull has nothing to unpack;
     * or nothing. Layers alone are for images of which more than 10 MB are packed above their base.
     */
    preloaded: "image" | "layers" | "nothing";
    /** Tags of the same image with Alpine's commands: with the layer of alpine-like on top. */
    alpineLike?: readonly string[];
    /** Folder of the image below, for one that has no folder of its own and only adds the layer of alpine-like. */
    below?: string;
}

export const nameOf = ({ ref }: Pick<ContainerImage, "ref">): string => ref.slice(0, ref.indexOf(":"));

/** In build order: each but the first two is based on debian:trixie-slim, or built in it; alpine-like takes its programs from busybox. */
export const containerImages: readonly ContainerImage[] = [
    { ref: "hello-world:latest", folder: "hello-world", contents: "a greeting, Drydock's own", preloaded: "image" },
    {
        ref: "debian:trixie-slim",
        folder: "debian",
        versionOf: "base-files",
        tags: ["13-slim"],
        contents: "Debian 13 for 32-bit x86",
        preloaded: "image",
    },
    {
        ref: "busybox:latest",
        folder: "busybox",
        versionOf: "busybox",
        tags: ["1.37"],
        contents: "BusyBox with the applets of its upstream's defaults",
        preloaded: "image",
    },
    {
        ref: "alpine-like:latest",
        folder: "alpine-like",
        contents: "Debian 13 with Alpine's commands: apk, adduser, BusyBox's shell",
        preloaded: "nothing",
    },
    {
        ref: "python:3.13-slim",
        folder: "python",
        versionOf: "python3.13",
        contents: "Python 3.13 and pip from Debian 13",
        alpineLike: ["3.13-alpine-like", "3-alpine-like"],
        preloaded: "image",
    },
    {
        ref: "node:20-slim",
        folder: "node",
        versionOf: "nodejs",
        contents: "Node.js 20 from Debian 13, and npm 10",
        alpineLike: ["20-alpine-like"],
        preloaded: "layers",
    },
    {
        ref: "nginx:latest",
        folder: "nginx",
        versionOf: "nginx",
        tags: ["1.26"],
        contents: "the web server nginx from Debian 13",
        alpineLike: ["1.26-alpine-like", "alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "redis:latest",
        folder: "redis",
        versionOf: "redis-server",
        tags: ["8", "8.0"],
        contents: "the key-value store Redis from Debian 13",
        alpineLike: ["8-alpine-like", "alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "postgres:17",
        folder: "postgres",
        versionOf: "postgresql-17",
        tags: ["latest"],
        contents: "the database PostgreSQL 17 from Debian 13, its cluster made in advance",
        alpineLike: ["17-alpine-like", "alpine-like"],
        preloaded: "layers",
    },
    {
        ref: "registry:2",
        folder: "registry",
        versionOf: "docker-registry",
        tags: ["latest", "2.8"],
        contents: "a registry of your own (distribution 2.8 from Debian 13), without login",
        preloaded: "nothing",
    },
    {
        ref: "gcc:latest",
        folder: "gcc",
        versionOf: "gcc-14",
        tags: ["14", "14.2"],
        contents: "the C and C++ compilers of GCC 14, and make, from Debian 13",
        preloaded: "layers",
    },
    {
        ref: "openjdk:21",
        folder: "openjdk",
        versionOf: "openjdk-21-jdk-headless",
        tags: ["21-jdk"],
        contents: "OpenJDK 21 (HotSpot) from Debian 13, without windows",
        alpineLike: ["21-alpine-like"],
        preloaded: "layers",
    },
    {
        ref: "httpd:2.4",
        folder: "httpd",
        versionOf: "apache2-bin",
        tags: ["latest", "2"],
        contents: "the Apache HTTP Server 2.4 from Debian 13",
        alpineLike: ["2.4-alpine-like", "alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "mariadb:11",
        folder: "mariadb",
        versionOf: "mariadb-server-core",
        tags: ["latest", "11.8"],
        contents: "the database MariaDB 11.8 from Debian 13, its data folder made in advance",
        preloaded: "layers",
    },
    {
        ref: "php:8.4-apache",
        folder: "php",
        versionOf: "php8.4-cli",
        tags: ["8-apache", "apache"],
        contents: "PHP 8.4 in the Apache HTTP Server from Debian 13",
        preloaded: "layers",
    },
    {
        ref: "haproxy:3.0",
        folder: "haproxy",
        versionOf: "haproxy",
        tags: ["latest", "lts"],
        contents: "the load balancer HAProxy 3.0 from Debian 13",
        alpineLike: ["3.0-alpine-like", "alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "memcached:1.6",
        folder: "memcached",
        versionOf: "memcached",
        tags: ["latest", "1"],
        contents: "the memory cache memcached 1.6 from Debian 13",
        alpineLike: ["1.6-alpine-like", "alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "adminer:latest",
        folder: "adminer",
        versionOf: "adminer",
        tags: ["5"],
        contents: "Adminer, databases by the browser, from Debian 13",
        preloaded: "nothing",
    },
    {
        ref: "ruby:3.3",
        folder: "ruby",
        versionOf: "ruby3.3",
        tags: ["latest", "3", "3.3-slim", "slim"],
        contents: "Ruby 3.3, RubyGems and Bundler from Debian 13",
        alpineLike: ["3.3-alpine-like"],
        preloaded: "nothing",
    },
    {
        ref: "rabbitmq:4.0",
        folder: "rabbitmq",
        versionOf: "rabbitmq-server",
        tags: ["latest", "4", "4.0-management", "4-management", "management"],
        contents: "the message broker RabbitMQ 4.0 from Debian 13, its management plugin switched on",
        alpineLike: ["4.0-alpine-like", "alpine-like"],
        preloaded: "layers",
    },
    {
        ref: "docker/dockerfile:1",
        folder: "dockerfile",
        version: "1.7",
        tags: ["latest", "1.7"],
        contents: "the engine's own Dockerfile front end (1.7), for # syntax lines",
        preloaded: "nothing",
    },
];

/** Those of the list with Alpine's commands, each after the two that it is made of. */
export const alpineLikeImages: readonly ContainerImage[] = containerImages.flatMap(
    ({ alpineLike: [first, ...tags] = [], folder, contents, versionOf, ref }) =>
        first === undefined
            ? []
            : [
                  {
                      ref: `${nameOf({ ref })}:${first}`,
                      folder: `${folder}-alpine-like`,
                      versionOf,
                      tags,
                      contents,
                      preloaded: "nothing",
                      below: folder,
                  },
              ],
);

/** All that the hub offers. */
export const offeredImages: readonly ContainerImage[] = [...containerImages, ...alpineLikeImages];

/** "library/nginx", "docker/dockerfile" */
export const repositoryOf = (image: Pick<ContainerImage, "ref">): string =>
    nameOf(image).includes("/") ? nameOf(image) : `library/${nameOf(image)}`;

/** A Debian package's version as its upstream project writes it: "5:8.0.2-3+deb13u2" is 8.0.2. */
export const upstreamVersion = (debianVersion: string): string =>
    debianVersion.replace(/^\d+:/, "").replace(/[-+~].*$/, "");

/** The version of Debian itself: base-files 13.8+deb13u7 is in Debian 13.7. */
export const debianRelease = (baseFiles: string): string =>
    /\+deb(\d+)u(\d+)/.exec(baseFiles)?.slice(1).join(".") ?? `${/^\d+/.exec(baseFiles)?.[0]}.0`;

/**
 * All names of an image: those in the list and, if it has a version, the full version with the variant of its first
 * name ("20.19.2-slim"). Throws "image.tag-untrue" for a listed tag that begins with another number.
 */
export function refsOf(image: ContainerImage, version: string | undefined): string[] {
    const tags = [image.ref.slice(image.ref.indexOf(":") + 1), ...(image.tags ?? [])];
    for (const tag of tags) {
        const number = /^\d[\d.]*/.exec(tag)?.[0];
        if (number !== undefined && !`${version}.`.startsWith(`${number}.`))
            throw new DrydockError(
                "image.tag-untrue",
                `${nameOf(image)}:${tag} would hold version ${version ?? "(none)"}.`,
                "Correct the tags in src/image-builder/stages/container-images.ts: a tag must match the version.",
            );
    }
    if (version !== undefined) tags.push(`${version}${/-[a-z].*$/.exec(tags[0]!)?.[0] ?? ""}`);
    return [...new Set(tags)].map(tag => `${nameOf(image)}:${tag}`);
}
