import { describe, expect, test } from "vitest";
import { YamuxSession } from "../../../src/agent/yamux";
import type { Bytes } from "../../../src/base/bytes";
import type { Duplex } from "../../../src/base/duplex";

/** A session whose peer is the test: it sees each frame sent and writes what it likes. */
function openSession() {
    const sent: Bytes[] = [];
    let peer!: ReadableStreamDefaultController<Bytes>;
    const port: Duplex = {
        readable: new ReadableStream<Bytes>({ start: controller => void (peer = controller) }),
        writable: new WritableStream<Bytes>({ write: bytes => void sent.push(bytes) }),
    };
    return { session: new YamuxSession(port), sent, peer: () => peer };
}

function frame(type: number, flags: number, id: number, length: number, body: Bytes = new Uint8Array(0)): Bytes {
    const bytes = new Uint8Array(12 + body.byteLength);
    const view = new DataView(bytes.buffer);
    view.setUint8(1, type);
    view.setUint16(2, flags);
    view.setUint32(4, id);
    view.setUint32(8, length);
    bytes.set(body, 12);
    return bytes;
}

const settle = () => new Promise(resolve => setImmediate(resolve));
const data = (id: number, size: number) => frame(0, 0, id, size, new Uint8Array(size));
const headers = (sent: Bytes[]) => sent.map(bytes => { const view = new DataView(bytes.buffer); return { type: view.getUint8(1), flags: view.getUint16(2), id: view.getUint32(4), length: view.getUint32(8) }; });

describe("a yamux session", () => {
    test("opens with SYN on the first frame and ends with FIN", async () => {
        const { session, sent } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1, 2, 3));
        await stream.write(Uint8Array.of(4));
        stream.end();
        await settle();
        expect(headers(sent)).toEqual([
            { type: 0, flags: 1, id: 1, length: 3 },
            { type: 0, flags: 0, id: 1, length: 1 },
            { type: 1, flags: 4, id: 1, length: 0 },
        ]);
    });

    test("gives credit back only as the consumer reads", async () => {
        const { session, sent, peer } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        for (let i = 0; i < 8; i++) peer().enqueue(data(1, 32 << 10));
        await settle();
        expect(headers(sent).filter(header => header.type === 1)).toEqual([]);
        for (let i = 0; i < 4; i++) await stream.read();
        await settle();
        expect(headers(sent).filter(header => header.type === 1)).toEqual([{ type: 1, flags: 0, id: 1, length: 128 << 10 }]);
    });

    test("a smaller window lets less come", async () => {
        const { session, sent, peer } = openSession();
        const stream = session.open(64 << 10);
        await stream.write(Uint8Array.of(1));
        for (let i = 0; i < 8; i++) peer().enqueue(data(1, 32 << 10));
        for (let i = 0; i < 8; i++) await stream.read();
        await settle();
        const given = headers(sent).filter(header => header.type === 1).reduce((sum, header) => sum + header.length, 0);
        expect(given).toBe(64 << 10);
    });

    test("a peer that sends more than it may ends the session", async () => {
        const { session, peer } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        const reading = (async () => { for (;;) await stream.read(); });
        for (let i = 0; i < 9; i++) peer().enqueue(data(1, 32 << 10));
        await settle();
        await expect(reading()).rejects.toMatchObject({ code: "agent.gone" });
        expect(session.ended).toBe(true);
    });

    test("a writer waits for the peer's window, and goes on with it", async () => {
        const { session, sent, peer } = openSession();
        const stream = session.open();
        let written = false;
        const writing = stream.write(new Uint8Array((256 << 10) + 5)).then(() => (written = true));
        await settle();
        await settle();
        await new Promise(resolve => setTimeout(resolve, 20));
        expect(written).toBe(false);
        peer().enqueue(frame(1, 2, 1, 5));
        await writing;
        expect(headers(sent).reduce((sum, header) => sum + header.length, 0)).toBe((256 << 10) + 5);
    });

    test("answers pings, refuses streams that nobody takes, and ignores data for streams given up", async () => {
        const { session, sent, peer } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        stream.reset();
        peer().enqueue(data(1, 10));
        peer().enqueue(frame(2, 1, 0, 77));
        peer().enqueue(frame(1, 1, 2, 0));
        await settle();
        expect(headers(sent).slice(1)).toEqual([
            { type: 1, flags: 8, id: 1, length: 0 },
            { type: 2, flags: 2, id: 0, length: 77 },
            { type: 1, flags: 8, id: 2, length: 0 },
        ]);
        expect(session.ended).toBe(false);
    });

    test("frames split anywhere are put together", async () => {
        const { session, peer } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        const bytes = [...frame(0, 0, 1, 3, Uint8Array.of(7, 8, 9)), ...frame(0, 4, 1, 1, Uint8Array.of(10))];
        for (const byte of bytes) peer().enqueue(Uint8Array.of(byte));
        const got: number[] = [];
        for (let part = await stream.read(); part; part = await stream.read()) got.push(...part);
        expect(got).toEqual([7, 8, 9, 10]);
    });

    test.each([
        ["another version", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
        ["an unknown type", frame(7, 0, 1, 0)],
        ["a stream of our own numbers", frame(1, 1, 3, 0)],
        ["going away", frame(3, 0, 0, 1)],
    ])("%s ends the session with a named error", async (_, bytes) => {
        const { session, peer } = openSession();
        const stream = session.open();
        const reading = stream.read();
        peer().enqueue(bytes);
        await expect(reading).rejects.toMatchObject({ code: "agent.gone" });
        expect(() => session.open()).toThrow();
    });

    test("the port's error reaches all that wait", async () => {
        const { session, peer } = openSession();
        const reading = [session.open().read(), session.open().read()];
        peer().error(new Error("the machine died"));
        for (const read of reading) await expect(read).rejects.toMatchObject({ code: "agent.gone", message: expect.stringContaining("the machine died") });
    });
});
