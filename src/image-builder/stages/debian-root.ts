import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { root } from "../../host/project";
import { ARCHITECTURE, SUITE, type Versions } from "../pins/debian";
import { epochOf } from "../pins/lock";
import { run } from "../workshop/program";
import { defineStage, hashPath, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

/** Nothing in a guest reads these; without them an image is a third smaller. Copyright files stay. */
const EXCLUDED = [
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
];
const KEPT = ["/usr/share/doc/*/copyright"];

/** Copied over every Debian root: where apt looks for packages, and what dpkg leaves out. */
const SETTINGS = join(root, "vm-images/debian");
/** The path that the source line in there names. */
const KEYRING = "usr/share/keyrings/debian.lab.asc";

/**
 * $0: SETTINGS, $1: the archive's public key, $2: the root. Of a file's mode, git keeps only whether it is executable.
 */
const SET_UP = `
set -o pipefail
tar -C "$0" --owner=0 --group=0 --mode=u=rwX,go=rX -c . | tar -C "$2" -x --no-overwrite-dir --numeric-owner
install -m 644 "$1" "$2/${KEYRING}"
# nobody is asked anything: its dialogs need programs that are not there, and each try would be a warning
echo debconf debconf/frontend select Noninteractive | chroot "$2" debconf-set-selections
`;

/** A Debian root with exactly these package versions, whose apt uses debian.lab. Output: root.tar. */
export async function debianRootStage(
    { workshop, debian, lock }: Inputs,
    trust: Stage,
    name: string,
    versions: Versions,
): Promise<Stage> {
    return defineStage(workshop, {
        name,
        version: 1,
        inputs: [SUITE, lock.date, JSON.stringify(versions), await hashPath(SETTINGS), SET_UP],
        needs: [trust],
        async run({ out, log, signal, progress }) {
            const tar = join(out, "root.tar");
            const { source } = await debian();
            const include = Object.entries(versions).map(([name, version]) => `${name}=${version}`);
            await run(
                "mmdebstrap",
                [
                    ...[
                        "--mode=root",
                        "--variant=minbase",
                        `--architectures=${ARCHITECTURE}`,
                        `--include=${include.join(",")}`,
                    ],
                    ...EXCLUDED.map(pattern => `--dpkgopt=path-exclude=${pattern}`),
                    ...KEPT.map(pattern => `--dpkgopt=path-include=${pattern}`),
                    `--customize-hook=bash -ec '${SET_UP}' '${SETTINGS}' '${join(trust.folder, "archive.asc")}' "$1"`,
                    // also written to a file in the root, so that what the student installs stays as small
                    ...[
                        '--customize-hook=rm -rf "$1"/var/log/apt "$1"/var/log/*.log "$1"/var/cache/debconf/*-old "$1"/var/lib/dpkg/*-old "$1"/var/cache/apt/*.bin',
                        SUITE,
                        tar,
                        source,
                    ],
                ],
                {
                    log,
                    signal,
                    env: { SOURCE_DATE_EPOCH: epochOf(lock), DEBIAN_FRONTEND: "noninteractive" },
                    onLine: line => {
                        const step = /^I: (.+)/.exec(line)?.[1];
                        if (step) progress(step);
                    },
                },
            );
            const installed = await run("tar", ["-xOf", tar, "./var/lib/dpkg/status"], { log: "/dev/null", signal });
            checkInstalled(installed, versions);
        },
    });
}

/** The mirror decides which dependency wins; the lock must have the same one. */
export function checkInstalled(status: string, versions: Versions): void {
    const wrong: string[] = [];
    for (const stanza of status.split("\n\n")) {
        const name = /^Package: (.+)$/m.exec(stanza)?.[1];
        const version = /^Version: (.+)$/m.exec(stanza)?.[1];
        if (name && version && versions[name] !== version) wrong.push(`${name} ${version}`);
    }
    if (wrong.length > 0)
        throw new DrydockError(
            "image.lock-stale",
            `The build installed packages that the lock does not pin: ${wrong.join(", ")}.`,
            "Update the lock with `npm run drydock -- image lock` and build again.",
        );
}
