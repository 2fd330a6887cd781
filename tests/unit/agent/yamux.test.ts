import { afterEach, describe, expect, test, vi } from "vitest";
import type { Bytes } from "../../../src/base/bytes";
import { dataFrame, frame, openSession, settle } from "./hand-made";

const data = (id: number, size: number) => dataFrame(id, new Uint8Array(size));

describe("a yamux session", () => {
    test("opens with SYN on the first frame and ends with FIN", async () => {
        const { session, headers } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1, 2, 3));
        await stream.write(Uint8Array.of(4));
        stream.end();
        await settle();
        expect(headers()).toEqual([
            { type: 0, flags: 1, id: 1, length: 3 },
            { type: 0, flags: 0, id: 1, length: 1 },
            { type: 1, flags: 4, id: 1, length: 0 },
        ]);
    });

    test("gives credit back only as the consumer reads", async () => {
        const { session, headers, say } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        for (let i = 0; i < 8; i++) say(data(1, 32 << 10));
        await settle();
        expect(headers().filter(header => header.type === 1)).toEqual([]);
        for (let i = 0; i < 4; i++) await stream.read();
        await settle();
        expect(headers().filter(header => header.type === 1)).toEqual([
            { type: 1, flags: 0, id: 1, length: 128 << 10 },
        ]);
    });

    test("a smaller window admits less", async () => {
        const { session, headers, say } = openSession();
        const stream = session.open(64 << 10);
        await stream.write(Uint8Array.of(1));
        for (let i = 0; i < 8; i++) say(data(1, 32 << 10));
        for (let i = 0; i < 8; i++) await stream.read();
        await settle();
        const given = headers()
            .filter(header => header.type === 1)
            .reduce((sum, header) => sum + header.length, 0);
        expect(given).toBe(64 << 10);
    });

    test("a peer that sends more than it may ends the session", async () => {
        const { session, say } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        const reading = async () => {
            for (;;) await stream.read();
        };
        for (let i = 0; i < 9; i++) say(data(1, 32 << 10));
        await settle();
        await expect(reading()).rejects.toMatchObject({ code: "agent.gone" });
        expect(session.ended).toBe(true);
    });

    test("a writer waits for the peer's window, and continues with it", async () => {
        const { session, headers, say } = openSession();
        const stream = session.open();
        const order: string[] = [];
        const writing = stream.write(new Uint8Array((256 << 10) + 5)).then(() => order.push("written"));
        // once it has answered a later ping, it has done everything that it can do without a window
        const sent = () => headers().reduce((sum, { type, length }) => sum + (type === 0 ? length : 0), 0);
        await vi.waitFor(() => expect(sent()).toBe(256 << 10));
        say(frame(2, 1, 0, 77));
        await vi.waitFor(() => expect(headers().at(-1)).toMatchObject({ type: 2, length: 77 }));
        order.push("window opened");
        say(frame(1, 2, 1, 5));
        await writing;
        expect(order).toEqual(["window opened", "written"]);
        expect(sent()).toBe((256 << 10) + 5);
    });

    test("answers pings, refuses streams that nobody takes, and ignores data for streams given up", async () => {
        const { session, headers, say } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        stream.reset();
        say(data(1, 10));
        say(frame(2, 1, 0, 77));
        say(frame(1, 1, 2, 0));
        await settle();
        expect(headers().slice(1)).toEqual([
            { type: 1, flags: 8, id: 1, length: 0 },
            { type: 2, flags: 2, id: 0, length: 77 },
            { type: 1, flags: 8, id: 2, length: 0 },
        ]);
        expect(session.ended).toBe(false);
    });

    test("frames split anywhere are put together", async () => {
        const { session, say } = openSession();
        const stream = session.open();
        await stream.write(Uint8Array.of(1));
        const bytes = [...frame(0, 0, 1, 3, Uint8Array.of(7, 8, 9)), ...frame(0, 4, 1, 1, Uint8Array.of(10))];
        for (const byte of bytes) say(Uint8Array.of(byte));
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
        const { session, say } = openSession();
        const stream = session.open();
        const reading = stream.read();
        say(bytes);
        await expect(reading).rejects.toMatchObject({ code: "agent.gone" });
        expect(() => session.open()).toThrow();
    });

    test("the port's error reaches every waiting caller", async () => {
        const { session, fail } = openSession();
        const reading = [session.open().read(), session.open().read()];
        fail(new Error("the machine died"));
        for (const read of reading)
            await expect(read).rejects.toMatchObject({
                code: "agent.gone",
                message: expect.stringContaining("the machine died"),
            });
    });

    test("random frames end in an error or without effect, never in a hang", async () => {
        let seed = 1;
        const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
        for (let round = 0; round < 300; round++) {
            const { session, say, fail } = openSession();
            const streams = [session.open(), session.open()];
            const endings = Promise.allSettled(
                streams.map(async stream => {
                    await stream.write(Uint8Array.of(1));
                    while (await stream.read());
                }),
            );
            session.onStream = stream => stream.end();
            for (let i = 0; i < 20; i++) {
                const body: Bytes = new Uint8Array(random(4) ? 0 : random(50));
                say(frame(random(5), random(16), random(6), random(3) ? body.byteLength : random(100), body));
            }
            await settle();
            fail(new Error("over"));
            await endings;
        }
    });

    describe("in silence", () => {
        afterEach(() => void vi.useRealTimers());

        test("pings while streams are open, and finally gives up", async () => {
            vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
            const { session, headers, say } = openSession();
            await vi.advanceTimersByTimeAsync(600_000);
            expect(session.ended).toBe(false); // nobody is waiting for anything
            const reading = session.open().read();
            reading.catch(() => undefined);
            await vi.advanceTimersByTimeAsync(20_000);
            expect(headers().filter(header => header.type === 2)).toHaveLength(1);
            say(frame(2, 2, 0, 1));
            await settle();
            await vi.advanceTimersByTimeAsync(80_000);
            expect(session.ended).toBe(false);
            await vi.advanceTimersByTimeAsync(20_000);
            await expect(reading).rejects.toMatchObject({ code: "agent.silent" });
        });
    });
});
