/**
 * Debian packages for the guest, through a separate apt: lists, cache and package state are in the cache folder;
 * everything else (proxy, certificates, credentials, and the mirror's address) comes from the host's apt.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { cacheFolder } from "../../host/cache";
import { run } from "../workshop/program";

export const SUITE = "trixie";
export const ARCHITECTURE = "i386";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

export type Versions = Record<string, string>;

export interface Debian {
    /** The `deb ...` line of the mirror. */
    source: string;
    /** Version of each package on the mirror; undefined if it has none. */
    available(): Promise<Map<string, DebianPackage>>;
    /** What `apt-get install` of these would install on an empty system. */
    resolve(names: readonly string[]): Promise<Versions>;
    /** Downloads the .deb files of exactly these versions to `folder`. */
    download(versions: Versions, folder: string): Promise<void>;
    /** Version on the mirror of a source package; undefined when it has none. */
    sourceVersion(name: string): Promise<string | undefined>;
    /** Puts the files of exactly this version's source package into `folder`: the .dsc, the upstream's archive, Debian's changes. */
    downloadSource(name: string, version: string, folder: string): Promise<void>;
}

export interface DebianPackage {
    version: string;
    /** Size of the .deb file. */
    bytes: number;
    /** Part of the smallest system: Essential, or of Priority required. */
    required: boolean;
}

interface Context {
    log: string;
    signal?: AbortSignal;
}

/**
 * The mirror in the host's own apt configuration ("debian.list": a file of mirrors); DRYDOCK_DEBIAN_MIRROR takes
 * precedence.
 */
async function findMirror(context: Context): Promise<string> {
    if (process.env.DRYDOCK_DEBIAN_MIRROR) return process.env.DRYDOCK_DEBIAN_MIRROR;
    const repositories = await run(
        "apt-get",
        ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        context,
    );
    const mirror = repositories.split("\n").find(address => /\/debian(\.list)?\/?$/.test(address.trim()));
    if (mirror) return mirror.trim();
    throw new DrydockError(
        "image.no-mirror",
        "The apt configuration of this computer has no Debian mirror.",
        "Set one with DRYDOCK_DEBIAN_MIRROR=<address that ends in /debian>.",
    );
}

export async function openDebian(context: Context): Promise<Debian> {
    const folder = join(cacheFolder(), "apt");
    await mkdir(join(folder, "lists/partial"), { recursive: true });
    await mkdir(join(folder, "cache/archives/partial"), { recursive: true });
    const mirror = await findMirror(context);
    const source = `deb ${existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ""}${mirror} ${SUITE} main`;
    await writeFile(join(folder, "sources.list"), `${source}\n${source.replace(/^deb /, "deb-src ")}\n`);
    await writeFile(join(folder, "status"), "");
    const settings = {
        "Dir::Etc::SourceList": join(folder, "sources.list"),
        "Dir::Etc::SourceParts": "-",
        "Dir::Etc::PreferencesParts": "-",
        "Dir::State": folder,
        "Dir::State::Lists": join(folder, "lists"),
        "Dir::State::Status": join(folder, "status"),
        "Dir::Cache": join(folder, "cache"),
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures::": ARCHITECTURE,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const apt = (program: string, argv: string[], more: { cwd?: string } = {}) =>
        run(program, [...options, ...argv], { ...context, ...more });

    try {
        await apt("apt-get", ["-q", "-o", "APT::Update::Error-Mode=any", "update"]);
    } catch (thrown) {
        throw new DrydockError(
            "image.mirror-unreachable",
            `The Debian mirror ${mirror} did not provide a package list for ${SUITE}.`,
            `Check the network and the mirror, or set another with DRYDOCK_DEBIAN_MIRROR. The full log: ${context.log}`,
            { cause: thrown },
        );
    }

    let packages: Promise<Map<string, DebianPackage>> | undefined;
    return {
        source,
        available: () => (packages ??= apt("apt-cache", ["dumpavail"]).then(parsePackages)),
        async resolve(names) {
            const plan = await apt("apt-get", ["-s", "install", ...names]);
            return Object.fromEntries(
                [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)]
                    .map(match => [match[1]!.replace(/:.*/, ""), match[2]!])
                    .sort(),
            );
        },
        async download(versions, to) {
            await apt(
                "apt-get",
                ["-q", "download", ...Object.entries(versions).map(([name, version]) => `${name}=${version}`)],
                { cwd: to },
            );
        },
        async sourceVersion(name) {
            return /^Version: (.+)$/m.exec(await apt("apt-cache", ["showsrc", "--only-source", name]))?.[1];
        },
        async downloadSource(name, version, to) {
            await apt("apt-get", ["-q", "source", "--download-only", "--only-source", `${name}=${version}`], {
                cwd: to,
            });
        },
    };
}

/** Reads the stanzas of a Packages file. */
export function parsePackages(text: string): Map<string, DebianPackage> {
    const packages = new Map<string, DebianPackage>();
    for (const stanza of text.split("\n\n")) {
        const name = /^Package: (.+)$/m.exec(stanza)?.[1];
        const version = /^Version: (.+)$/m.exec(stanza)?.[1];
        if (!name || !version) continue;
        packages.set(name, {
            version,
            bytes: Number(/^Size: (\d+)$/m.exec(stanza)?.[1] ?? 0),
            required: /^Essential: yes$/m.test(stanza) || /^Priority: required$/m.test(stanza),
        });
    }
    return packages;
}

/** Throws "image.version-gone", naming each pinned version that the mirror does not have. */
export function checkAvailable(pinned: Versions, available: Map<string, DebianPackage>): void {
    const gone = Object.entries(pinned).filter(([name, version]) => available.get(name)?.version !== version);
    if (gone.length === 0) return;
    const shown = gone
        .slice(0, 12)
        .map(([name, version]) => `  ${name} ${version} (the mirror has ${available.get(name)?.version ?? "none"})`);
    if (gone.length > shown.length) shown.push(`  and ${gone.length - shown.length} more`);
    throw new DrydockError(
        "image.version-gone",
        `The Debian mirror no longer has ${gone.length} of the pinned package versions:\n${shown.join("\n")}`,
        "Build without --locked to use the current versions: Debian replaces packages in its point releases. To pin them for everybody, run `npm run drydock -- image lock` and look at the changes in vm-images/image.lock.json. To pin a package of the bundle again, run `npm run drydock -- bundle add deb <name>`.",
    );
}
