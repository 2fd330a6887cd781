import { describe, expect, test } from "vitest";
import { Overlay, SECTOR_BYTES } from "../../../src/vm/disk/overlay";
import { randomNumbers } from "./fake-image";

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe("overlay", () => {
    test("says what it covers, to the byte", () => {
        const overlay = new Overlay();
        expect(overlay.isClean(0, 1e9)).toBe(true);
        overlay.write(1024, filled(512, 7));
        expect(overlay.covers(1024, 512)).toBe(true);
        expect(overlay.covers(1030, 100)).toBe(true);
        expect(overlay.covers(1023, 2)).toBe(false);
        expect(overlay.covers(1535, 2)).toBe(false);
        expect(overlay.writtenBytes).toBe(512);
    });

    test("counts a sector once however often it is written", () => {
        const overlay = new Overlay();
        for (let round = 0; round < 3; round++) overlay.write(0, filled(2048, round));
        expect(overlay.writtenBytes).toBe(2048);
    });

    test("keeps a copy of what it is given", () => {
        const overlay = new Overlay();
        const bytes = filled(512, 1);
        overlay.write(0, bytes);
        bytes.fill(9);
        const target = new Uint8Array(512);
        overlay.apply(0, target);
        expect(target).toEqual(filled(512, 1));
    });

    test("holds 100 MB written in a row, across its slabs", () => {
        const overlay = new Overlay();
        const piece = filled(128 * 1024, 5);
        const total = 100 << 20;
        for (let at = 0; at < total; at += piece.byteLength) overlay.write(at + 512, piece);
        expect(overlay.writtenBytes).toBe(total);
        expect(overlay.covers(512, total)).toBe(true);
        expect(overlay.runs().reduce((sum, run) => sum + run.bytes.byteLength, 0)).toBe(total);
    });

    test("returns its runs as they were written, in order", () => {
        const random = randomNumbers(4);
        const size = 1 << 20;
        const plain = new Uint8Array(size);
        const overlay = new Overlay();
        for (let round = 0; round < 200; round++) {
            const start = Math.floor((random() * (size - 65536)) / SECTOR_BYTES) * SECTOR_BYTES;
            const bytes = filled((1 + Math.floor(random() * 100)) * SECTOR_BYTES, 1 + (round % 255));
            overlay.write(start, bytes);
            plain.set(bytes, start);
        }
        const rebuilt = new Uint8Array(size);
        let last = -1;
        for (const { offset, bytes } of overlay.runs()) {
            expect(offset).toBeGreaterThan(last);
            last = offset;
            rebuilt.set(bytes, offset);
        }
        expect(Buffer.from(rebuilt).equals(Buffer.from(plain))).toBe(true);
    });
});
