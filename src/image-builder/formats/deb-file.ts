/**
 * Debian's binary packages: an `ar` archive of "debian-binary", "control.tar.*" and "data.tar.*".
 *
 * Debian compresses them with xz, which takes an emulated processor many times longer to decompress than zstd; the
 * content stays as Debian made it, but for one line of Python's packages.
 */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { DrydockError } from "../../base/errors";
import { run } from "../workshop/program";

const MAGIC = Buffer.from("!<arch>\n");
const HEADER = 60;

export interface Member {
    name: string;
    content: Buffer;
}

/** Throws "image.deb-damaged" if the bytes are not an archive or end too early. */
export function readArchive(bytes: Buffer, name: string): Member[] {
    const damaged = () =>
        new DrydockError(
            "image.deb-damaged",
            `${name} is not a complete Debian package.`,
            "Build again, which downloads it again.",
        );
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged();
    const members: Member[] = [];
    for (let at = MAGIC.length; at < bytes.length;) {
        const header = bytes.toString("latin1", at, at + HEADER);
        const size = Number(header.slice(48, 58));
        const start = at + HEADER;
        if (header.length < HEADER || !header.endsWith("`\n") || !Number.isInteger(size) || start + size > bytes.length)
            throw damaged();
        members.push({
            name: header.slice(0, 16).trimEnd().replace(/\/$/, ""),
            content: bytes.subarray(start, start + size),
        });
        at = start + size + (size % 2); // members begin at even offsets
    }
    return members;
}

export function writeArchive(members: readonly Member[]): Buffer {
    const parts: Buffer[] = [MAGIC];
    for (const { name, content } of members) {
        // no times, no owners: the same content must give the same file
        parts.push(
            Buffer.from(
                `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(content.length).padEnd(10)}\`\n`,
                "latin1",
            ),
            content,
        );
        if (content.length % 2 === 1) parts.push(Buffer.from("\n"));
    }
    return Buffer.concat(parts);
}

interface Context {
    log: string;
    signal: AbortSignal;
}

/** Writes the package at `from` to `to`, with zstd inside. Resolves to its control paragraph. */
export async function repackWithZstd(from: string, to: string, context: Context): Promise<string> {
    const members = readArchive(await readFile(from), from);
    const packed = members.map(async ({ name, content }): Promise<Member> => {
        const tar = /^((?:control|data)\.tar)(?:\.\w+)?$/.exec(name)?.[1];
        if (!tar) return { name, content };
        const plain = name.endsWith(".xz")
            ? await filter("xz", ["-dc"], content, context.signal)
            : name === tar
              ? content
              : undefined;
        return plain
            ? {
                  name: `${tar}.zst`,
                  content: await filter(
                      "zstd",
                      ["-q", "-c", "--no-check", "-9"],
                      tar === "control.tar" ? withoutByteCompiling(plain) : plain,
                      context.signal,
                  ),
              }
            : { name, content };
    });
    await writeFile(to, writeArchive(await Promise.all(packed)));
    return run("dpkg-deb", ["--field", to], { log: "/dev/null", signal: context.signal });
}

/**
 * Python's packages compile the whole standard library when they are set up, which takes an emulated processor minutes. Python compiles
 * what it imports anyway. The line becomes one of the same length that does nothing, so that the archive around it stays valid.
 */
export const withoutByteCompiling = (controlTar: Buffer): Buffer =>
    Buffer.from(
        controlTar
            .toString("latin1")
            .replace(/\/usr\/bin\/python3\.\d+ -E -S (?=\/usr\/lib\/python3\.\d+\/py_compile\.py )/g, line =>
                ":".padEnd(line.length),
            ),
        "latin1",
    );

/** A program's output for this input; both are bytes. */
function filter(program: string, argv: readonly string[], input: Buffer, signal: AbortSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, argv, { stdio: ["pipe", "pipe", "inherit"], signal });
        const parts: Buffer[] = [];
        child.stdout.on("data", (part: Buffer) => parts.push(part));
        child.stdin.on("error", () => undefined); // if the program ends early, its status shows it
        child.stdin.end(input);
        child.on("error", cause =>
            reject(
                new DrydockError(
                    "image.program-missing",
                    `The program ${program} could not be run.`,
                    "Install what `npm run drydock -- image packages` lists, then run the build again.",
                    { cause },
                ),
            ),
        );
        child.on("close", code =>
            code === 0
                ? resolve(Buffer.concat(parts))
                : reject(
                      new DrydockError(
                          "image.program-failed",
                          `${program} ended with status ${code}.`,
                          "Build again. If that fails too, look at the package.",
                      ),
                  ),
        );
    });
}
