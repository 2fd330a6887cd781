import { expect, test } from "vitest";
import { decodeFrame, openLarge } from "../../../src/vm/image/zstd";
import { randomNumbers } from "./fake-image";
import { zstdCompressSync } from "./zstd-frame";

test("a large frame comes out whole, once; small ones can be decoded before and after", async () => {
    const random = randomNumbers(9);
    const content = Uint8Array.from({ length: 3_000_000 }, () => random() * 256);
    const small = content.slice(0, 8192);
    const decodesSmall = async () =>
        expect(
            Buffer.from(await decodeFrame(zstdCompressSync(small), small.byteLength)).equals(Buffer.from(small)),
        ).toBe(true);

    await decodesSmall();
    const frame = await openLarge(zstdCompressSync(content));
    const whole = Buffer.concat([...frame.pieces].map(piece => Buffer.from(piece)));
    frame.free();
    expect(whole.equals(Buffer.from(content))).toBe(true);
    await decodesSmall();
    await expect(openLarge(zstdCompressSync(content))).rejects.toThrow("once");
});
