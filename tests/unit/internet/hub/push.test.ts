import { describe, expect, test } from "vitest";
import { encodeText } from "../../../../src/base/bytes";
import { digestOf } from "../../../../src/internet/hub/digest";
import { descriptor, errorOf, imageOf, makeHub, noise, types } from "./fixtures";

const uploads = (name: string) => `/v2/${name}/blobs/uploads/`;

/** Pushes an image as docker does and returns its manifest. */
async function pushImage(hub: ReturnType<typeof makeHub>, name: string, tag: string, layer = noise(5000), extra = {}) {
    const image = imageOf([layer], extra);
    for (const blob of [layer, image.config]) expect((await hub.pushBlob(name, blob)).status).toBe(201);
    const answer = await hub.pushManifest(name, tag, image.manifest);
    expect(answer.status).toBe(201);
    return { ...image, layer, answer };
}

describe("pushing", () => {
    test("as docker does: streamed PATCH, closing PUT, manifest; then anybody pulls it", async () => {
        const { ask, pushManifest, pushBlob } = makeHub();
        const layer = noise(300_000);
        const start = await ask("POST", uploads("student/app"));
        expect([start.status, start.headers.get("Range")]).toEqual([202, "0-0"]);
        const patch = await ask("PATCH", start.headers.get("Location")!, { body: new Blob([layer]).stream() });
        expect([patch.status, patch.headers.get("Range")]).toEqual([202, "0-299999"]);
        const put = await ask("PUT", `${patch.headers.get("Location")}?digest=${encodeURIComponent(digestOf(layer))}`);
        expect([put.status, put.headers.get("Location"), put.headers.get("Docker-Content-Digest")]).toEqual([
            201,
            `/v2/student/app/blobs/${digestOf(layer)}`,
            digestOf(layer),
        ]);
        const { config, manifest, digest } = imageOf([layer]);
        await pushBlob("student/app", config);
        expect((await pushManifest("student/app", "v1", manifest)).headers.get("Docker-Content-Digest")).toBe(digest);
        const pulled = await ask("GET", "/v2/student/app/manifests/v1", { as: undefined });
        expect([pulled.headers.get("Content-Type"), digestOf(new Uint8Array(await pulled.arrayBuffer()))]).toEqual([
            types.image,
            digest,
        ]);
        expect(
            digestOf(
                new Uint8Array(
                    await (
                        await ask("GET", `/v2/student/app/blobs/${digestOf(layer)}`, { as: undefined })
                    ).arrayBuffer(),
                ),
            ),
        ).toBe(digestOf(layer));
    });

    test("in chunks; one out of order is 416 and takes nothing", async () => {
        const { ask } = makeHub();
        const bytes = noise(3000);
        const at = (await ask("POST", uploads("student/app"))).headers.get("Location")!;
        const chunk = (start: number, end: number, range = `${start}-${end - 1}`) =>
            ask("PATCH", at, { body: bytes.slice(start, end), headers: { "Content-Range": range } });
        expect((await chunk(1000, 2000)).status).toBe(416);
        expect((await chunk(0, 1000)).status).toBe(202);
        const again = await chunk(0, 1000);
        expect([again.status, again.headers.get("Range"), (await errorOf(again)).code]).toEqual([
            416,
            "0-999",
            "BLOB_UPLOAD_INVALID",
        ]);
        for (const range of ["1000-", "-5", "bytes", "2000-1000", "1000-99999999999999999999"])
            expect((await chunk(1000, 2000, range)).status).toBe(416);
        const state = await ask("GET", at);
        expect([state.status, state.headers.get("Range"), state.headers.get("Location")]).toEqual([204, "0-999", at]);
        expect((await chunk(1000, 2000)).status).toBe(202);
        const end = await ask("PUT", `${at}?digest=${digestOf(bytes)}`, {
            body: bytes.slice(2000),
            headers: { "Content-Range": "2000-2999" },
        });
        expect(end.status).toBe(201);
        expect((await ask("HEAD", `/v2/student/app/blobs/${digestOf(bytes)}`)).headers.get("Content-Length")).toBe(
            "3000",
        );
    });

    test("a wrong digest, a wrong length and a body that breaks off store nothing", async () => {
        const { ask, storage } = makeHub();
        const bytes = noise(2000);
        const start = async () => (await ask("POST", uploads("student/app"))).headers.get("Location")!;
        const wrong = await ask("PUT", `${await start()}?digest=${digestOf(noise(1))}`, { body: bytes });
        expect([wrong.status, (await errorOf(wrong)).code]).toEqual([400, "DIGEST_INVALID"]);
        const short = await ask("PATCH", await start(), { body: bytes, headers: { "Content-Range": "0-2999" } });
        expect([short.status, (await errorOf(short)).code]).toEqual([400, "SIZE_INVALID"]);
        const broken = new ReadableStream({
            start(controller) {
                controller.enqueue(bytes);
            },
            pull() {
                throw new Error("the cable is out");
            },
        });
        const location = await start();
        const cut = await ask("PATCH", location, { body: broken });
        expect([cut.status, (await errorOf(cut)).code]).toEqual([400, "BLOB_UPLOAD_INVALID"]);
        expect((await ask("GET", location)).headers.get("Range")).toBe("0-1999");
        expect(await storage.blobs.bytesOf(digestOf(bytes))).toBeUndefined();
        expect(await storage.records.list("links", "")).toEqual([]);
    });

    test("a cancelled upload is unknown, and so is another repository's", async () => {
        const { ask } = makeHub();
        const location = (await ask("POST", uploads("student/app"))).headers.get("Location")!;
        expect((await ask("GET", location.replace("student/app", "student/other"))).status).toBe(404);
        expect((await ask("DELETE", location)).status).toBe(204);
        const after = await ask("GET", location);
        expect([after.status, (await errorOf(after)).code]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
    });

    test("a bundled layer is mounted without a byte stored, and an unknown one starts an upload", async () => {
        const { ask, bundle, storage } = makeHub();
        const digest = digestOf(bundle.layer);
        const mounted = await ask("POST", `${uploads("student/app")}?mount=${digest}&from=library/nginx`);
        expect([mounted.status, mounted.headers.get("Location")]).toEqual([201, `/v2/student/app/blobs/${digest}`]);
        expect(await storage.blobs.bytesOf(digest)).toBeUndefined();
        expect((await (await ask("GET", `/v2/student/app/blobs/${digest}`)).arrayBuffer()).byteLength).toBe(3_000_000);
        expect(
            (await ask("POST", `${uploads("student/app")}?mount=${digestOf(noise(9))}&from=library/nginx`)).status,
        ).toBe(202);
    });

    test("a manifest without its blobs is refused, and says which", async () => {
        const { pushManifest } = makeHub();
        const image = imageOf([noise(10)]);
        const answer = await pushManifest("student/app", "v1", image.manifest);
        expect(answer.status).toBe(404);
        expect(await errorOf(answer)).toMatchObject({
            code: "MANIFEST_BLOB_UNKNOWN",
            detail: [digestOf(image.config), digestOf(noise(10))],
        });
    });

    test.each([
        ["no JSON", "{", types.image, "MANIFEST_INVALID"],
        ["not UTF-8", "\u0000\ud800", types.image, "MANIFEST_INVALID"],
        [
            "schema 1",
            '{"schemaVersion":1}',
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            "MANIFEST_INVALID",
        ],
        [
            "another type inside",
            JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests: [] }),
            types.image,
            "MANIFEST_INVALID",
        ],
        [
            "no layers",
            JSON.stringify({ schemaVersion: 2, config: descriptor(types.config, noise(1)) }),
            types.image,
            "MANIFEST_INVALID",
        ],
        [
            "a bad digest inside",
            JSON.stringify({
                schemaVersion: 2,
                layers: [],
                config: { ...descriptor(types.config, noise(1)), digest: "sha256:../../x" },
            }),
            types.image,
            "MANIFEST_INVALID",
        ],
    ])("a manifest with %s is refused", async (_what, text, type, code) => {
        const answer = await makeHub().pushManifest("student/app", "v1", encodeText(text), type);
        expect([answer.status, (await errorOf(answer)).code]).toEqual([400, code]);
    });

    test("4 megabytes of manifest are accepted, more is 413", async () => {
        const hub = makeHub();
        const layer = noise(10);
        await pushImage(hub, "student/app", "v1", layer, { annotations: { long: "x".repeat(4_000_000) } });
        const answer = await hub.pushManifest(
            "student/app",
            "v1",
            imageOf([layer], { annotations: { long: "x".repeat(4_300_000) } }).manifest,
        );
        expect(answer.status).toBe(413);
    });

    test("a manifest pushed by digest must have it", async () => {
        const hub = makeHub();
        const { manifest, digest } = await pushImage(hub, "student/app", "v1");
        expect((await hub.pushManifest("student/app", digest, manifest)).status).toBe(201);
        expect(
            (await hub.pushManifest("student/app", `${digest}?tag=v2&tag=v3`, manifest)).headers.get("OCI-Tag"),
        ).toBe("v2, v3");
        expect((await hub.ask("GET", "/v2/student/app/manifests/v3")).headers.get("Docker-Content-Digest")).toBe(
            digest,
        );
        expect((await hub.pushManifest("student/app", `${digest}?tag=../x`, manifest)).status).toBe(400);
        const answer = await hub.pushManifest("student/app", digestOf(noise(1)), manifest);
        expect([answer.status, (await errorOf(answer)).code]).toEqual([400, "DIGEST_INVALID"]);
    });
});

describe("deleting", () => {
    test("deleting a tag keeps the manifest; deleting a manifest removes its tags", async () => {
        const hub = makeHub();
        const { digest, manifest } = await pushImage(hub, "student/app", "v1");
        await hub.pushManifest("student/app", "v2", manifest);
        expect((await hub.ask("DELETE", "/v2/student/app/manifests/v1")).status).toBe(202);
        expect((await hub.ask("GET", "/v2/student/app/manifests/v1")).status).toBe(404);
        expect((await hub.ask("GET", `/v2/student/app/manifests/${digest}`)).status).toBe(200);
        expect((await hub.ask("DELETE", `/v2/student/app/manifests/${digest}`)).status).toBe(202);
        expect((await hub.ask("GET", "/v2/student/app/manifests/v2")).status).toBe(404);
        expect((await hub.ask("DELETE", `/v2/student/app/manifests/${digest}`)).status).toBe(404);
    });

    test("a blob's bytes are removed with the last repository that has it", async () => {
        const { pushBlob, ask, storage } = makeHub();
        const bytes = noise(100);
        const digest = digestOf(bytes);
        await pushBlob("student/a", bytes);
        await ask("POST", `${uploads("student/b")}?mount=${digest}&from=student/a`);
        expect((await ask("DELETE", `/v2/student/a/blobs/${digest}`)).status).toBe(202);
        expect((await ask("GET", `/v2/student/a/blobs/${digest}`)).status).toBe(404);
        expect((await ask("GET", `/v2/student/b/blobs/${digest}`)).status).toBe(200);
        expect((await ask("DELETE", `/v2/student/b/blobs/${digest}`)).status).toBe(202);
        expect(await storage.blobs.bytesOf(digest)).toBeUndefined();
        expect((await ask("DELETE", `/v2/student/b/blobs/${digest}`)).status).toBe(404);
    });

    test("nothing bundled can be deleted", async () => {
        const { ask, bundle } = makeHub();
        expect((await ask("DELETE", "/v2/library/nginx/manifests/latest")).status).toBe(401);
        expect((await ask("DELETE", `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`)).status).toBe(401);
        expect((await ask("GET", "/v2/library/nginx/manifests/latest")).status).toBe(200);
    });
});

describe("listing", () => {
    test("tags in the specification's order, page by page", async () => {
        const hub = makeHub();
        const { manifest } = await pushImage(hub, "student/app", "b");
        for (const tag of ["A", "c", "B", "a"]) await hub.pushManifest("student/app", tag, manifest);
        const list = async (query: string) => {
            const answer = await hub.ask("GET", `/v2/student/app/tags/list${query}`);
            return { ...((await answer.json()) as { name: string; tags: string[] }), link: answer.headers.get("Link") };
        };
        expect(await list("")).toEqual({ name: "student/app", tags: ["A", "a", "B", "b", "c"], link: null });
        expect(await list("?n=2")).toEqual({
            name: "student/app",
            tags: ["A", "a"],
            link: '</v2/student/app/tags/list?n=2&last=a>; rel="next"',
        });
        expect(await list("?n=2&last=a")).toMatchObject({ tags: ["B", "b"] });
        expect(await list("?n=2&last=b")).toMatchObject({ tags: ["c"], link: null });
        expect(await list("?n=0")).toMatchObject({ tags: [], link: null });
        expect(await list("?last=zz")).toMatchObject({ tags: [] });
        expect((await hub.ask("GET", "/v2/student/app/tags/list?n=-1")).status).toBe(400);
        expect((await hub.ask("GET", "/v2/student/none/tags/list")).status).toBe(404);
    });

    test("the catalogue has bundled and pushed repositories, page by page", async () => {
        const hub = makeHub();
        await pushImage(hub, "student/app", "v1");
        const answer = await hub.ask("GET", "/v2/_catalog?n=2");
        expect([await answer.json(), answer.headers.get("Link")]).toEqual([
            { repositories: ["library/nginx", "library/redis"] },
            '</v2/_catalog?n=2&last=library%2Fredis>; rel="next"',
        ]);
        expect(await (await hub.ask("GET", "/v2/_catalog?n=2&last=library/redis")).json()).toEqual({
            repositories: ["student/app"],
        });
    });

    test("referrers, even of what does not exist yet, by type", async () => {
        const hub = makeHub();
        const { digest, layer } = await pushImage(hub, "student/app", "v1");
        const subject = { mediaType: types.image, digest, size: 1 };
        const list = async (query = "") => {
            const answer = await hub.ask("GET", `/v2/student/app/referrers/${digest}${query}`);
            expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, types.index]);
            return {
                rows: (
                    (await answer.json()) as {
                        manifests: { digest: string; artifactType?: string; annotations?: object }[];
                    }
                ).manifests,
                filtered: answer.headers.get("OCI-Filters-Applied"),
            };
        };
        expect((await list()).rows).toEqual([]);
        const signature = await pushImage(hub, "student/app", "sig", layer, {
            artifactType: "application/x.signature",
            annotations: { who: "me" },
            subject,
        });
        expect(signature.answer.headers.get("OCI-Subject")).toBe(digest);
        const plain = await pushImage(hub, "student/app", "plain", layer, { subject });
        expect((await list()).rows.map(row => row.artifactType).sort()).toEqual(
            [types.config, "application/x.signature"].sort(),
        );
        expect(await list("?artifactType=application/x.signature")).toMatchObject({
            rows: [{ digest: signature.digest, annotations: { who: "me" } }],
            filtered: "artifactType",
        });
        await hub.ask("DELETE", `/v2/student/app/manifests/${plain.digest}`);
        expect((await list()).rows.map(row => row.digest)).toEqual([signature.digest]);
        expect((await hub.ask("GET", "/v2/student/app/referrers/sha256:abc")).status).toBe(400);
        expect((await hub.ask("GET", `/v2/student/app/referrers/${digestOf(noise(3))}`)).status).toBe(200);
    });
});
