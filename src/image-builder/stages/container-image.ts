import { cp, link, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { root } from "../../host/project";
import type { Versions } from "../pins/debian";
import { epochOf } from "../pins/lock";
import { fetchNpmProgram } from "../pins/npm-program";
import { layerEncoding, writeLayout, writeStacked } from "../formats/oci-folder";
import { run } from "../workshop/program";
import { buildGo, GO_TESTS } from "../workshop/go";
import { defineStage, hashPath, type Stage, type StageContext } from "../workshop/stage";
import { turns } from "../workshop/turns";
import {
    alpineLikeImages,
    containerImages,
    debianRelease,
    refsOf,
    upstreamVersion,
    type ContainerImage,
} from "./container-images";
import { ICU_PACKAGE, icuStage } from "./icu";
import type { Inputs } from "./inputs";

const HUB = join(root, "vm-images/hub");

/** The names that the Dockerfiles use. */
const BASE = "debian:trixie-slim";
const PROGRAMS = "busybox:latest";

/** Two at a time: a build waits sometimes for the disk, sometimes for a processor. */
const turn = turns(2);

/** What the images are built from, besides their folders. */
export interface ContainerNeeds {
    /** The files of the smallest Debian, as root.tar. */
    base: Stage;
    trust: Stage;
}

/**
 * One stage for each image, so that a change rebuilds only that image. Output of each: an OCI layout, without the
 * layers of its base.
 */
export async function containerImageStages(inputs: Inputs, needs: ContainerNeeds): Promise<Map<ContainerImage, Stage>> {
    const common = await hashPath(join(HUB, "common"));
    const icu = icuStage(inputs);
    const stages = new Map<ContainerImage, Stage>();
    const byFolder = new Map<string, Stage>();
    for (const image of containerImages) {
        const files = await hashPath(join(HUB, image.folder), GO_TESTS);
        const [debian, busybox] = [byFolder.get("debian"), byFolder.get("busybox")];
        const stage = containerImageStage(inputs, image, { files, common, debian, busybox, icu, ...needs });
        byFolder.set(image.folder, stage);
        stages.set(image, stage);
    }
    for (const image of alpineLikeImages)
        stages.set(image, stackedStage(inputs, image, byFolder.get(image.below!)!, byFolder.get("alpine-like")!));
    return stages;
}

/** An image that is another with one layer on top. The layer is the same for all, so it is pulled once. */
function stackedStage(inputs: Inputs, image: ContainerImage, below: Stage, top: Stage): Stage {
    const refs = refsOf(image, versionOf(image, pinnedFor(image.below!, inputs)));
    return defineStage(inputs.workshop, {
        name: `hub-${image.folder}`,
        version: 1,
        inputs: [JSON.stringify(refs)],
        needs: [below, top],
        run: ({ out }) => writeStacked(out, refs, { below: below.folder, top: top.folder }),
    });
}

/** Versions of the packages that an image is made of. */
function pinnedFor(folder: string, { lock }: Inputs): Versions {
    if (folder === "busybox") return { ...lock.debian.images[folder], ...lock.debian.busybox };
    return folder === "debian" ? lock.debian.base : (lock.debian.images[folder] ?? {});
}

function versionOf(image: ContainerImage, pinned: Versions): string | undefined {
    const packaged = image.versionOf === undefined ? undefined : pinned[image.versionOf];
    if (packaged === undefined) return image.version;
    return image.folder === "debian" ? debianRelease(packaged) : upstreamVersion(packaged);
}

interface Parts extends ContainerNeeds {
    /** Hashes of vm-images/hub/<folder> and of what all images share. */
    files: string;
    common: string;
    debian: Stage | undefined;
    busybox: Stage | undefined;
    icu: Stage;
}

function containerImageStage(inputs: Inputs, image: ContainerImage, parts: Parts): Stage {
    const { workshop, lock } = inputs;
    const { folder } = image;
    const packages = lock.debian.images[folder];
    // made of nothing: Debian's packages compile it, and none of them is in it
    const compiled = folder === "busybox";
    const pinned = pinnedFor(folder, inputs);
    const version = versionOf(image, pinned);
    const refs = refsOf(image, version);
    const withIcu = packages !== undefined && ICU_PACKAGE in packages;
    const alpineLike = folder === "alpine-like";
    const parent = packages === undefined && !alpineLike ? undefined : parts.debian;
    const parents = [
        ...(parent ? [{ name: BASE, stage: parent }] : []),
        ...(alpineLike && parts.busybox ? [{ name: PROGRAMS, stage: parts.busybox }] : []),
    ];

    return defineStage(workshop, {
        name: `hub-${folder}`,
        version: 1,
        inputs: [
            parts.files,
            layerEncoding,
            ...(packages ? [parts.common] : []),
            JSON.stringify([pinned, refs]),
            ...(folder === "node" ? [JSON.stringify(lock.npmProgram)] : []),
            lock.date,
        ],
        needs: [
            ...(folder === "debian" ? [parts.base, parts.trust] : []),
            ...parents.map(({ stage }) => stage),
            ...(withIcu ? [parts.icu] : []),
        ],
        turn,
        async run(context) {
            const { out, progress } = context;
            const work = join(out, "work");
            const source = join(work, "source");
            await cp(join(HUB, folder), source, { recursive: true });
            progress("collecting what goes in");
            if (folder === "hello-world") await compileHello(source, context);
            else if (compiled) await addSource(source, lock.debian.busybox, inputs);
            else if (folder === "dockerfile") await compileFrontEnd(source, context);
            else if (folder === "debian") await addDebian(source, parts, context);
            if (packages) await addPackages(source, packages, inputs);
            if (withIcu)
                await addFolder(source, "icu", folder =>
                    link(join(parts.icu.folder, "libicudata.so"), join(folder, "libicudata.so")),
                );
            if (folder === "node")
                await addFolder(source, "npm", folder => fetchNpmProgram(lock.npmProgram, folder, context));

            progress("building");
            // a separate store: the host's buildah or podman must not be affected
            const store = ["--storage-driver", "vfs", "--root", join(work, "store"), "--runroot", join(work, "run")];
            const buildah = (command: string, ...argv: string[]) =>
                run("buildah", [...store, command, ...argv], { ...context, cwd: dirname(out) });
            // by a relative path: buildah takes the path after "oci:" for the image's name in its store as well, and a
            // name cannot contain a folder like ".cache" (podman-container-tools/podman#23390, the same code)
            for (const { name, stage } of parents)
                await buildah(
                    "tag",
                    (await buildah("pull", "--quiet", `oci:${basename(stage.folder)}:${name}`)).trim(),
                    name,
                );
            const options = [
                "--isolation",
                "chroot",
                "--platform",
                "linux/386",
                "--pull-never",
                "--format",
                "oci",
                "--timestamp",
                epochOf(lock),
            ];
            await buildah(
                "build",
                ...options,
                ...(version === undefined ? [] : ["--build-arg", `VERSION=${version}`]),
                "--tag",
                image.ref,
                source,
            );
            // the "oci" transport would compress
            const pushed = join(work, "pushed");
            await buildah("push", "--disable-compression", image.ref, `dir:${pushed}`);
            progress("compressing");
            await writeLayout(pushed, out, refs, compiled ? undefined : parent?.folder, context);
            await buildah("rmi", "--all", "--force");
            await rm(work, { recursive: true });
        },
    });
}

async function addFolder(source: string, name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    await mkdir(join(source, name));
    await fill(join(source, name));
}

/** The package files themselves: nothing is downloaded during a build. */
async function addPackages(source: string, versions: Versions, { debian }: Inputs): Promise<void> {
    await cp(join(HUB, "common"), join(source, "common"), { recursive: true });
    await addFolder(source, "packages", async folder => (await debian()).download(versions, folder));
}

async function compileHello(source: string, context: StageContext): Promise<void> {
    await run(
        "gcc",
        [
            "-m32",
            "-march=i686",
            "-static",
            "-Os",
            "-s",
            "-nostdlib",
            "-fno-pic",
            "-fno-asynchronous-unwind-tables",
            "-Wl,--build-id=none",
            "-o",
            join(source, "hello"),
            join(source, "hello.c"),
        ],
        context,
    );
}

async function compileFrontEnd(source: string, context: StageContext): Promise<void> {
    const code = join(source, "code");
    await rename(join(source, "front-end"), code);
    await buildGo(code, join(source, "front-end"), context);
    await rm(code, { recursive: true });
}

/** The files of Debian's source package. */
async function addSource(source: string, versions: Versions, { debian }: Inputs): Promise<void> {
    const [[name, version]] = Object.entries(versions) as [[string, string]];
    await addFolder(source, "source", async folder => (await debian()).downloadSource(name, version, folder));
}

/**
 * The root, and the certificate authority that it trusts: in the place where curl and OpenSSL look, and in the one
 * where update-ca-certificates finds it later.
 */
async function addDebian(source: string, { base, trust }: Parts, context: StageContext): Promise<void> {
    await cp(join(base.folder, "root.tar"), join(source, "rootfs.tar"));
    const authority = join(trust.folder, "ca.crt");
    const place = async (path: string): Promise<string> => {
        const to = join(source, "trust", path);
        await mkdir(join(to, ".."), { recursive: true });
        return to;
    };
    await cp(authority, await place("usr/local/share/ca-certificates/drydock.crt"));
    const hash = (await run("openssl", ["x509", "-noout", "-hash", "-in", authority], context)).trim();
    await symlink("/usr/local/share/ca-certificates/drydock.crt", await place("etc/ssl/certs/drydock.pem"));
    await symlink("drydock.pem", await place(`etc/ssl/certs/${hash}.0`));
    await writeFile(await place("etc/ssl/certs/ca-certificates.crt"), await readFile(authority));
}
