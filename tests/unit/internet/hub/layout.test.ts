import { describe, expect, test } from "vitest";
import { encodeText, type Bytes } from "../../../../src/base/bytes";
import { digestOf } from "../../../../src/internet/hub/digest";
import { catalogueOfLayout } from "../../../../src/internet/hub/layout";
import { descriptor, imageOf, makeBundle, noise, types } from "./fixtures";

function layoutOf(entries: { bytes: Bytes; type: string; name: string }[], blobs: Bytes[]) {
    const files = new Map(blobs.map(blob => [`blobs/${digestOf(blob).replace(":", "/")}`, blob]));
    const manifests = entries.map(({ bytes, type, name }) => ({
        ...descriptor(type, bytes),
        annotations: { "org.opencontainers.image.ref.name": name },
    }));
    files.set("index.json", encodeText(JSON.stringify({ schemaVersion: 2, manifests })));
    return async (path: string) => {
        const bytes = files.get(path);
        if (!bytes) throw new Error(`no ${path}`);
        return bytes;
    };
}

describe("the catalogue of a layout", () => {
    test("is the one the hub reads: names, tags, manifests of indexes, sizes", async () => {
        const { index, manifest, config, layer, catalogue } = makeBundle();
        const read = layoutOf(
            [
                { bytes: index, type: types.index, name: "nginx:latest" },
                { bytes: index, type: types.index, name: "library/nginx:1.26" },
            ],
            [index, manifest, config, layer],
        );
        const made = await catalogueOfLayout(read, { "library/nginx": "Web server, from Debian's package." });
        expect(made).toEqual({ ...catalogue, repositories: [catalogue.repositories[0]] });
    });

    test("an entry without a name, a description or its bytes is a named error", async () => {
        const { manifest, config } = imageOf([noise(5)]);
        const entry = (name: string) => layoutOf([{ bytes: manifest, type: types.image, name }], [manifest, config]);
        await expect(catalogueOfLayout(entry("nginx"), {})).rejects.toMatchObject({ code: "hub.layout-invalid" });
        await expect(catalogueOfLayout(entry("nginx:1"), {})).rejects.toThrow("library/nginx has no description");
        const altered = async (path: string) => (path === "index.json" ? entry("a/b:1")(path) : noise(9));
        await expect(catalogueOfLayout(altered, { "a/b": "" })).rejects.toThrow("does not match its digest");
    });
});
