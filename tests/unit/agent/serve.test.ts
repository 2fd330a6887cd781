import { describe, expect, test } from "vitest";
import { answer, type Handler } from "../../../src/agent/serve";
import { encodeFrame, FRAME } from "../../../src/agent/frames";
import { decodeText, encodeText } from "../../../src/base/bytes";
import { dataFrame, FLAGS, frame, line, openSession, settle, TYPES } from "./hand-made";

const ID = 2;
const get = {
    op: "fetch",
    method: "GET",
    url: "http://python.lab/simple/?a=b",
    headers: [["X-One", "1"]],
    body: false,
};

function serve(handler: Handler | undefined) {
    const peer = openSession();
    let answered: Promise<void> | undefined;
    peer.session.onStream = stream => void (answered = answer(stream, handler));
    return {
        ...peer,
        ask: async (header: unknown) => {
            peer.say(frame(TYPES.window, FLAGS.syn, ID, 0));
            peer.say(dataFrame(ID, line(header)));
            await settle();
        },
        answered: () => answered,
        ended: () => peer.headers().some(header => header.id === ID && header.flags & FLAGS.fin),
        reset: () => peer.headers().some(header => header.id === ID && header.flags & FLAGS.rst),
    };
}

describe("a request of the guest", () => {
    test("reaches the handler, and its answer the guest", async () => {
        const { ask, answered, text, ended } = serve(
            async request =>
                new Response(`${request.method} ${request.url} ${request.headers.get("x-one")}`, {
                    status: 203,
                    headers: { "X-Two": "2" },
                }),
        );
        await ask(get);
        await answered();
        const [reply, ...rest] = text(ID).split("\n");
        expect(JSON.parse(reply!)).toEqual({
            ok: true,
            status: 203,
            headers: [
                ["content-type", "text/plain;charset=UTF-8"],
                ["x-two", "2"],
            ],
        });
        const body = encodeText("GET http://python.lab/simple/?a=b 1");
        expect(rest.join("\n")).toBe(decodeText(encodeFrame(FRAME.data, body)) + decodeText(encodeFrame(FRAME.end)));
        expect(ended()).toBe(true);
    });

    test("takes the words of a status line along", async () => {
        const { ask, answered, text } = serve(
            () => new Response(null, { status: 403, statusText: "not in this sandbox" }),
        );
        await ask(get);
        await answered();
        expect(JSON.parse(text(ID).split("\n")[0]!)).toEqual({
            ok: true,
            status: 403,
            reason: "not in this sandbox",
            headers: [],
        });
    });

    test("brings its body in pieces", async () => {
        const { ask, say, answered, text } = serve(async request => new Response(await request.text()));
        await ask({ ...get, method: "PUT", body: true });
        for (const part of ["one", "two"]) say(dataFrame(ID, encodeFrame(FRAME.data, encodeText(part))));
        say(dataFrame(ID, encodeFrame(FRAME.end)));
        await settle();
        await answered();
        expect(text(ID)).toContain("onetwo");
    });

    test("keeps the headers that a browser's Request drops", async () => {
        const kept = [
            ["content-length", "6"],
            ["cookie", "a=b"],
            ["host", "x.lab"],
            ["origin", "null"],
        ];
        const { ask, say, answered, text } = serve(
            async request =>
                new Response(JSON.stringify([...request.headers, await new Response(request.body).text()])),
        );
        await ask({ ...get, method: "PUT", headers: kept, body: true });
        say(dataFrame(ID, encodeFrame(FRAME.data, encodeText("onetwo"))));
        say(dataFrame(ID, encodeFrame(FRAME.end)));
        await settle();
        await answered();
        expect(text(ID)).toContain(JSON.stringify([...kept, "onetwo"]));
    });

    test.each<[string, Handler | undefined, unknown, string]>([
        ["without a handler", undefined, get, "internet.closed"],
        ["that the handler fails", () => Promise.reject(new Error("no such wheel")), get, "internet.failed"],
        [
            "of a method that no Request carries",
            () => new Response(),
            { ...get, method: "TRACE" },
            "internet.bad-request",
        ],
        ["with an impossible address", () => new Response(), { ...get, url: "http://[/" }, "internet.bad-request"],
        ["of another kind", () => new Response(), { op: "format" }, "internet.failed"],
    ])("%s is answered by an error", async (_, handler, header, code) => {
        const { ask, answered, text, ended } = serve(handler);
        await ask(header);
        await answered();
        expect(JSON.parse(text(ID))).toMatchObject({ error: { code } });
        expect(ended()).toBe(true);
    });

    test("that the guest gives up ends the handler's work, before the answer and during it", async () => {
        let signal: AbortSignal | undefined;
        const waiting = serve(request => {
            signal = request.signal;
            return new Promise<Response>(() => undefined);
        });
        await waiting.ask(get);
        waiting.say(frame(TYPES.window, FLAGS.fin, ID, 0));
        await settle();
        expect(signal!.aborted).toBe(true);
        expect(waiting.reset()).toBe(true);

        let cancelled = false;
        const endless = serve(
            () =>
                new Response(
                    new ReadableStream({
                        pull: controller => controller.enqueue(new Uint8Array(1000)),
                        cancel: () => void (cancelled = true),
                    }),
                ),
        );
        await endless.ask(get);
        endless.say(frame(TYPES.window, FLAGS.rst, ID, 0));
        await endless.answered();
        expect(cancelled).toBe(true);
    });

    test("whose answer breaks off is reset, so that the guest does not take half for all", async () => {
        const { ask, answered, reset, ended } = serve(
            () =>
                new Response(
                    new ReadableStream({ pull: controller => controller.error(new Error("the bundle is damaged")) }),
                ),
        );
        await ask(get);
        await answered();
        expect([reset(), ended()]).toEqual([true, false]);
    });
});
