import type { Bytes } from "../../base/bytes";
import type { Digest } from "./digest";

/** An image repository that came with the site; read-only. */
export interface BundledRepository {
    /** Including its owner: "library/nginx". */
    name: string;
    /** One line, for `docker search`. */
    description: string;
    tags: ReadonlyMap<string, Digest>;
    /** Every manifest that can be requested by digest, with its media type: indexes and the manifests they list. */
    manifests: ReadonlyMap<Digest, string>;
}

/** The images that came with the site. */
export interface BlobSource {
    /** By name. */
    repositories(signal?: AbortSignal): Promise<ReadonlyMap<string, BundledRepository>>;
    /** undefined if the bundle has no such blob or manifest. */
    bytesOf(digest: Digest): Promise<number | undefined>;
    /**
     * The whole blob or manifest, unchecked. Rejects with "internet.missing" if the bundle lacks a file that it lists.
     */
    open(digest: Digest, signal?: AbortSignal): Promise<ReadableStream<Bytes>>;
}

/** A source without images. */
export const emptySource: BlobSource = {
    repositories: async () => new Map(),
    bytesOf: async () => undefined,
    open: async digest => Promise.reject(new Error(`the empty bundle was asked for ${digest}`)),
};
