import { beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../../../src/internet/hub/digest";
import { descriptor, imageOf, makeHub, noise, types, type Account } from "./fixtures";

const keeper: Account = { name: "keeper", password: "keeps its image" };

/** Small, fast and the same everywhere: the seed reproduces a failure. */
function chance(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (limit: number): number => Math.floor(next() * limit);
    return { below, often: (share: number) => next() < share, one: <T>(of: readonly T[]): T => of[below(of.length)]! };
}

type Chance = ReturnType<typeof chance>;

const good = noise(2000, 3);
const protectedLayer = noise(4000, 4);
const protectedImage = imageOf([protectedLayer]);

const names = [
    "student/app",
    "student/app",
    "student/other",
    "keeper/image",
    "library/nginx",
    "library",
    "student",
    "student/../keeper/image",
    "..",
    "../../etc/passwd",
    "%2e%2e/%2e%2e",
    "student%2fapp",
    "student%252f..",
    "Student/App",
    "student//app",
    "student/",
    "/student",
    "a".repeat(300),
    "x/".repeat(200) + "y",
    "student/app\\..\\keeper",
    "%00",
    "%ff%fe",
    "%",
    "%zz",
    "student/app%0aX-Header:1",
    "__proto__",
    "constructor/prototype",
    "blobs/uploads",
    "manifests/manifests",
    "student/app/blobs/uploads",
    "ünïcode/名前",
    "\u202estudent",
];
const digests = [
    digestOf(good),
    digestOf(protectedLayer),
    protectedImage.digest,
    "sha256:",
    "sha256:" + "0".repeat(64),
    "sha256:" + "g".repeat(64),
    "sha256:" + "A".repeat(64),
    "sha512:" + "0".repeat(64),
    "sha512:" + "1".repeat(128),
    "md5:" + "0".repeat(32),
    "sha256:../../x",
    "",
    ":",
    "sha256",
    "sha256:" + "0".repeat(100_000),
    "__proto__",
    "sha256%3A" + "0".repeat(64),
    "latest",
    "v1",
    "-bad",
    ".",
    "a".repeat(129),
    "%2e%2e",
    "a%2fb",
];
const tails = [
    "manifests/",
    "blobs/",
    "blobs/uploads",
    "blobs/uploads/",
    "tags/list",
    "tags/",
    "referrers/",
    "",
    "_catalog",
    "manifests",
    "blobs",
    "nonsense/x",
];
const methods = [
    "GET",
    "GET",
    "HEAD",
    "PUT",
    "PUT",
    "POST",
    "POST",
    "PATCH",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "get",
    "FOO",
    "M-SEARCH",
];
const ranges = [
    "0-1999",
    "1000-1999",
    "5-1",
    "-",
    "a-b",
    "0-",
    "99999999999999999999-999999999999999999999",
    "bytes 0-1999/2000",
    "0-1999, 5-6",
    " ",
    "0--1",
    "1e3-2e3",
    "0x0-0x10",
];
const queries = [
    "",
    "",
    ...Array<string>(6).fill("?digest=" + digestOf(good)),
    "?digest=",
    "?digest=sha256:zz",
    "?digest=%",
    "?mount=" + digestOf(protectedLayer) + "&from=keeper/image",
    "?mount=" + digestOf(good) + "&from=../..",
    "?mount=x",
    "?n=-1",
    "?n=1e9",
    "?n=0",
    "?n=999999999999",
    "?n=3&last=%00",
    "?last=" + "z".repeat(5000),
    "?artifactType=%ff",
    "?n=1&n=2",
    "?__proto__=1",
];

function manifestBody(pick: Chance): string | Uint8Array<ArrayBuffer> {
    const layer = descriptor(types.layer, good);
    const odd: unknown[] = [
        null,
        -1,
        1.5,
        Infinity,
        "",
        "x",
        [],
        {},
        true,
        "sha256:..",
        { digest: "x" },
        [[[]]],
        Number.MAX_SAFE_INTEGER,
        "\u0000",
    ];
    const manifest: Record<string, unknown> = {
        schemaVersion: 2,
        mediaType: types.image,
        config: layer,
        layers: [layer],
        subject: layer,
        annotations: { a: "b" },
    };
    for (let changes = pick.below(3); changes > 0; changes--) {
        const key = pick.one([...Object.keys(manifest), "manifests", "artifactType", "__proto__", "toString"]);
        if (pick.often(0.3)) delete manifest[key];
        // eslint-disable-next-line no-dupe-else-if -- each call draws anew
        else if (pick.often(0.3))
            manifest[key] = {
                ...layer,
                [pick.one(["digest", "size", "mediaType", "urls", "platform"])]: pick.one(odd),
            };
        else manifest[key] = pick.one(odd);
    }
    const text = JSON.stringify(manifest);
    return pick.one([
        text,
        text,
        text,
        text.slice(0, pick.below(text.length)),
        "[".repeat(200_000),
        '{"a":'.repeat(50_000),
        "",
        "\ufeff" + text,
        noise(pick.below(3000), pick.below(99)),
    ]);
}

function breakingBody(pick: Chance): ReadableStream<Uint8Array> {
    let left = pick.below(3);
    return new ReadableStream({
        pull(controller) {
            if (left-- > 0) controller.enqueue(noise(700));
            else controller.error(new TypeError("the guest has gone"));
        },
    });
}

interface Fuzzed {
    method: string;
    url: string;
    init: RequestInit;
}

function request(pick: Chance, uploads: readonly string[], tokens: readonly string[]): Fuzzed {
    const method = pick.one(methods);
    const headers: Record<string, string> = {};
    // now and then a valid push, so that the malformed ones have something to damage
    if (pick.often(0.05)) {
        const bearer = { Authorization: `Bearer ${tokens[0]}` };
        const [way, path, body] = pick.one([
            ["POST", `blobs/uploads/?digest=${digestOf(good)}`, good],
            [
                "PUT",
                "manifests/v1",
                JSON.stringify({ schemaVersion: 2, config: descriptor(types.config, good), layers: [] }),
            ],
        ] as const);
        return {
            method: way,
            url: `https://registry-1.docker.io/v2/student/app/${path}`,
            init: { method: way, body, headers: { ...bearer, "Content-Type": types.image } },
        };
    }
    if (pick.often(0.9)) headers["Authorization"] = `Bearer ${pick.often(0.9) ? tokens[0] : tokens[1]}`;
    else if (pick.often(0.5))
        headers["Authorization"] = pick.one([
            "Bearer",
            "Bearer  ",
            "Basic",
            "Basic !!!",
            "Basic " + btoa("a"),
            "Bearer " + "x".repeat(200_000),
            "Digest x",
            "Negotiate =",
        ]);
    if (pick.often(0.3)) headers["Content-Range"] = pick.one(ranges);
    if (pick.often(0.3))
        headers["Range"] = pick.one([
            "bytes=0-5",
            "bytes=9-1",
            "bytes=-",
            "bytes=0-1,3-4",
            "lines=1-2",
            "bytes=" + "9".repeat(50) + "-",
            "bytes=-0",
            "x".repeat(50_000),
        ]);
    if (pick.often(0.2)) headers["Content-Length"] = pick.one(["-1", "5", "9".repeat(30), "x", "2000"]);
    if (pick.often(0.5))
        headers["Content-Type"] = pick.one([
            types.image,
            types.index,
            types.dockerImage,
            "text/html",
            ";;;",
            "x".repeat(100_000),
            types.image + "; charset=utf-8",
            "application/vnd.docker.distribution.manifest.v1+json",
        ]);
    if (pick.often(0.1))
        headers["Accept"] = pick.one(["*/*", types.image, ",,,", "a/b;q=x", types.image + ",".repeat(10_000)]);
    if (pick.often(0.05)) headers["X-Huge"] = "h".repeat(500_000);
    const tail = pick.one(tails);
    const reference =
        tail === "blobs/uploads/" && pick.often(0.8)
            ? ""
            : pick.often(0.5)
              ? pick.one([digestOf(good), "v1"])
              : pick.one(digests);
    const name = pick.often(0.6) ? "student/app" : pick.one(names);
    const path =
        pick.often(0.25) && uploads.length > 0
            ? pick.one(uploads)
            : `/v2/${name}/${tail}${tail.endsWith("/") ? reference : ""}`;
    const host = pick.often(0.9)
        ? "registry-1.docker.io"
        : pick.one(["hub.docker.com", "auth.docker.io", "index.docker.io", "elsewhere.example"]);
    const place = pick.often(0.06)
        ? pick.one([
              "/token?scope=" + "x:".repeat(9999),
              "/token?scope=repository:library/nginx:*",
              "/v1/search?q=%00&n=-5&page=1e9",
              "/v1/search",
              "/v2",
              "/",
              "//",
              "/v2/..;/",
              "/v3/",
              "/token/",
              "/v2//",
              "/v2/" + "a/".repeat(3000),
          ])
        : path;
    const body =
        method.toUpperCase() === "GET" || method === "HEAD"
            ? undefined
            : pick.often(0.5)
              ? good.slice(0, pick.one([0, 1, 1000, 2000]))
              : pick.often(0.8)
                ? manifestBody(pick)
                : breakingBody(pick);
    return {
        method,
        url: `https://${host}${place}${pick.one(queries)}`,
        init: { method, headers, body, ...(body instanceof ReadableStream ? { duplex: "half" } : {}) } as RequestInit,
    };
}

describe("malformed requests", () => {
    let hub: ReturnType<typeof makeHub>;
    let tokens: string[];

    beforeAll(async () => {
        hub = makeHub();
        for (const blob of [protectedLayer, protectedImage.config])
            await hub.ask("POST", `/v2/keeper/image/blobs/uploads/?digest=${digestOf(blob)}`, {
                as: keeper,
                body: blob,
            });
        const pushed = await hub.ask("PUT", "/v2/keeper/image/manifests/v1", {
            as: keeper,
            body: protectedImage.manifest,
            headers: { "Content-Type": types.image },
        });
        expect(pushed.status).toBe(201);
        const scope =
            ["student/app:*", "student/other:*", "keeper/image:*", "library/nginx:*"]
                .map(name => `repository:${name}`)
                .join(" ") + " registry:catalog:*";
        tokens = [
            await hub.fetchToken(scope, { name: "student", password: "correct horse" }),
            await hub.fetchToken(scope),
        ];
    });

    /** Everything that existed before, byte by byte. */
    async function mustBeUnharmed(): Promise<void> {
        const digestAt = async (path: string) =>
            digestOf(new Uint8Array(await (await hub.ask("GET", path, { as: undefined })).arrayBuffer()));
        expect(await digestAt("/v2/keeper/image/manifests/v1")).toBe(protectedImage.digest);
        expect(await digestAt(`/v2/keeper/image/blobs/${digestOf(protectedLayer)}`)).toBe(digestOf(protectedLayer));
        expect(await digestAt("/v2/library/nginx/manifests/latest")).toBe(digestOf(hub.bundle.index));
        const tags = (await (await hub.ask("GET", "/v2/keeper/image/tags/list")).json()) as { tags: string[] };
        expect(tags.tags).toEqual(["v1"]);
        // whatever was stored on the way has the digest under which it is stored
        for (const { key, row } of await hub.storage.records.list("blobs", "")) {
            const bytes = new Uint8Array(
                await new Response(
                    await hub.storage.blobs.open(key as ReturnType<typeof digestOf>, 0, row.bytes),
                ).arrayBuffer(),
            );
            expect(digestOf(bytes, key.startsWith("sha512") ? "sha512" : "sha256")).toBe(key);
        }
        for (const { key } of await hub.storage.records.list("links", ""))
            expect(key).toMatch(/^(student|keeper)\/[a-z]+\nsha(256|512):[0-9a-f]+$/);
    }

    test.each([1, 2, 3, 4])(
        "seed %i: each gets an answer in the specification's form, and nothing stored is harmed",
        async seed => {
            const pick = chance(seed);
            const uploads: string[] = [];
            const statuses = new Map<number, number>();
            for (let count = 0; count < 3000; count++) {
                const { method, url, init } = request(pick, uploads, tokens);
                let made: Request;
                try {
                    made = new Request(url, init);
                } catch {
                    continue; // not even HTTP: it cannot reach the page
                }
                const what = `seed ${seed}, request ${count}: ${method} ${url.slice(0, 200)}`;
                const answer = await hub.hub(made);
                const text = await answer.text();
                statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
                expect(answer.status, `${what}: ${text}`).toBeLessThan(500);
                if (
                    answer.status >= 400 &&
                    text.startsWith("{") &&
                    !url.includes("/token") &&
                    !url.includes("hub.docker.com")
                )
                    expect(JSON.parse(text), what).toHaveProperty("errors[0].code");
                const location = answer.headers.get("Location");
                if (answer.status === 202 && location) uploads.push(location);
            }
            // the generator must get past the first checks, or it proves nothing
            for (const status of [200, 201, 202, 400, 401, 404, 405, 416])
                expect([...statuses.keys()]).toContain(status);
            await mustBeUnharmed();
            // a damaged stored blob would have been reported
            expect(hub.errors).toEqual([]);
        },
        60_000,
    );
});
