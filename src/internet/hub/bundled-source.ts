import { DrydockError } from "../../base/errors";
import { decodeText, readAll, type Bytes } from "../../base/bytes";
import type { Bundle } from "../internet";
import type { BlobSource, BundledRepository } from "./blob-source";
import { parseCatalogue } from "./catalogue";
import type { Digest } from "./digest";

/** The images in a folder of the bundle: `catalogue.json` and `blobs/`. A bundle without the folder has no images. */
export function bundledSource(bundle: Bundle, folder = "hub"): BlobSource {
    let read: Promise<Contents> | undefined;
    const contents = (): Promise<Contents> => {
        read ??= readContents(bundle, folder).catch((thrown: unknown) => {
            read = undefined; // the network may be back by the next request
            throw thrown;
        });
        return read;
    };
    return {
        repositories: async () => (await contents()).repositories,
        bytesOf: async digest => (await contents()).blobs.get(digest),
        open: async (digest, signal) => (await bundle.open(`${folder}/blobs/${digest.replace(":", "/")}`, signal)).body,
    };
}

interface Contents {
    repositories: ReadonlyMap<string, BundledRepository>;
    blobs: ReadonlyMap<Digest, number>;
}

async function readContents(bundle: Bundle, folder: string): Promise<Contents> {
    let bytes: Bytes;
    try {
        bytes = await readAll((await bundle.open(`${folder}/catalogue.json`)).body);
    } catch (thrown) {
        if (thrown instanceof DrydockError && thrown.code === "internet.missing")
            return { repositories: new Map(), blobs: new Map() };
        throw thrown;
    }
    const catalogue = parseCatalogue(decodeText(bytes));
    const repositories = catalogue.repositories.map(({ name, description, tags, manifests }): BundledRepository => {
        return {
            name,
            description,
            tags: new Map(Object.entries(tags)),
            manifests: new Map(Object.entries(manifests) as [Digest, string][]),
        };
    });
    return {
        repositories: new Map(repositories.map(repository => [repository.name, repository])),
        blobs: new Map(Object.entries(catalogue.blobs) as [Digest, number][]),
    };
}
