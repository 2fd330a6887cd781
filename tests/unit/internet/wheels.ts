/** Tiny wheels, written here byte by byte, in a bundle like those from the image build. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Bundle } from "../../../src/internet/internet";
import { bundleOfFiles } from "./bundle-of-files";

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** A zip archive of uncompressed files. */
function zip(files: Record<string, string>): Buffer {
    const locals: Buffer[] = [];
    const central: Buffer[] = [];
    let offset = 0;
    for (const [name, text] of Object.entries(files)) {
        const content = Buffer.from(text);
        const common = Buffer.alloc(26);
        common.writeUInt16LE(20, 0);
        common.writeUInt16LE(0x21, 8); // the date 1 January 1980: 0 is not a date
        common.writeUInt32LE(checksum(content), 10);
        common.writeUInt32LE(content.length, 14);
        common.writeUInt32LE(content.length, 18);
        common.writeUInt16LE(Buffer.byteLength(name), 22);
        const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, Buffer.from(name), content]);
        const rest = Buffer.alloc(14);
        rest.writeUInt32LE(offset, 10);
        central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, rest, Buffer.from(name)]));
        locals.push(local);
        offset += local.length;
    }
    const directory = Buffer.concat(central);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(central.length, 4);
    end.writeUInt16LE(central.length, 6);
    end.writeUInt32LE(directory.length, 8);
    end.writeUInt32LE(offset, 12);
    return Buffer.concat([...locals, directory, Buffer.from("PK\x05\x06", "latin1"), end]);
}

/** node:zlib has crc32 from 20.15 on. */
const checksum = (bytes: Buffer): number => crc32(bytes);

export interface Wheel {
    filename: string;
    bytes: Buffer;
    metadata: string;
}

export function wheel(
    name: string,
    version: string,
    options: {
        requires?: string[];
        requiresPython?: string;
        build?: string;
        /** More files by path. */ files?: Record<string, string>;
        description?: string;
    } = {},
): Wheel {
    const metadata = [
        "Metadata-Version: 2.1",
        `Name: ${name}`,
        `Version: ${version}`,
        ...(options.requiresPython ? [`Requires-Python: ${options.requiresPython}`] : []),
        ...(options.requires ?? []).map(line => `Requires-Dist: ${line}`),
        ...(options.description ? ["", options.description] : [""]),
    ].join("\n");
    const info = `${name}-${version}.dist-info`;
    const files: Record<string, string> = {
        [`${name}.py`]: `version = "${version}"\n`,
        ...options.files,
        [`${info}/METADATA`]: metadata,
        [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    };
    const record = Object.entries(files).map(
        ([path, text]) =>
            `${path},sha256=${createHash("sha256").update(text).digest("base64url")},${Buffer.byteLength(text)}`,
    );
    files[`${info}/RECORD`] = [...record, `${info}/RECORD,,`, ""].join("\n");
    return {
        filename: `${[name, version, ...(options.build ? [options.build] : [])].join("-")}-py3-none-any.whl`,
        bytes: zip(files),
        metadata,
    };
}

/** A bundle with these wheels by package; `change` may damage what it returns. */
export function bundleOf(
    packages: Record<string, Wheel[]>,
    change?: (path: string, bytes: Uint8Array) => Uint8Array | undefined,
): Bundle & { opened: string[] } {
    const files = new Map<string, Buffer>();
    const index: Record<string, unknown[]> = {};
    for (const [name, wheels] of Object.entries(packages)) {
        index[name] = wheels.map(({ filename, bytes, metadata }) => {
            files.set(`internet/python/${filename}`, bytes);
            files.set(`internet/python/${filename}.metadata`, Buffer.from(metadata));
            const requiresPython = /^Requires-Python: (.+)$/m.exec(metadata)?.[1];
            return {
                filename,
                sha256: sha256(bytes),
                bytes: bytes.length,
                requiresPython,
                metadataSha256: sha256(metadata),
            };
        });
    }
    files.set("internet/python/index.json", Buffer.from(JSON.stringify({ packages: index })));
    return bundleOfFiles(files, change);
}
