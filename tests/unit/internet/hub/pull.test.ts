import { describe, expect, test } from "vitest";
import { digestOf } from "../../../../src/internet/hub/digest";
import { errorOf, makeBundle, makeHub, types } from "./fixtures";

const anyone = { as: undefined };

describe("pulling a bundled image", () => {
    test("tag, index, the 386 entry, configuration and layer, without an account", async () => {
        const { ask, bundle } = makeHub();
        const index = await ask("GET", "/v2/library/nginx/manifests/latest", {
            ...anyone,
            headers: { Accept: `${types.index}, ${types.image}` },
        });
        expect(index.status).toBe(200);
        expect(index.headers.get("Content-Type")).toBe(types.index);
        expect(index.headers.get("Docker-Content-Digest")).toBe(digestOf(bundle.index));
        const entry = ((await index.json()) as { manifests: { digest: string; platform: { architecture: string } }[] })
            .manifests[0]!;
        expect(entry.platform.architecture).toBe("386");
        const manifest = await ask("GET", `/v2/library/nginx/manifests/${entry.digest}`, anyone);
        expect(new Uint8Array(await manifest.arrayBuffer())).toEqual(bundle.manifest);
        const layer = await ask("GET", `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`, anyone);
        expect(layer.headers.get("Content-Length")).toBe("3000000");
        expect(digestOf(new Uint8Array(await layer.arrayBuffer()))).toBe(digestOf(bundle.layer));
    });

    test("HEAD gives size and digest and reads no blob", async () => {
        const { ask, bundle } = makeHub();
        const answer = await ask("HEAD", `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`, anyone);
        expect([
            answer.status,
            answer.headers.get("Content-Length"),
            answer.headers.get("Docker-Content-Digest"),
        ]).toEqual([200, "3000000", digestOf(bundle.layer)]);
        expect(bundle.opened.filter(path => path.includes("/blobs/"))).toEqual([]);
    });

    test.each([
        ["bytes=500-1499", 500, 1500],
        ["bytes=2999000-", 2_999_000, 3_000_000],
        ["bytes=-10", 2_999_990, 3_000_000],
        ["bytes=2999999-9999999", 2_999_999, 3_000_000],
        ["bytes=0-2000000", 0, 2_000_001],
    ])("%s", async (range, start, end) => {
        const { ask, bundle } = makeHub();
        const answer = await ask("GET", `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`, {
            ...anyone,
            headers: { Range: range },
        });
        expect([answer.status, answer.headers.get("Content-Range")]).toEqual([
            206,
            `bytes ${start}-${end - 1}/3000000`,
        ]);
        expect(digestOf(new Uint8Array(await answer.arrayBuffer()))).toBe(digestOf(bundle.layer.slice(start, end)));
    });

    test.each(["bytes=500-0", "bytes=3000000-", "bytes=-0"])("%s cannot be satisfied", async range => {
        const { ask, bundle } = makeHub();
        expect(
            (
                await ask("GET", `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`, {
                    ...anyone,
                    headers: { Range: range },
                })
            ).status,
        ).toBe(416);
    });

    test("a client that accepts no index gets the image for linux/386", async () => {
        const { ask, bundle } = makeHub();
        const answer = await ask("GET", "/v2/library/nginx/manifests/latest", {
            ...anyone,
            headers: { Accept: types.image },
        });
        expect([answer.headers.get("Content-Type"), answer.headers.get("Docker-Content-Digest")]).toEqual([
            types.image,
            digestOf(bundle.manifest),
        ]);
    });
});

describe("a damaged bundle", () => {
    const pathOf = (bytes: Uint8Array) => `hub/blobs/${digestOf(bytes).replace(":", "/")}`;

    test("an altered layer breaks off before its end, is reported, and the next request gets a named error", async () => {
        const bundle = makeBundle();
        const altered = bundle.layer.slice();
        altered[1_000_000]! ^= 1;
        bundle.files.set(pathOf(bundle.layer), altered);
        const { ask, errors } = makeHub({ bundle });
        const path = `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`;
        const answer = await ask("GET", path, anyone);
        await expect(answer.arrayBuffer()).rejects.toMatchObject({ code: "hub.blob-altered" });
        expect(errors.map(error => error.code)).toEqual(["hub.blob-altered"]);
        expect(errors[0]!.message).toContain(digestOf(bundle.layer));
        const again = await ask("GET", path, anyone);
        expect(again.status).toBe(400);
        expect((await errorOf(again)).message).toContain(digestOf(bundle.layer));
    });

    test("a truncated layer is named, and is read again once it is complete", async () => {
        const bundle = makeBundle();
        bundle.files.set(pathOf(bundle.layer), bundle.layer.slice(0, 2_000_000));
        const { ask, errors } = makeHub({ bundle });
        const path = `/v2/library/nginx/blobs/${digestOf(bundle.layer)}`;
        await expect((await ask("GET", path, anyone)).arrayBuffer()).rejects.toMatchObject({
            code: "hub.blob-truncated",
        });
        expect(errors[0]!.message).toContain("ends after 2000000 of 3000000 bytes");
        bundle.files.set(pathOf(bundle.layer), bundle.layer);
        expect((await (await ask("GET", path, anyone)).arrayBuffer()).byteLength).toBe(3_000_000);
    });

    test("a damaged or missing manifest or configuration is an error with its digest", async () => {
        const bundle = makeBundle();
        bundle.files.set(pathOf(bundle.index), bundle.index.slice(0, -1));
        bundle.files.delete(pathOf(bundle.config));
        const { ask } = makeHub({ bundle });
        const index = await ask("GET", "/v2/library/nginx/manifests/latest", anyone);
        expect(index.status).toBe(400);
        expect((await errorOf(index)).message).toContain(digestOf(bundle.index));
        const config = await ask("GET", `/v2/library/nginx/blobs/${digestOf(bundle.config)}`, anyone);
        expect(config.status).toBe(400);
        expect((await errorOf(config)).message).toContain(digestOf(bundle.config).slice("sha256:".length));
    });

    test("a catalogue that cannot be read is a named error; none at all is a hub without images", async () => {
        const bundle = makeBundle();
        bundle.files.set(
            "hub/catalogue.json",
            new TextEncoder().encode(JSON.stringify({ format: 1, repositories: [{ name: "Bad Name" }], blobs: {} })),
        );
        const broken = makeHub({ bundle });
        const answer = await broken.raw("GET", "https://index.docker.io/v1/search?q=nginx");
        expect(answer.status).toBe(400);
        expect((await errorOf(answer)).detail).toBe("hub.catalogue-damaged");
        bundle.files.delete("hub/catalogue.json");
        const empty = await makeHub({ bundle }).raw("GET", "https://index.docker.io/v1/search?q=nginx");
        expect(await empty.json()).toMatchObject({ num_results: 0, results: [] });
    });
});
