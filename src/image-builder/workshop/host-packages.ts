/** What the pipeline needs on the host, and which Debian packages contain it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../host/project";

export interface HostNeed {
    /** A program on PATH, or an absolute path that must exist. */
    find: string;
    debianPackage: string;
}

export const hostPackages: readonly HostNeed[] = [
    { find: "mmdebstrap", debianPackage: "mmdebstrap" },
    // without it, mmdebstrap does not believe that this machine can run i386 programs
    { find: "arch-test", debianPackage: "arch-test" },
    { find: "/usr/share/keyrings/debian-archive-keyring.gpg", debianPackage: "debian-archive-keyring" },
    { find: "gcc", debianPackage: "gcc" },
    // the 32-bit C library and its headers, for -m32
    { find: "/usr/lib32/libc.a", debianPackage: "gcc-multilib" },
    { find: "make", debianPackage: "make" },
    { find: "flex", debianPackage: "flex" },
    { find: "bison", debianPackage: "bison" },
    { find: "bc", debianPackage: "bc" },
    { find: "objcopy", debianPackage: "binutils" },
    { find: "/usr/include/libelf.h", debianPackage: "libelf-dev" },
    { find: "/usr/include/openssl/ssl.h", debianPackage: "libssl-dev" },
    { find: "zstd", debianPackage: "zstd" },
    { find: "xz", debianPackage: "xz-utils" },
    { find: "tar", debianPackage: "tar" },
    { find: "dpkg-deb", debianPackage: "dpkg" },
    { find: "perl", debianPackage: "perl" },
    { find: "rsync", debianPackage: "rsync" },
    { find: "/usr/share/seabios/bios.bin", debianPackage: "seabios" },
    { find: "mke2fs", debianPackage: "e2fsprogs" },
    { find: "unshare", debianPackage: "util-linux" },
    { find: "ip", debianPackage: "iproute2" },
    { find: "buildah", debianPackage: "buildah" },
    { find: "python3", debianPackage: "python3" },
    { find: "openssl", debianPackage: "openssl" },
    { find: "gpg", debianPackage: "gpg" },
    { find: "gpg-agent", debianPackage: "gpg-agent" },
    { find: "gpgconf", debianPackage: "gpgconf" },
];

const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/local/go/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/usr/bin",
];

/** Where a program is; Debian's sbin folders count even if an ordinary user's PATH lacks them. */
export function findHostProgram(name: string): string | undefined {
    return folders.map(folder => join(folder, name)).find(path => existsSync(path));
}

const present = (need: string): boolean =>
    need.startsWith("/") ? existsSync(need) : findHostProgram(need) !== undefined;

/** Debian packages that still have to be installed. `agentOnly`: only what the guest agent's native tests need. */
export async function imageHostPackages(options: { agentOnly?: boolean } = {}): Promise<string[]> {
    const missing = new Set<string>();
    if (!options.agentOnly) {
        for (const need of hostPackages) if (!present(need.find)) missing.add(need.debianPackage);
        if (!pipPython()) missing.add("python3-pip");
    }
    if (!newEnoughGo()) missing.add("golang-go");
    return [...missing];
}

/** A Python that has pip; the first on PATH may have none. */
export function pipPython(): string | undefined {
    return [findHostProgram("python3"), "/usr/bin/python3"].find(
        python => python !== undefined && existsSync(python) && succeeds(python, ["-m", "pip", "--version"]),
    );
}

function succeeds(program: string, argv: string[]): boolean {
    try {
        execFileSync(program, argv, { stdio: "ignore" });
        return true;
    } catch {
        return false; // a failure means no
    }
}

/** Whether Go can build the agent: as new as its go.mod requires, or new enough (1.21) to fetch that version. */
function newEnoughGo(): boolean {
    const go = findHostProgram("go");
    if (!go) return false;
    const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(root, "vm-images/agent/go.mod"), "utf8"));
    const have = /go(\d+)\.(\d+)/.exec(execFileSync(go, ["env", "GOVERSION"], { encoding: "utf8" }));
    if (!have || !wanted) return have !== null;
    return Number(have[1]) > Number(wanted[1]) || (have[1] === wanted[1] && Number(have[2]) >= Number(wanted[2]));
}
