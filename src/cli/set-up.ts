/** What `npm start` and `npm test` need on the machine: Debian packages, the VM image, the built page. Nothing is done twice. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { DrydockError } from "../base/errors";
import { imageHostPackages } from "./image/host-packages";
import { ensureImage } from "./image/command";
import { ensurePage } from "./page";

export interface Needs {
    image?: boolean;
    page?: boolean;
    browser?: boolean;
    /** Go, for the agent's native tests. */
    agent?: boolean;
    /** For the tests of `bundle add image`; who adds none does without. */
    skopeo?: boolean;
}

export async function setUp(needs: Needs): Promise<void> {
    const packages = new Set<string>();
    if (needs.browser && !findProgram("chromium")) packages.add("chromium");
    if (needs.skopeo && !findProgram("skopeo")) packages.add("skopeo");
    if (needs.image || needs.agent) for (const name of await imageHostPackages({ agentOnly: !needs.image })) packages.add(name);
    installDebianPackages([...packages]);
    if (needs.image) await ensureImage();
    if (needs.page) await ensurePage();
}

/** Path of a program on PATH or in Debian's folders, which a plain user's PATH may lack. */
export function findProgram(name: string): string | undefined {
    const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin"];
    return folders.map(folder => join(folder, name)).find(path => existsSync(path));
}

function installDebianPackages(packages: string[]): void {
    if (packages.length === 0) return;
    const command = `apt-get install -y ${packages.join(" ")}`;
    const advice = `Install them by hand (${command}, as root) and run this again.`;
    if (!findProgram("apt-get")) throw new DrydockError("host.no-apt", `This machine lacks: ${packages.join(", ")}.`, "They are the names of Debian's packages; install what holds the same programs here.");
    const sudo = process.getuid?.() === 0 ? [] : findProgram("sudo") ? ["sudo"] : undefined;
    if (!sudo) throw new DrydockError("host.not-root", `This machine lacks: ${packages.join(", ")}.`, advice);
    console.error(`Installing from Debian: ${packages.join(" ")}`);
    const apt = (...argv: string[]) => {
        const [program, ...rest] = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o=Dpkg::Use-Pty=0", ...argv];
        return spawnSync(program!, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
    };
    apt("update"); // a repository of the host's that is out of reach need not matter; the install says if it does
    if (!apt("install", "-y", "--no-install-recommends", ...packages)) throw new DrydockError("host.install-failed", `apt-get could not install: ${packages.join(", ")}.`, advice);
}
