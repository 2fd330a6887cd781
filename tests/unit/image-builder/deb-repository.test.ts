import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readArchive, withoutByteCompiling, writeArchive } from "../../../src/image-builder/formats/deb-file";
import {
    fieldsOf,
    fileNameOf,
    packagesFile,
    releaseFile,
    sha256,
} from "../../../src/image-builder/formats/deb-repository";

const control =
    "Package: nano\nVersion: 2:8.4-1\nArchitecture: i386\nMaintainer: Somebody <s@example.com>\nInstalled-Size: 7\nDepends: libc6 (>= 2.41),\n libtinfo6\nHomepage: https://nano-editor.org\nDescription: small editor\n It edits.\n .\n And more.\n";

describe("the list of packages", () => {
    test("has what apt decides by, word for word, and a description in one line", () => {
        const list = packagesFile([{ control, path: "pool/nano_8.4-1_i386.deb", bytes: 12, sha256: "ab" }]);
        expect(list).toBe(
            "Package: nano\nVersion: 2:8.4-1\nArchitecture: i386\nInstalled-Size: 7\nDepends: libc6 (>= 2.41),\n libtinfo6\nDescription: small editor\nFilename: pool/nano_8.4-1_i386.deb\nSize: 12\nSHA256: ab\n",
        );
    });

    test("a paragraph's fields; the file's name without the epoch", () => {
        expect(fieldsOf(control).get("Description")).toBe("small editor\n It edits.\n .\n And more.");
        expect(fileNameOf(control)).toBe("nano_8.4-1_i386.deb");
    });

    test("a release says length and hash of its list", () => {
        const release = releaseFile(
            { codename: "trixie", suite: "stable", architecture: "i386", packages: "é\n" },
            new Date(0),
        );
        expect(release).toContain(` ${sha256("é\n")} 3 main/binary-i386/Packages\n`);
        expect(release).toContain("Date: Thu, 01 Jan 1970 00:00:00 GMT\n");
    });
});

describe("a .deb file", () => {
    const members = [
        { name: "debian-binary", content: Buffer.from("2.0\n") },
        { name: "control.tar.zst", content: Buffer.from("odd") },
        { name: "data.tar.zst", content: Buffer.alloc(0) },
    ];

    test("is read as it was written", () => {
        expect(readArchive(writeArchive(members), "x.deb")).toEqual(members);
    });

    test.each([
        ["no archive", Buffer.from("<html>")],
        ["cut short", writeArchive(members.slice(0, 2)).subarray(0, 100)],
        ["cut in a header", writeArchive(members).subarray(0, 80)],
        [
            "with a size that is no number",
            Buffer.from(writeArchive(members).toString("latin1").replace("4         `", "x         `"), "latin1"),
        ],
    ])("%s is refused by name", (_what, bytes) => {
        expect(() => readArchive(bytes, "x.deb")).toThrow(
            expect.objectContaining({ code: "image.deb-damaged", message: expect.stringContaining("x.deb") }),
        );
    });

    test("Python's packages do not compile the library when they are set up; all else stays", () => {
        const folder = mkdtempSync(join(tmpdir(), "drydock-deb-test-"));
        try {
            const script = `#!/bin/sh
set -e
files=a.py
/usr/bin/python3.13 -E -S /usr/lib/python3.13/py_compile.py $files
/usr/bin/python3.13 -c 'print(1)' || true
echo done
`;
            writeFileSync(join(folder, "postinst"), script);
            const tar = execFileSync("tar", ["-C", folder, "-c", "postinst"]);
            const changed = withoutByteCompiling(tar);
            const postinst = execFileSync("tar", ["-x", "-O", "postinst"], { input: changed, encoding: "utf8" });
            const lines = script.split("\n");
            expect(postinst.split("\n").filter((line, index) => line !== lines[index])).toEqual([
                expect.stringMatching(/^: +\/usr\/lib\/python3\.13\/py_compile\.py \$files$/),
            ]);
            expect(withoutByteCompiling(changed)).toEqual(changed);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
