import { describe, expect, test, vi } from "vitest";
import { encodeText, type Bytes } from "../../../../src/base/bytes";
import { DrydockError } from "../../../../src/base/errors";
import { digestOf } from "../../../../src/internet/hub/digest";
import { transfersOf } from "../../../../src/internet/hub/transfers";
import { createInternet } from "../../../../src/internet/router";
import { Traffic } from "../../../../src/internet/traffic";
import { digest, manifest, Story } from "./exchanges";

const nginx = "library/nginx";
const read = (story: Story) => transfersOf(story.exchanges, story.now);
const kinds = (story: Story) =>
    read(story).map(({ kind, image, reference, state }) => `${kind} ${image}:${reference} ${state}`);
const pull = (story: Story, name: string, layers: string[], asked: string[]) => {
    story
        .greet(name)
        .manifests(name, "latest", manifest("c", ...layers))
        .blob(name, "c", 1_500);
    for (const letter of asked) story.blob(name, letter, 1_000_000);
    return story;
};

describe("a pull", () => {
    test("is its token, tag, index, manifest, configuration and layers, in that order", () => {
        const story = pull(new Story(), nginx, ["a", "b"], ["b", "a"]).wait(1_500);
        const [transfer] = read(story);
        expect(transfer).toMatchObject({
            kind: "pull",
            image: "nginx",
            reference: "latest",
            state: "complete",
            layers: 2,
            existing: 0,
        });
        expect(transfer!.steps.map(({ what, number, layer }) => [what, number, layer])).toEqual([
            ["greeting", undefined, undefined],
            ["token", undefined, undefined],
            ["tag", undefined, undefined],
            ["index", undefined, undefined],
            ["manifest", undefined, undefined],
            ["config", undefined, "transferred"],
            ["layer", 1, "transferred"],
            ["layer", 2, "transferred"],
        ]);
        expect(transfer!.steps[3]?.platforms).toEqual(["linux/386"]);
        expect(transfer!.steps[6]).toMatchObject({
            digest: digest("a"),
            size: 1_000_000,
            exchange: { url: expect.stringContaining(digest("a")) as string },
        });
        expect(transfer!.bytes).toBe(90 + 700 + 400 + 900 + 1_500 + 2_000_000);
    });

    test("a layer that was not asked for exists already, once the pull has settled", () => {
        const story = pull(new Story(), nginx, ["a", "b", "d"], ["d"]);
        const layers = () =>
            read(story)[0]!
                .steps.filter(({ what }) => what === "layer")
                .map(({ layer }) => layer);
        expect(layers()).toEqual(["waiting", "waiting", "transferred"]);
        expect(read(story)[0]!.state).toBe("open");
        story.wait(1_500);
        expect(layers()).toEqual(["exists", "exists", "transferred"]);
        expect(read(story)[0]).toMatchObject({ existing: 2, layers: 3, state: "complete" });
    });

    test("an image that is up to date asks for no blob at all", () => {
        const story = new Story()
            .greet(nginx)
            .manifests(nginx, "latest", manifest("c", "a", "b"))
            .wait(1_500);
        expect(read(story)[0]).toMatchObject({ existing: 2, state: "complete" });
    });

    test("is open while a layer arrives, failed when one was cut off, complete when the second try succeeded", () => {
        const story = pull(new Story(), nginx, ["a"], []);
        story.blob(nginx, "a", 300, { end: "open", ended: undefined }).wait(60_000);
        expect(kinds(story)).toEqual(["pull nginx:latest open"]);
        story.exchanges.pop();
        story.blob(nginx, "a", 300, { end: "failed", problem: "cut off" }).wait(1_500);
        expect(kinds(story)).toEqual(["pull nginx:latest failed"]);
        story.blob(nginx, "a", 1_000_000).wait(1_500);
        expect(kinds(story)).toEqual(["pull nginx:latest complete"]);
    });

    test("a blob that lies at another host is one layer, not two", () => {
        const story = pull(new Story(), nginx, ["a"], []);
        story
            .hub("GET", `${nginx}/blobs/${digest("a")}`, 307)
            .hub(
                "GET",
                `${nginx}/blobs/${digest("a")}`,
                200,
                { bytesDown: 1_000_000 },
                "http://production.cloudflare.docker.com",
            )
            .wait(1_500);
        const layers = read(story)[0]!.steps.filter(({ what }) => what === "layer");
        expect(layers).toMatchObject([
            { number: 1, layer: "transferred", exchange: { status: 200, bytesDown: 1_000_000 } },
        ]);
    });

    test("of something missing has failed, and the next try is another pull", () => {
        const story = new Story();
        for (const _ of [1, 2])
            story
                .greet("library/nosuch")
                .hub("HEAD", "library/nosuch/manifests/latest", 404)
                .hub("GET", "library/nosuch/manifests/latest", 404);
        expect(kinds(story.wait(1_500))).toEqual(["pull nosuch:latest failed", "pull nosuch:latest failed"]);
    });

    test("two after each other are two; a sibling shares layers", () => {
        const story = pull(new Story(), nginx, ["a", "b"], ["a", "b"]).wait(300);
        pull(story, nginx, ["a", "b"], []).wait(300);
        pull(story, "library/redis", ["a", "e"], ["e"]).wait(1_500);
        expect(read(story).map(({ image, existing }) => [image, existing])).toEqual([
            ["nginx", 0],
            ["nginx", 2],
            ["redis", 1],
        ]);
    });

    test("a builder's pull without a greeting begins with the refusal that says where to get a token", () => {
        const story = new Story().hub("HEAD", `${nginx}/manifests/latest`, 401);
        story
            .token(nginx)
            .manifests(nginx, "latest", manifest("c", "a"))
            .blob(nginx, "c", 1)
            .blob(nginx, "a", 1)
            .wait(1_500);
        expect(kinds(story)).toEqual(["pull nginx:latest complete"]);
    });
});

describe("a push", () => {
    test("uploads what is missing, takes over what another repository has, and puts the manifest last", () => {
        const story = new Story().greet("me/app", "pull,push");
        const upload = (letter: string, id: string, bytesUp: number) =>
            story
                .hub("HEAD", `me/app/blobs/${digest(letter)}`, 404)
                .hub("POST", "me/app/blobs/uploads/", 202)
                .hub("PATCH", `me/app/blobs/uploads/${id}`, 202, { bytesUp })
                .hub("PUT", `me/app/blobs/uploads/${id}?digest=${digest(letter)}`, 201);
        story.token("me/app", "pull,push");
        story.hub("POST", `me/app/blobs/uploads/?mount=${digest("a")}&from=library/python`, 201);
        upload("b", "u1", 2_000_000);
        story.hub("HEAD", `me/app/blobs/${digest("d")}`, 200);
        upload("c", "u2", 1_500);
        story
            .hub("PUT", "me/app/manifests/v1", 201, { bytesUp: 900, manifest: manifest("c", "a", "b", "d") })
            .wait(1_500);
        const [transfer, ...others] = read(story);
        expect(others).toEqual([]);
        expect(transfer).toMatchObject({
            kind: "push",
            image: "me/app",
            reference: "v1",
            state: "complete",
            layers: 3,
            existing: 2,
            bytes: 2_002_400,
        });
        const told = transfer!.steps.filter(({ what }) => ["layer", "config", "manifest"].includes(what));
        expect(told.map(({ what, layer, exchange }) => [what, layer, exchange?.method])).toEqual([
            ["config", "transferred", "PATCH"],
            ["layer", "mounted", "POST"],
            ["layer", "transferred", "PATCH"],
            ["layer", "exists", "HEAD"],
            ["manifest", undefined, "PUT"],
        ]);
        expect(transfer!.steps.at(-1)?.what).toBe("manifest");
    });
});

test("anything but a pull or a push is left alone", () => {
    const story = new Story()
        .add("GET", "http://python.lab/simple/", 200)
        .add("GET", "https://index.docker.io/v1/search?q=x", 200)
        .token(undefined)
        .hub("GET", "", 401);
    expect(read(story)).toEqual([]);
});

test("a manifest that cannot be read does not spoil the list", () => {
    const story = new Story().greet(nginx).hub("GET", `${nginx}/manifests/latest`, 200).wait(1_500);
    expect(read(story)[0]).toMatchObject({ layers: undefined, existing: 0, state: "complete" });
});

describe("the page's own hub", () => {
    const image = "application/vnd.oci.image.manifest.v1+json";
    const index = "application/vnd.oci.image.index.v1+json";

    /** An image with a small layer and one large enough to be served by another host. */
    function bundleOf() {
        const files = new Map<string, Bytes>();
        const sizes: Record<string, number> = {};
        const put = (mediaType: string, content: string) => {
            const bytes = encodeText(content);
            files.set(`internet/hub/blobs/${digestOf(bytes).replace(":", "/")}`, bytes);
            sizes[digestOf(bytes)] = bytes.byteLength;
            return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
        };
        const layers = [
            put("application/vnd.oci.image.layer.v1.tar", "base"),
            put("application/vnd.oci.image.layer.v1.tar", "own ".repeat(100_000)),
        ];
        const config = put(
            "application/vnd.oci.image.config.v1+json",
            JSON.stringify({ os: "linux", architecture: "386" }),
        );
        const one = put(image, JSON.stringify({ schemaVersion: 2, mediaType: image, config, layers }));
        const all = put(
            index,
            JSON.stringify({
                schemaVersion: 2,
                mediaType: index,
                manifests: [{ ...one, platform: { os: "linux", architecture: "386" } }],
            }),
        );
        files.set(
            "internet/hub/catalogue.json",
            encodeText(
                JSON.stringify({
                    format: 1,
                    repositories: [
                        {
                            name: nginx,
                            description: "",
                            tags: { latest: all.digest },
                            manifests: { [all.digest]: index, [one.digest]: image },
                        },
                    ],
                    blobs: sizes,
                }),
            ),
        );
        const open = async (path: string) => {
            const bytes = files.get(path);
            if (!bytes) throw new DrydockError("internet.missing", path, "");
            return { bytes: bytes.byteLength, body: new Blob([bytes]).stream() as ReadableStream<Bytes> };
        };
        return { bundle: { open }, all, one, config, layers };
    }

    test("answers an engine's pull so that it reads as one", async () => {
        const { bundle, all, one, config, layers } = bundleOf();
        const traffic = new Traffic();
        const internet = traffic.watch(createInternet(bundle));
        let token = "";
        const ask = async (method: string, url: string): Promise<Response> => {
            const response = await internet(
                new Request(url, {
                    method,
                    headers: { Accept: `${index}, ${image}`, Authorization: `Bearer ${token}` },
                }),
            );
            const body = await response.arrayBuffer();
            if (response.status === 307) return ask(method, response.headers.get("Location")!);
            return new Response(body, { headers: response.headers });
        };
        const hub = (method: string, path: string) => ask(method, `https://registry-1.docker.io/v2/${path}`);
        await hub("GET", "");
        token = (
            (await (
                await ask(
                    "GET",
                    `https://auth.docker.io/token?service=registry.docker.io&scope=repository:${nginx}:pull`,
                )
            ).json()) as { token: string }
        ).token;
        expect((await hub("HEAD", `${nginx}/manifests/latest`)).headers.get("Docker-Content-Digest")).toBe(all.digest);
        await hub("GET", `${nginx}/manifests/${all.digest}`);
        await hub("GET", `${nginx}/manifests/${one.digest}`);
        await hub("GET", `${nginx}/blobs/${config.digest}`);
        await hub("GET", `${nginx}/blobs/${layers[1]!.digest}`);
        await vi.waitFor(() => expect(traffic.state.at(-1)?.end).toBe("complete"));
        const [transfer, ...others] = transfersOf(traffic.state, Date.now() + 5_000);
        expect(others).toEqual([]);
        expect(transfer).toMatchObject({
            kind: "pull",
            image: "nginx",
            reference: "latest",
            state: "complete",
            layers: 2,
            existing: 1,
        });
        expect(transfer!.steps.map(({ what, layer }) => [what, layer])).toEqual([
            ["greeting", undefined],
            ["token", undefined],
            ["tag", undefined],
            ["index", undefined],
            ["manifest", undefined],
            ["config", "transferred"],
            ["layer", "exists"],
            ["layer", "transferred"],
        ]);
        expect(transfer!.steps.at(-1)).toMatchObject({
            size: 400_000,
            exchange: { bytesDown: 400_000, answeredBy: "bundle", status: 200 },
        });
    });

    test("accepts an engine's push so that it reads as one, including what is mounted and what exists already", async () => {
        const { bundle, config, layers } = bundleOf();
        const traffic = new Traffic();
        const internet = traffic.watch(createInternet(bundle));
        let authorization = `Basic ${btoa("me:secret-enough")}`;
        const ask = async (method: string, url: string, body?: string | Bytes, type = "") => {
            const headers = { Authorization: authorization, ...(type === "" ? {} : { "Content-Type": type }) };
            const response = await internet(new Request(url, { method, body, headers }));
            return new Response((await response.arrayBuffer()) as BodyInit, response.status === 204 ? {} : response);
        };
        const hub = (method: string, path: string, body?: string | Bytes, type?: string) =>
            ask(method, `https://registry-1.docker.io/v2/${path}`, body, type);
        const scopes = `scope=repository:${nginx}:pull&scope=repository:me/app:pull,push`;
        const token = await ask("GET", `https://auth.docker.io/token?service=registry.docker.io&${scopes}`);
        authorization = `Bearer ${((await token.json()) as { token: string }).token}`;
        await hub("POST", `me/app/blobs/uploads/?mount=${layers[0]!.digest}&from=${nginx}`);
        const own = encodeText("what the student built");
        expect((await hub("HEAD", `me/app/blobs/${digestOf(own)}`)).status).toBe(404);
        const place = (await hub("POST", "me/app/blobs/uploads/")).headers.get("Location")!;
        const address = new URL(place, "https://registry-1.docker.io");
        await ask("PATCH", address.href, own);
        address.searchParams.set("digest", digestOf(own));
        expect((await ask("PUT", address.href)).status).toBe(201);
        await hub("POST", `me/app/blobs/uploads/?mount=${config.digest}&from=${nginx}`);
        const pushed = JSON.stringify({
            schemaVersion: 2,
            mediaType: image,
            config,
            layers: [layers[0], { mediaType: layers[0]!.mediaType, digest: digestOf(own), size: own.byteLength }],
        });
        expect((await hub("PUT", "me/app/manifests/v1", pushed, image)).status).toBe(201);
        await vi.waitFor(() => expect(traffic.state.at(-1)).toMatchObject({ method: "PUT", end: "complete" }));
        const [transfer, ...others] = transfersOf(traffic.state, Date.now() + 5_000);
        expect(others).toEqual([]);
        expect(transfer).toMatchObject({
            kind: "push",
            image: "me/app",
            reference: "v1",
            state: "complete",
            layers: 2,
            existing: 1,
        });
        const told = transfer!.steps.filter(({ what }) => ["layer", "config", "manifest"].includes(what));
        expect(told.map(({ what, layer, exchange }) => [what, layer, exchange?.method, exchange?.answeredBy])).toEqual([
            ["config", "mounted", "POST", "browser"],
            ["layer", "mounted", "POST", "browser"],
            ["layer", "transferred", "PATCH", "browser"],
            ["manifest", undefined, "PUT", "browser"],
        ]);
        expect(told[1]!.exchange?.act).toMatchObject({ from: nginx });
    });

    test("a login belongs to no transfer, and a refusal names what it was about", async () => {
        const traffic = new Traffic();
        const internet = traffic.watch(createInternet(bundleOf().bundle));
        await (await internet(new Request("https://auth.docker.io/token?account=me"))).text();
        await (await internet(new Request("http://hub.lab/v2/library/nosuch/manifests/latest"))).text();
        await vi.waitFor(() => expect(traffic.state.at(-1)?.end).toBe("complete"));
        expect(traffic.state.map(({ act }) => act)).toEqual([
            { verb: "token", repository: undefined, pushes: false },
            {
                verb: "manifest",
                repository: "library/nosuch",
                reference: "latest",
                does: "get",
                manifest: undefined,
            },
        ]);
        expect(transfersOf(traffic.state, Date.now() + 5_000)).toMatchObject([{ image: "nosuch", state: "failed" }]);
    });
});
