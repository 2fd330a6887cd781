/** Which handler answers which host, and Docker Hub as the guest sees it: over https, its large blobs over http. */
import { describe, expect, test } from "vitest";
import type { DrydockError } from "../../../src/base/errors";
import { ownPythonHost } from "../../../src/internet/own-host";
import { digestOf } from "../../../src/internet/hub/digest";
import { memoryStorage } from "../../../src/internet/hub/storage";
import type { Bundle } from "../../../src/internet/internet";
import { createInternet, type InternetOptions } from "../../../src/internet/router";
import { clientOf, makeBundle } from "./hub/fixtures";

const anyone = { as: undefined };

function make(options: InternetOptions = {}) {
    const hub = makeBundle();
    const bundle: Bundle = { open: path => hub.bundle.open(path.replace(/^internet\//, "")) };
    const internet = createInternet(bundle, options);
    return { hub, internet, ...clientOf(internet) };
}

describe("hosts", () => {
    test.each(["http://example.com/", "https://example.com/some/page"])(
        "%s is not available, and the answer says what is",
        async url => {
            const answer = await make().internet(new Request(url));
            expect(answer.status).toBe(404);
            expect(answer.statusText).toBe("example.com is not in this sandbox, which has no internet");
            expect(await answer.text()).toMatch(
                /^example\.com is not available[^]*python\.lab[^]*docker\.io {2}Docker Hub/,
            );
        },
    );

    test("the warm-up's own name for the package index", async () => {
        const [usual, own] = await Promise.all(
            ["python.lab", ownPythonHost].map(async host =>
                (await make().internet(new Request(`http://${host}/nothing`))).text(),
            ),
        );
        expect(own).toBe(usual);
        expect(own).not.toContain(ownPythonHost);
    });

    test.each(["registry-1.docker.io", "index.docker.io", "registry.hub.docker.com"])(
        "%s asks for a token",
        async host => {
            const answer = await make().internet(new Request(`https://${host}/v2/`));
            expect([answer.status, answer.headers.get("WWW-Authenticate")]).toEqual([
                401,
                'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
            ]);
        },
    );
});

describe("hub.lab, the mirror of Docker Hub", () => {
    test("serves images to every client, large layers at once, with neither token nor detour", async () => {
        const { hub, internet } = make();
        const get = (path: string, init: RequestInit = {}) =>
            internet(
                new Request(`http://hub.lab/v2/${path}`, {
                    headers: { Accept: "application/vnd.oci.image.index.v1+json" },
                    ...init,
                }),
            );
        expect((await get("")).status).toBe(200);
        const index = await get("library/nginx/manifests/latest");
        expect([index.status, index.headers.get("Content-Type")]).toEqual([
            200,
            "application/vnd.oci.image.index.v1+json",
        ]);
        const layer = await get(`library/nginx/blobs/${digestOf(hub.layer)}`);
        expect([layer.status, digestOf(new Uint8Array(await layer.arrayBuffer()))]).toEqual([200, digestOf(hub.layer)]);
        expect((await get("library/nginx/tags/list")).status).toBe(200);
    });

    test("leaves what it lacks to Docker Hub; it accepts nothing", async () => {
        const { hub, internet } = make();
        const ask = (method: string, path: string) => internet(new Request(`http://hub.lab/v2/${path}`, { method }));
        expect((await ask("GET", "me/unknown/manifests/latest")).status).toBe(403);
        for (const [method, path] of [
            ["POST", "library/nginx/blobs/uploads/"],
            ["PUT", "library/nginx/manifests/latest"],
            ["DELETE", `library/nginx/blobs/${digestOf(hub.layer)}`],
        ] as const) {
            const answer = await ask(method, path);
            expect([path, answer.status]).toEqual([path, 403]);
            expect(await answer.text()).toContain("push to docker.io");
        }
    });
});

describe("a large blob", () => {
    const redirected = async () => {
        const made = make();
        const digest = digestOf(made.hub.layer);
        const answer = await made.ask("GET", `/v2/library/nginx/blobs/${digest}`, anyone);
        return { ...made, digest, answer, location: answer.headers.get("Location")! };
    };

    test("requested over https comes over http, without a token", async () => {
        const { answer, location, internet, digest } = await redirected();
        expect([answer.status, location]).toEqual([
            307,
            `http://production.cloudflare.docker.com/v2/library/nginx/blobs/${digest}`,
        ]);
        const whole = await internet(new Request(location));
        expect(digestOf(new Uint8Array(await whole.arrayBuffer()))).toBe(digest);
        const part = await internet(new Request(location, { headers: { Range: "bytes=10-19" } }));
        expect([part.status, part.headers.get("Content-Range"), (await part.arrayBuffer()).byteLength]).toEqual([
            206,
            "bytes 10-19/3000000",
            10,
        ]);
        expect((await internet(new Request(location, { method: "HEAD" }))).headers.get("Content-Length")).toBe(
            "3000000",
        );
    });

    test("there are no others, and nothing else", async () => {
        const { location, digest, internet } = await redirected();
        expect((await internet(new Request(location.replace(digest, `sha256:${"0".repeat(64)}`)))).status).toBe(404);
        expect((await internet(new Request(location.replace(digest, "latest")))).status).toBe(400);
        for (const [method, url] of [
            ["DELETE", location],
            ["PUT", location],
            ["GET", location.replace(/blobs.*/, "tags/list")],
        ] as const)
            expect((await internet(new Request(url, { method }))).status).toBe(404);
    });

    test("is not handed to a client that may not have it", async () => {
        const { raw, digest } = await redirected();
        expect((await raw("GET", `/v2/library/nginx/blobs/${digest}`)).status).toBe(401);
    });

    test("requested over http, or a small one, comes at once", async () => {
        const { hub, internet, ask, fetchToken } = make();
        const config = digestOf(hub.config);
        expect((await ask("GET", `/v2/library/nginx/blobs/${config}`, anyone)).status).toBe(200);
        const headers = { Authorization: `Bearer ${await fetchToken("repository:library/nginx:pull")}` };
        const answer = await internet(
            new Request(`http://registry-1.docker.io/v2/library/nginx/blobs/${digestOf(hub.layer)}`, { headers }),
        );
        expect([answer.status, answer.headers.get("Content-Length")]).toEqual([200, "3000000"]);
        await answer.body?.cancel();
    });
});

test("storage that does not open is an answer, and tried again", async () => {
    let tries = 0;
    const reported: DrydockError[] = [];
    const { internet } = make({
        hubStorage: async () => {
            if (++tries === 1) throw new Error("the disk is asleep");
            return memoryStorage();
        },
        report: error => reported.push(error),
    });
    const first = await internet(new Request("https://registry-1.docker.io/v2/"));
    expect([first.status, await first.text()]).toEqual([
        500,
        "registry-1.docker.io (inside the page) failed: the disk is asleep\n",
    ]);
    expect(reported.map(error => error.code)).toEqual(["internet.hub-closed"]);
    expect((await internet(new Request("https://registry-1.docker.io/v2/"))).status).toBe(401);
});
