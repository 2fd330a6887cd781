import { describe, expect, test } from "vitest";
import { encodeText, readAll } from "../../../src/base/bytes";
import { DrydockError } from "../../../src/base/errors";
import { Store } from "../../../src/base/store";
import type { Internet } from "../../../src/internet/internet";
import type { Told } from "../../../src/internet/told";
import { isPublicName, type OutsideRequest, withOnline } from "../../../src/internet/online";
import { createPassage, type PassageLink } from "../../../src/internet/passage/passage";
import type { FromPassage, ToPassage } from "../../../src/internet/passage/protocol";

/** Has one page at python.lab and nothing else. */
const page: Internet = async (request, tell) => {
    const { hostname, pathname } = new URL(request.url);
    if (hostname !== "python.lab") {
        tell?.({ kind: "unknown-host" });
        return new Response("nobody\n", { status: 404 });
    }
    return pathname === "/here" ? new Response("here") : new Response("the lab has no such page\n", { status: 404 });
};

function outside(
    answer: (request: OutsideRequest) => Promise<Response> = async () =>
        new Response("from outside", { headers: { "Content-Length": "999", "X-Seen": "1" } }),
) {
    const asked: OutsideRequest[] = [];
    const on = new Store(true);
    const passage = async (request: OutsideRequest) => {
        asked.push(request);
        const response = await answer(request);
        return { url: request.url, status: response.status, headers: [...response.headers], body: response.body! };
    };
    return { asked, on, internet: withOnline(page, { on, passage }) };
}

describe("what leaves the page", () => {
    test("nothing while the switch is off", async () => {
        const { internet, asked, on } = outside();
        on.set(false);
        expect((await internet(new Request("http://packages.dev/"))).status).toBe(404);
        expect(asked).toEqual([]);
    });

    test("no request for a host that the page has", async () => {
        const { internet, asked } = outside();
        expect(await (await internet(new Request("http://python.lab/here"))).text()).toBe("here");
        expect(asked).toEqual([]);
    });

    test("a host that the page lacks: over https, without cookies, tokens and other headers", async () => {
        const { internet, asked } = outside();
        const headers = {
            Accept: "text/html",
            Authorization: "Bearer secret",
            "X-Api-Key": "secret",
            Range: "bytes=0-3",
            "User-Agent": "curl",
        };
        const heard: Told[] = [];
        const request = new Request("http://packages.dev/a?b=1", { headers });
        const response = await internet(request, told => heard.push(told));
        expect(await response.text()).toBe("from outside");
        expect(asked[0]).toMatchObject({
            url: "https://packages.dev/a?b=1",
            method: "GET",
            headers: [
                ["accept", "text/html"],
                ["range", "bytes=0-3"],
            ],
        });
        expect(heard).toEqual([
            { kind: "unknown-host" },
            { kind: "outside", address: "https://packages.dev/a?b=1", problem: undefined },
        ]);
        expect(response.headers.get("X-Seen")).toBe("1");
        expect(response.headers.get("Content-Length")).toBeNull(); // that of the transfer, not of the decompressed body
    });

    test("a body, up to a limit, for a host that the page lacks", async () => {
        const { internet, asked } = outside();
        await internet(new Request("http://packages.dev/form", { method: "POST", body: "name=x" }));
        expect(asked[0]?.body).toEqual(encodeText("name=x"));
        const long = new ReadableStream(
            { pull: controller => controller.enqueue(new Uint8Array(1 << 20)) },
            { highWaterMark: 0 },
        );
        const refused = await internet(
            new Request("http://packages.dev/form", { method: "POST", body: long, duplex: "half" } as RequestInit),
        );
        expect(refused.status).toBe(413);
        expect(asked).toHaveLength(1);
    });

    test("nothing that a lab lacks: the lab's own message stays", async () => {
        const { internet, asked } = outside();
        const response = await internet(new Request("http://python.lab/simple/rare/"));
        expect([response.status, await response.text()]).toEqual([404, "the lab has no such page\n"]);
        expect(asked).toEqual([]);
    });

    test.each([
        "http://db/",
        "http://192.168.1.1/",
        "http://[fe80::1]/",
        "http://printer.local/",
        "http://debian.lab/x",
        "http://localhost/",
        "http://router.home.arpa/",
        "http://wiki.corp/",
    ])("%s is not asked for: private networks stay private", async url => {
        const { internet, asked } = outside();
        expect((await internet(new Request(url))).status).toBe(404);
        expect(asked).toEqual([]);
    });

    test("names of the public internet", () => {
        expect(
            ["packages.dev", "a.b.org", "xn--bcher-kva.de", "x.xn--p1ai"].filter(name => !isPublicName(name)),
        ).toEqual([]);
    });
});

describe("when the browser shows no answer", () => {
    const closed = () => outside(async () => Promise.reject(new TypeError("Failed to fetch")));

    test("the answer for a host that the page lacks says so", async () => {
        const heard: Told[] = [];
        const response = await closed().internet(new Request("http://packages.dev/"), told => heard.push(told));
        expect(response.status).toBe(502);
        const reason = /packages\.dev did not let this page read its answer.*CORS/;
        expect(await response.text()).toMatch(reason);
        const problem = expect.stringMatching(reason) as string;
        expect(heard.at(-1)).toEqual({ kind: "outside", address: "https://packages.dev/", problem });
    });

    test("a request that the guest gives up has no answer at all", async () => {
        const { internet } = outside(async ({ signal }) => Promise.reject(signal.reason as Error));
        const gone = new AbortController();
        gone.abort();
        await expect(internet(new Request("http://packages.dev/", { signal: gone.signal }))).rejects.toThrow();
    });
});

/** The worker's end, driven by the test. */
function fakeThread() {
    const sent: ToPassage[] = [];
    let onMessage!: (message: FromPassage) => void;
    let onDeath!: (reason: unknown) => void;
    let ended = 0;
    const link: PassageLink = {
        post: message => void sent.push(message),
        listen: (message, death) => ([onMessage, onDeath] = [message, death]),
        terminate: () => void ended++,
    };
    return {
        link,
        sent,
        answer: (message: FromPassage) => onMessage(message),
        die: (reason: unknown) => onDeath(reason),
        get ended() {
            return ended;
        },
    };
}

describe("the passage", () => {
    const request = (signal = new AbortController().signal): OutsideRequest => ({
        url: "https://a.dev/",
        method: "GET",
        headers: [],
        body: undefined,
        signal,
    });

    test("asks for one chunk at a time", async () => {
        const thread = fakeThread();
        const passage = createPassage(new Store(true), () => thread.link);
        const asked = passage(request());
        thread.answer({ kind: "answer", id: 1, url: "https://a.dev/there", status: 200, headers: [["x", "y"]] });
        const { url, body } = await asked;
        expect(url).toBe("https://a.dev/there");
        const read = readAll(body);
        for (const text of ["ab", "cd"]) {
            await expect.poll(() => thread.sent.at(-1)?.kind).toBe("more");
            const wanted = thread.sent.filter(({ kind }) => kind === "more").length;
            thread.answer({ kind: "chunk", id: 1, chunk: encodeText(text) });
            await expect.poll(() => thread.sent.filter(({ kind }) => kind === "more").length).toBe(wanted + 1);
        }
        thread.answer({ kind: "end", id: 1 });
        expect(await read).toEqual(encodeText("abcd"));
    });

    test("a refusal, a cancel and the switch each end what is under way", async () => {
        const thread = fakeThread();
        const on = new Store(true);
        const passage = createPassage(on, () => thread.link);
        const refused = passage(request());
        thread.answer({ kind: "failed", id: 1, message: "Failed to fetch" });
        await expect(refused).rejects.toThrow("Failed to fetch");
        const gone = new AbortController();
        const cancelled = passage(request(gone.signal));
        gone.abort();
        await expect(cancelled).rejects.toThrow();
        expect(thread.sent.at(-1)).toEqual({ kind: "cancel", id: 2 });
        const open = passage(request());
        on.set(false);
        await expect(open).rejects.toMatchObject({ code: "online.off" });
        expect(thread.ended).toBe(1);
    });

    test("a dead worker rejects its callers; the next request has a new one", async () => {
        const threads = [fakeThread(), fakeThread()];
        let opened = 0;
        const passage = createPassage(new Store(true), () => threads[opened++]!.link);
        const asked = passage(request());
        threads[0]!.die(new Error("no script"));
        await expect(asked).rejects.toMatchObject({ code: "online.worker-died" });
        await expect(asked).rejects.toBeInstanceOf(DrydockError);
        void passage(request()).catch(() => undefined);
        expect(opened).toBe(2);
    });
});
