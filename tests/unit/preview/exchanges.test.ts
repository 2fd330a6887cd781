import { expect, test } from "vitest";
import { CookieJar } from "../../../src/preview/cookies";
import { Exchanges } from "../../../src/preview/exchanges";
import { PROTOCOL, type RequestMessage } from "../../../src/preview/protocol";

const request: RequestMessage = {
    kind: "request",
    protocol: PROTOCOL,
    port: 5000,
    method: "GET",
    path: "/",
    headers: [],
    referrer: "",
    navigation: false,
    hasBody: false,
};

const exchangesWith = (http: (port: number, request: Request) => Promise<Response>) =>
    new Exchanges({
        http,
        jar: new CookieJar(),
        origin: "http://preview.localhost:5174",
        session: "k3",
        page: "http://localhost:5173",
        userAgent: "Browser/1",
    });

/** A port that counts who listens on it. */
function counted(): { port: MessagePort; listeners: () => number; close(): void } {
    const { port1, port2 } = new MessageChannel();
    let count = 0;
    const add = port2.addEventListener.bind(port2);
    const remove = port2.removeEventListener.bind(port2);
    port2.addEventListener = (...given: Parameters<typeof add>) => (count++, add(...given));
    port2.removeEventListener = (...given: Parameters<typeof remove>) => (count--, remove(...given));
    return { port: port2, listeners: () => count, close: () => port1.close() };
}

test("a request that is over leaves nothing behind", async () => {
    const exchanges = exchangesWith(() => Promise.resolve(new Response(null, { status: 204 })));
    for (let index = 0; index < 3; index++) {
        const { port, listeners, close } = counted();
        const over = exchanges.answer(request, port);
        expect(exchanges.size).toBe(1);
        await over;
        expect([exchanges.size, listeners()]).toEqual([0, 0]);
        close();
    }
});

test("the end cancels what is under way", async () => {
    let given: AbortSignal | undefined;
    const exchanges = exchangesWith((_port, asked) => {
        given = asked.signal;
        return new Promise(() => undefined);
    });
    const { port, close } = counted();
    const over = exchanges.answer(request, port);
    await expect.poll(() => given !== undefined).toBe(true);
    exchanges.end();
    await over;
    expect([given?.aborted, exchanges.size]).toEqual([true, 0]);
    close();
});
