/** The text files of a Debian repository: `Packages` and `Release`. */
import { createHash } from "node:crypto";

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

export interface PackedDeb {
    /** Control paragraph as printed by `dpkg-deb --field`. */
    control: string;
    /** Relative to the repository's root. */
    path: string;
    bytes: number;
    sha256: string;
}

/**
 * Fields of a control paragraph that the index leaves out: apt on an emulated processor reads every byte, and bases no
 * decision on these. Fields that it compares with an installed package (Depends and the like, Installed-Size) are kept
 * verbatim.
 */
const LEFT_OUT = new Set([
    "Maintainer",
    "Original-Maintainer",
    "Homepage",
    "Tag",
    "Suggests",
    "Enhances",
    "Built-Using",
    "Static-Built-Using",
    "X-Cargo-Built-Using",
]);

/** A paragraph's fields, including their continuation lines. */
export function fieldsOf(paragraph: string): Map<string, string> {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of paragraph.trimEnd().split("\n")) {
        const [, name, value] = /^([^\s:]+):\s*(.*)$/.exec(line) ?? [];
        if (name) fields.set((last = name), value!);
        else fields.set(last, `${fields.get(last)}\n${line}`);
    }
    return fields;
}

/** "openssh-client_10.0p1-7_i386.deb": as in Debian's pool, without the epoch. */
export function fileNameOf(control: string): string {
    const fields = fieldsOf(control);
    return `${fields.get("Package")}_${fields.get("Version")!.replace(/^\d+:/, "")}_${fields.get("Architecture")}.deb`;
}

export function packagesFile(debs: readonly PackedDeb[]): string {
    return debs
        .map(({ control, path, bytes, sha256 }) => {
            const kept = [...fieldsOf(control)]
                .filter(([name]) => !LEFT_OUT.has(name))
                .map(([name, value]) => `${name}: ${name === "Description" ? value.split("\n")[0]! : value}`);
            return `${[...kept, `Filename: ${path}`, `Size: ${bytes}`, `SHA256: ${sha256}`].join("\n")}\n`;
        })
        .join("\n");
}

export interface Suite {
    /** Folder below `dists`. */
    codename: string;
    /** The other name by which a source line may refer to it. */
    suite: string;
    architecture: string;
    packages: string;
}

/** `date`: apt refuses a Release dated in the future of the machine that it runs on. */
export function releaseFile({ codename, suite, architecture, packages }: Suite, date: Date): string {
    return `${[
        "Origin: Drydock",
        "Label: debian.lab, a mirror inside the page",
        `Suite: ${suite}`,
        `Codename: ${codename}`,
        `Date: ${date.toUTCString()}`,
        "Acquire-By-Hash: yes",
        "No-Support-for-Architecture-all: Packages",
        `Architectures: ${architecture}`,
        "Components: main",
        "SHA256:",
        ` ${sha256(packages)} ${Buffer.byteLength(packages)} main/binary-${architecture}/Packages`,
    ].join("\n")}\n`;
}
