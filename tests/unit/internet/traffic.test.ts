import { beforeEach, describe, expect, test, vi } from "vitest";
import { readAll, type Bytes } from "../../../src/base/bytes";
import { deferred } from "../../../src/base/deferred";
import { ownPythonHost } from "../../../src/internet/own-host";
import type { RegistryAct, Told } from "../../../src/internet/told";
import { Traffic } from "../../../src/internet/traffic";

let traffic: Traffic;
const last = async () => {
    await vi.waitFor(() => expect(["complete", "failed", "cancelled"]).toContain(traffic.state.at(-1)?.end));
    return traffic.state.at(-1)!;
};
const ask = (
    url: string,
    response: () => Response | Promise<Response>,
    init: RequestInit & { duplex?: "half" } = {},
    ...told: Told[]
) =>
    traffic.watch(async (_request, tell) => {
        for (const one of told) tell?.(one);
        return response();
    })(new Request(url, init));

beforeEach(() => (traffic = new Traffic(3)));

describe("the record", () => {
    test("says what was asked, who answered, and counts what streamed", async () => {
        const response = await ask(
            "http://python.lab/simple/flask/",
            () => new Response("0123456789", { status: 200, headers: { "X-Own": "1" } }),
        );
        expect(response.headers.get("X-Own")).toBe("1");
        expect(await response.text()).toBe("0123456789");
        expect(await last()).toMatchObject({
            method: "GET",
            url: "http://python.lab/simple/flask/",
            status: 200,
            answeredBy: "bundle",
            end: "complete",
            bytesDown: 10,
            bytesUp: 0,
            act: undefined,
        });
    });

    test("leaves out the warm-up's requests, which are answered anyway", async () => {
        for (const host of [ownPythonHost, "python.lab"])
            expect(await (await ask(`http://${host}/`, () => new Response("answer"))).text()).toBe("answer");
        await last();
        expect(traffic.state.map(exchange => exchange.url)).toEqual(["http://python.lab/"]);
    });

    test("an answer is open until its last byte, and is read at the reader's pace", async () => {
        let pulls = 0;
        const body = new ReadableStream<Bytes>(
            {
                pull: controller =>
                    void (++pulls > 1000 ? controller.close() : controller.enqueue(new Uint8Array(1000))),
            },
            { highWaterMark: 0 },
        );
        const response = await ask("http://python.lab/big", () => new Response(body));
        const reader = response.body!.getReader();
        await reader.read();
        await vi.waitFor(() => expect(traffic.state[0]?.bytesDown).toBe(1000));
        expect(pulls).toBe(1);
        expect(traffic.state[0]?.end).toBe("open");
        await reader.cancel();
        expect(await last()).toMatchObject({ end: "cancelled", bytesDown: 1000 });
    });

    test("counts what the guest sends, and hands the handler every header", async () => {
        let seen: Request | undefined;
        const handler = traffic.watch(async (request, tell) => {
            tell?.({ kind: "answerer", by: "browser" });
            seen = request;
            await readAll(request.body!);
            return new Response(null, { status: 201 });
        });
        await handler(
            new Request("http://registry-1.docker.io/v2/me/app/blobs/uploads/1", {
                method: "PATCH",
                body: "12345",
                headers: { "X-Own": "1" },
            }),
        );
        expect(seen?.method).toBe("PATCH");
        expect(seen?.headers.get("X-Own")).toBe("1");
        expect(await last()).toMatchObject({ bytesUp: 5, status: 201, answeredBy: "browser", end: "complete" });
    });

    test.each([
        ["bundle", 200, "bundle"],
        ["browser", 200, "browser"],
        [undefined, 200, "bundle"],
        [undefined, 401, "bundle"],
        ["browser", 404, "refused"],
        [undefined, 500, "refused"],
    ] as const)("told %j, with status %i, was answered by %s", async (told, status, by) => {
        const answerer: Told[] = told === undefined ? [] : [{ kind: "answerer", by: told }];
        const url = "http://registry-1.docker.io/v2/x/manifests/1";
        await (await ask(url, () => new Response("x", { status }), {}, ...answerer)).text();
        expect((await last()).answeredBy).toBe(by);
    });

    test("an answer from outside is recorded with its address, and a failed request with its reason", async () => {
        const outside = (address: string, problem?: string): Told => ({ kind: "outside", address, problem });
        await ask("http://a.dev/", () => new Response(null), {}, outside("https://a.dev/"));
        expect(await last()).toMatchObject({ answeredBy: "online", online: "https://a.dev/" });
        const refused = outside("https://b.dev/", "No CORS.");
        await ask("http://b.dev/", () => new Response(null, { status: 502 }), {}, { kind: "unknown-host" }, refused);
        await vi.waitFor(() => expect(traffic.state).toHaveLength(2));
        expect(await last()).toMatchObject({ answeredBy: "refused", online: "https://b.dev/", problem: "No CORS." });
    });

    test("failures: before the answer, in its middle, and given up by the guest", async () => {
        await expect(ask("http://a.lab/", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
        expect(await last()).toMatchObject({ end: "failed", problem: "broken", status: undefined });
        const torn = await ask(
            "http://b.lab/",
            () => new Response(new ReadableStream({ pull: controller => controller.error(new Error("torn")) })),
        );
        await expect(torn.text()).rejects.toThrow("torn");
        await vi.waitFor(() =>
            expect(traffic.state.at(-1)).toMatchObject({ end: "failed", problem: "torn", status: 200 }),
        );
        const gone = new AbortController();
        const given = ask("http://c.lab/", () => Promise.reject(gone.signal.reason as Error), { signal: gone.signal });
        gone.abort();
        await expect(given).rejects.toThrow();
        await vi.waitFor(() => expect(traffic.state.at(-1)).toMatchObject({ end: "cancelled", url: "http://c.lab/" }));
    });

    test("what a registry reports is recorded while its answer is still open; the last report counts", async () => {
        const act = (reference: string): RegistryAct => ({
            verb: "manifest",
            repository: "library/x",
            reference,
            does: "get",
            manifest: undefined,
        });
        const answer = deferred<Response>();
        const heard: Told[] = [];
        const asked = traffic.watch(async (_request, tell) => {
            tell?.({ kind: "registry", act: act("first") });
            return answer.promise;
        })(new Request("http://hub.lab/v2/library/x/manifests/1"), told => heard.push(told));
        await vi.waitFor(() => expect(traffic.state.at(-1)).toMatchObject({ end: "open", act: act("first") }));
        expect(heard).toEqual([{ kind: "registry", act: act("first") }]);
        answer.resolve(new Response("x"));
        await (await asked).text();
        const both: Told[] = [act("first"), act("second")].map(one => ({ kind: "registry", act: one }));
        await (await ask("http://hub.lab/v2/", () => new Response("x"), {}, ...both)).text();
        await vi.waitFor(() => expect(traffic.state.at(-1)).toMatchObject({ end: "complete", act: act("second") }));
    });

    test("forgets the oldest, and everything that has ended when it is cleared", async () => {
        for (const name of ["a", "b", "c", "d"]) await ask(`http://${name}.lab/`, () => new Response(null));
        await vi.waitFor(() =>
            expect(traffic.state.map(({ url }) => url)).toEqual(["http://b.lab/", "http://c.lab/", "http://d.lab/"]),
        );
        const open = await ask("http://e.lab/", () => new Response("x"));
        traffic.clear();
        await vi.waitFor(() => expect(traffic.state.map(({ url }) => url)).toEqual(["http://e.lab/"]));
        await open.text();
    });
});
