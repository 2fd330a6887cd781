import type { Bytes } from "../../base/bytes";
import type { Digest } from "./digest";

/** An image repository that came with the site; read only. */
export interface BundledRepository {
    /** With its owner: "library/nginx". */
    name: string;
    /** One line, for `docker search`. */
    description: string;
    tags: ReadonlyMap<string, Digest>;
    /** Every manifest that can be asked for by digest, with its media type: indexes and what they list. */
    manifests: ReadonlyMap<Digest, string>;
}

/** The images that came with the site. */
export interface BlobSource {
    /** By name. */
    repositories(signal?: AbortSignal): Promise<ReadonlyMap<string, BundledRepository>>;
    /** Undefined when the bundle has no such blob or manifest. */
    bytesOf(digest: Digest): Promise<number | undefined>;
    /** The whole blob or manifest, unchecked. Rejects with "internet.missing" when the bundle lacks the file it promises. */
    open(digest: Digest, signal?: AbortSignal): Promise<ReadableStream<Bytes>>;
}

/** A hub without images of its own. */
export const emptySource: BlobSource = {
    repositories: async () => new Map(),
    bytesOf: async () => undefined,
    open: async digest => Promise.reject(new Error(`the empty bundle was asked for ${digest}`)),
};
