/**
 * What the guest has written, on top of a disk that does not change. Sectors are kept in slabs, so that a sequential
 * 100 MB write needs 1,600 slabs and a single block needs one.
 */
export const SECTOR_BYTES = 512;
const SLAB_SECTORS = 128;
const SLAB_BYTES = SLAB_SECTORS * SECTOR_BYTES;

interface Slab {
    bytes: Uint8Array;
    /** 1 for each sector that has been written. */
    written: Uint8Array;
}

export class Overlay {
    #slabs = new Map<number, Slab>();
    #sectors = 0;

    /** Bytes of the disk that differ from the image. */
    get writtenBytes(): number {
        return this.#sectors * SECTOR_BYTES;
    }

    /** `start` and the length of `bytes` must be multiples of the sector size. Keeps a copy. */
    write(start: number, bytes: Uint8Array): void {
        for (let done = 0; done < bytes.byteLength;) {
            const at = start + done;
            const index = Math.floor(at / SLAB_BYTES);
            const within = at - index * SLAB_BYTES;
            const count = Math.min(SLAB_BYTES - within, bytes.byteLength - done);
            const slab = this.#slab(index);
            slab.bytes.set(bytes.subarray(done, done + count), within);
            for (let sector = within / SECTOR_BYTES; sector < (within + count) / SECTOR_BYTES; sector++) {
                if (slab.written[sector]) continue;
                slab.written[sector] = 1;
                this.#sectors++;
            }
            done += count;
        }
    }

    /**
     * Copies what has been written over `target`, which holds the disk's bytes from `start` on. Any offset and length.
     */
    apply(start: number, target: Uint8Array): void {
        this.#eachSector(start, target.byteLength, (slab, within, at, count) =>
            target.set(slab.bytes.subarray(within, within + count), at),
        );
    }

    /** True if the whole range has been written, so that the disk below need not be read. */
    covers(start: number, length: number): boolean {
        let covered = 0;
        this.#eachSector(start, length, (_slab, _within, _at, count) => (covered += count));
        return covered === length;
    }

    /** True if nothing in the range has been written. */
    isClean(start: number, length: number): boolean {
        for (let index = Math.floor(start / SLAB_BYTES); index * SLAB_BYTES < start + length; index++)
            if (this.#slabs.has(index)) return false;
        return true;
    }

    /** Everything that has been written, as runs sorted by offset. */
    runs(): { offset: number; bytes: Uint8Array<ArrayBuffer> }[] {
        const runs: { offset: number; bytes: Uint8Array<ArrayBuffer> }[] = [];
        for (const [index, slab] of [...this.#slabs].sort(([one], [other]) => one - other)) {
            for (let sector = 0; sector < SLAB_SECTORS;) {
                const first = sector;
                while (sector < SLAB_SECTORS && slab.written[sector]) sector++;
                if (sector > first)
                    runs.push({
                        offset: index * SLAB_BYTES + first * SECTOR_BYTES,
                        bytes: slab.bytes.slice(first * SECTOR_BYTES, sector * SECTOR_BYTES) as Uint8Array<ArrayBuffer>,
                    });
                else sector++;
            }
        }
        return runs;
    }

    #slab(index: number): Slab {
        let slab = this.#slabs.get(index);
        if (!slab) {
            slab = { bytes: new Uint8Array(SLAB_BYTES), written: new Uint8Array(SLAB_SECTORS) };
            this.#slabs.set(index, slab);
        }
        return slab;
    }

    /**
     * Calls `visit` for each written sector, or part of a sector, in the range: offset in the slab, offset in the
     * range, bytes.
     */
    #eachSector(
        start: number,
        length: number,
        visit: (slab: Slab, within: number, at: number, count: number) => void,
    ): void {
        for (let done = 0; done < length;) {
            const at = start + done;
            const index = Math.floor(at / SLAB_BYTES);
            const slab = this.#slabs.get(index);
            const within = at - index * SLAB_BYTES;
            if (!slab) {
                done += SLAB_BYTES - within;
                continue;
            }
            const count = Math.min(SECTOR_BYTES - (within % SECTOR_BYTES), length - done);
            if (slab.written[Math.floor(within / SECTOR_BYTES)]) visit(slab, within, done, count);
            done += count;
        }
    }
}
