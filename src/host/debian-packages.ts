/** Programs of the host, and the Debian packages that contain them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { DrydockError } from "../base/errors";

/** Path of a program on PATH or in Debian's folders, which an ordinary user's PATH may lack. */
export function findProgram(name: string): string | undefined {
    const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin"];
    return folders.map(folder => join(folder, name)).find(path => existsSync(path));
}

/**
 * Works as root or with sudo. Throws "host.no-apt", "host.not-root" or "host.install-failed", each naming what is
 * missing.
 */
export function installDebianPackages(packages: string[]): void {
    if (packages.length === 0) return;
    const command = `apt-get install -y ${packages.join(" ")}`;
    const advice = `Install them (${command}, as root) and run this again.`;
    if (!findProgram("apt-get"))
        throw new DrydockError(
            "host.no-apt",
            `Missing packages: ${packages.join(", ")}.`,
            "These are names of Debian packages. Install the packages that have the same programs on this system.",
        );
    const sudo = process.getuid?.() === 0 ? [] : findProgram("sudo") ? ["sudo"] : undefined;
    if (!sudo) throw new DrydockError("host.not-root", `Missing packages: ${packages.join(", ")}.`, advice);
    console.error(`Installing from Debian: ${packages.join(" ")}`);
    const apt = (...argv: string[]) => {
        const [program, ...rest] = [
            ...sudo,
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-qq",
            "-o=Dpkg::Use-Pty=0",
            ...argv,
        ];
        return spawnSync(program!, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
    };
    apt("update"); // an unreachable repository of the host may not matter; if it does, the install says so
    if (!apt("install", "-y", "--no-install-recommends", ...packages))
        throw new DrydockError("host.install-failed", `apt-get could not install: ${packages.join(", ")}.`, advice);
}
