/**
 * Makes ICU's data smaller. Debian's libicudata.so holds what 800 languages and regions need, 32 MB, in every image
 * that has Node.js or PostgreSQL; most of it is names and formats in other languages. The library is just one table of
 * files ("common data", ICU's udata.h and ucmndata.h), and a table with fewer files works too: if a language's file is
 * missing, ICU uses the root's.
 */
import { DrydockError } from "../../base/errors";

const KEPT_LANGUAGES = new Set(["root", "en", "de"]);
/** A file of one language ("lang/pt_BR.res"). The lists of languages (res_index) stay: what they say does no harm. */
const LANGUAGE_FILE = /^(?:\w+\/)?(?!res_index)([a-z]{2,3}|root)(?:_\w+)*\.res$/;
/** Words of languages that are written without spaces, for finding word boundaries. */
const DICTIONARY = /^brkitr\/\w+\.dict$/;

/** `name` without the package's prefix, such as "lang/fr.res". */
export function isKept(name: string): boolean {
    const language = LANGUAGE_FILE.exec(name)?.[1];
    return (language === undefined || KEPT_LANGUAGES.has(language)) && !DICTIONARY.test(name);
}

/** Offset in the header at which the data's format is named. */
const FORMAT_AT = 12;
const MAGIC = 0x27da;
/** Files begin at multiples of 16 bytes. */
const ALIGNMENT = 16;

/** "icudt76l/lang/fr.res" → "lang/fr.res" */
const withoutPackage = (name: string): string => name.slice(name.indexOf("/") + 1);

const aligned = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/**
 * The table in a libicudata.so (or a .dat file), reduced to the files that `keep` accepts. Little-endian. First comes a
 * header whose first 16 bits are its length; then the number of files and, for each, the offsets of its name and of its
 * bytes, both counted from here; then the names, sorted, each ended by a zero; then the bytes. Throws "image.icu".
 */
export function trimmedIcu(library: Buffer, keep: (name: string) => boolean = isKept): Buffer {
    const start = library.indexOf("CmnD") - FORMAT_AT;
    if (start < 0 || library.readUInt16LE(start + 2) !== MAGIC) throw unreadable();
    const table = start + library.readUInt16LE(start);
    const count = library.readUInt32LE(table);
    const entries = Array.from({ length: count }, (_, index) => {
        const at = table + 4 + index * 8;
        const nameAt = table + library.readUInt32LE(at);
        const name = library.toString("latin1", nameAt, library.indexOf(0, nameAt));
        return { name, from: table + library.readUInt32LE(at + 4) };
    });
    const last = entries.at(-1);
    // a file ends where the next one begins; nothing says where the last one ends, so it must be one that is left out
    if (!last?.name.includes("/") || keep(withoutPackage(last.name))) throw unreadable();
    const kept = entries
        .slice(0, -1)
        .map(({ name, from }, index) => ({ name, bytes: library.subarray(from, entries[index + 1]!.from) }))
        .filter(({ name }) => keep(withoutPackage(name)));

    const header = library.subarray(start, table);
    const names = Buffer.from(kept.map(({ name }) => `${name}\0`).join(""), "latin1");
    const contents = 4 + kept.length * 8;
    // counted from the table; the header's length is a multiple of 16
    let bytesAt = aligned(contents + names.length);
    let nameAt = contents;
    const total = kept.reduce((sum, { bytes }) => aligned(sum) + bytes.length, bytesAt);
    const body = Buffer.alloc(total);
    body.writeUInt32LE(kept.length, 0);
    names.copy(body, contents);
    for (const [index, { name, bytes }] of kept.entries()) {
        bytesAt = aligned(bytesAt);
        body.writeUInt32LE(nameAt, 4 + index * 8);
        body.writeUInt32LE(bytesAt, 8 + index * 8);
        bytes.copy(body, bytesAt);
        nameAt += name.length + 1;
        bytesAt += bytes.length;
    }
    return Buffer.concat([header, body]);
}

function unreadable(): DrydockError {
    return new DrydockError(
        "image.icu",
        "Debian's libicudata.so does not have the expected table of files.",
        "Compare it with what src/image-builder/formats/icu.ts reads: a new ICU may have changed the table.",
    );
}

/** The library's assembler source: the table, under the name that ICU looks for. */
export const icuSource = (file: string, major: string): string => `
    .section .rodata
    .balign 16
    .globl icudt${major}_dat
    .type icudt${major}_dat, @object
icudt${major}_dat:
    .incbin "${file}"
    .size icudt${major}_dat, . - icudt${major}_dat
    .section .note.GNU-stack,"",@progbits
`;
