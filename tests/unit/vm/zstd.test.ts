import { expect, test } from "vitest";
import { decodeFrame, decodeLarge } from "../../../src/vm/zstd";
import { randomNumbers } from "./fake-image";
import { zstdCompressSync } from "./zstd-frame";

test("a large frame comes out whole, once; small ones can be decoded before and after", async () => {
    const random = randomNumbers(9);
    const content = Uint8Array.from({ length: 3_000_000 }, () => random() * 256);
    const small = content.slice(0, 8192);
    const decodesSmall = async () => expect(Buffer.from(await decodeFrame(zstdCompressSync(small), small.byteLength)).equals(Buffer.from(small))).toBe(true);

    await decodesSmall();
    expect(Buffer.from(await decodeLarge(zstdCompressSync(content), content.byteLength)).equals(Buffer.from(content))).toBe(true);
    await decodesSmall();
    await expect(decodeLarge(zstdCompressSync(content), content.byteLength)).rejects.toThrow("once");
});
