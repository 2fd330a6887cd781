import { describe, expect, test } from "vitest";
import { DrydockError } from "../../../src/base/errors";
import { isKept, trimmedIcu } from "../../../src/image-builder/formats/icu";

/**
 * A library with a table of these files, in the form that ICU's own tools give it: with other bytes before and after.
 */
function library(files: Record<string, string>): Buffer {
    const header = Buffer.alloc(32);
    header.writeUInt16LE(header.length, 0);
    header.writeUInt16LE(0x27da, 2);
    header.write("CmnD", 12);
    const names = Object.keys(files).sort();
    const contents = 4 + names.length * 8;
    const nameBytes = names.map(name => `icudt76l/${name}\0`);
    let nameAt = contents;
    let at = Math.ceil((contents + nameBytes.join("").length) / 16) * 16;
    const body = Buffer.alloc(4096);
    body.writeUInt32LE(names.length, 0);
    names.forEach((name, index) => {
        body.writeUInt32LE(nameAt, 4 + index * 8);
        body.writeUInt32LE(at, 8 + index * 8);
        body.write(nameBytes[index]!, nameAt, "latin1");
        body.write(files[name]!, at, "latin1");
        nameAt += nameBytes[index]!.length;
        at = Math.ceil((at + files[name]!.length) / 16) * 16;
    });
    return Buffer.concat([
        Buffer.from("ELF, then something else"),
        header,
        body.subarray(0, at),
        Buffer.from("symbols"),
    ]);
}

/** Reads a table back. */
function filesIn(table: Buffer): Record<string, string> {
    const start = table.readUInt16LE(0);
    const files: Record<string, string> = {};
    for (let index = 0; index < table.readUInt32LE(start); index++) {
        const nameAt = start + table.readUInt32LE(start + 4 + index * 8);
        const at = table.readUInt32LE(start + 8 + index * 8);
        expect(at % 16).toBe(0);
        const rest = table.subarray(start + at);
        const end = rest.indexOf(0);
        files[table.toString("latin1", nameAt, table.indexOf(0, nameAt))] = rest.toString(
            "latin1",
            0,
            end < 0 ? rest.length : end,
        );
    }
    return files;
}

describe("which of ICU's files stay", () => {
    test.each([
        "root.res",
        "en.res",
        "en_GB.res",
        "de_AT.res",
        "lang/de.res",
        "coll/root.res",
        "res_index.res",
        "curr/res_index.res",
        "pool.res",
        "supplementalData.res",
        "zoneinfo64.res",
        "nfkc.nrm",
        "cnvalias.icu",
        "euc-jp-2007.cnv",
        "brkitr/line.brk",
        "translit/root.res",
    ])("%s stays", name => expect(isKept(name)).toBe(true));
    test.each([
        "fr.res",
        "fil.res",
        "zh_Hant_TW.res",
        "lang/pt_PT.res",
        "zone/zu.res",
        "brkitr/cjdict.dict",
        "coll/zh.res",
    ])("%s goes", name => expect(isKept(name)).toBe(false));
});

describe("a table with fewer files", () => {
    test("has those that are kept, byte for byte and sorted", () => {
        const trimmed = trimmedIcu(
            library({
                "de.res": "Deutsch, 21 Zeichen.",
                "fr.res": "français",
                "lang/en.res": "E",
                "zu.res": "isiZulu",
            }),
        );
        expect(Object.entries(filesIn(trimmed))).toEqual([
            ["icudt76l/de.res", "Deutsch, 21 Zeichen."],
            ["icudt76l/lang/en.res", "E"],
        ]);
    });

    test("a library of another shape is an error that says where to look", () => {
        expect(() => trimmedIcu(Buffer.from("no table in here at all"))).toThrow(DrydockError);
        // nothing says where the last file ends
        expect(() => trimmedIcu(library({ "de.res": "a", "zoneinfo64.res": "b" }))).toThrow(/expected table/);
    });
});
