/** Keeps values up to a total number of bytes; the least recently used are dropped first. */
export class LeastRecentlyUsed<Key> {
    // a Map keeps its insertion order, so the first entry is the one unused for longest
    #entries = new Map<Key, Uint8Array>();
    #bytes = 0;

    constructor(readonly limit: number) {}

    get bytes(): number {
        return this.#bytes;
    }

    get(key: Key): Uint8Array | undefined {
        const value = this.#entries.get(key);
        if (value) {
            this.#entries.delete(key);
            this.#entries.set(key, value);
        }
        return value;
    }

    has(key: Key): boolean {
        return this.#entries.has(key);
    }

    set(key: Key, value: Uint8Array): void {
        this.#bytes += value.byteLength - (this.#entries.get(key)?.byteLength ?? 0);
        this.#entries.delete(key);
        this.#entries.set(key, value);
        for (const [oldest, { byteLength }] of this.#entries) {
            if (this.#bytes <= this.limit) break;
            this.#entries.delete(oldest);
            this.#bytes -= byteLength;
        }
    }
}
