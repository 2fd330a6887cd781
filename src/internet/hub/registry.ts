import type { DrydockError } from "../../base/errors";
import { readAll, type Bytes } from "../../base/bytes";
import type { BlobSource, BundledRepository } from "./blob-source";
import type { Draft } from "./blob-store";
import { algorithmOf, digestOf, parseDigest, type Digest } from "./digest";
import { longestManifest, parseManifest, type Manifest } from "./manifest";
import { isTag } from "./names";
import { OciError } from "./oci-error";
import { keyOf, lastOf, type Change } from "./records";
import type { HubStorage } from "./storage";
import type { Answerer } from "../told";
import { part, verified } from "./verified";

export interface FoundManifest {
    digest: Digest;
    mediaType: string;
    bytes: Bytes;
    origin: Answerer;
}

export interface FoundBlob {
    bytes: number;
    origin: Answerer;
    /** From `start` up to `end`, checked: fails with "hub.blob-truncated", "hub.blob-altered" or "hub.file-missing". */
    open(start: number, end: number, signal?: AbortSignal): Promise<ReadableStream<Bytes>>;
}

const places: Record<Answerer, string> = { bundle: "this site's bundle", browser: "the browser's storage" };

/** All repositories: those that came with the site, read-only, and those that students pushed. */
export class Registry {
    /**
     * Bundled blobs found to be altered: the next request for one gets a named error, which a cut connection cannot
     * give.
     */
    #altered = new Map<Digest, DrydockError>();

    constructor(
        private readonly source: BlobSource,
        private readonly storage: HubStorage,
        private readonly report: (error: DrydockError) => void,
    ) {}

    bundled(): Promise<ReadonlyMap<string, BundledRepository>> {
        return this.source.repositories();
    }

    async exists(name: string): Promise<boolean> {
        if ((await this.bundled()).has(name)) return true;
        const { records } = this.storage;
        return (
            (await records.list("manifests", keyOf(name, ""))).length > 0 ||
            (await records.list("links", keyOf(name, ""))).length > 0
        );
    }

    /** Names of the repositories with images, including pushed ones; in no particular order. */
    async names(): Promise<string[]> {
        const pushed = (await this.storage.records.list("manifests", "")).map(({ key }) =>
            key.slice(0, key.indexOf("\n")),
        );
        return [...new Set([...(await this.bundled()).keys(), ...pushed])];
    }

    /** The tags of all repositories, by name. */
    async shelf(): Promise<ReadonlyMap<string, readonly string[]>> {
        const shelf = new Map<string, string[]>();
        for (const [name, { tags }] of await this.bundled()) shelf.set(name, [...tags.keys()]);
        for (const { key } of await this.storage.records.list("tags", "")) {
            const [name = ""] = key.split("\n");
            shelf.set(name, [...new Set([...(shelf.get(name) ?? []), lastOf(key)])]);
        }
        return shelf;
    }

    /** In no particular order. */
    async tags(name: string): Promise<string[]> {
        const pushed = (await this.storage.records.list("tags", keyOf(name, ""))).map(({ key }) => lastOf(key));
        return [...new Set([...((await this.bundled()).get(name)?.tags.keys() ?? []), ...pushed])];
    }

    /**
     * The manifest with a tag or digest; undefined if there is none. Rejects with a "hub.blob-…" error if the bundle's
     * copy is damaged.
     */
    async manifest(name: string, reference: string): Promise<FoundManifest | undefined> {
        const bundled = (await this.bundled()).get(name);
        const digest =
            parseDigest(reference) ??
            (await this.storage.records.get("tags", keyOf(name, reference)))?.digest ??
            bundled?.tags.get(reference);
        if (!digest) return undefined;
        const row = await this.storage.records.get("manifests", keyOf(name, digest));
        if (row) return { digest, mediaType: row.mediaType, bytes: row.bytes, origin: "browser" };
        const mediaType = bundled?.manifests.get(digest);
        if (mediaType === undefined) return undefined;
        const blob = await this.#bundledBlob(digest);
        return (
            blob && {
                digest,
                mediaType,
                bytes: await readAll(await blob.open(0, blob.bytes), longestManifest),
                origin: "bundle",
            }
        );
    }

    async blob(name: string, digest: Digest): Promise<FoundBlob | undefined> {
        if ((await this.bundled()).has(name)) return this.#bundledBlob(digest);
        if (!(await this.storage.records.get("links", keyOf(name, digest)))) return undefined;
        return this.#anyBlob(digest);
    }

    async #anyBlob(digest: Digest): Promise<FoundBlob | undefined> {
        return (await this.#storedBlob(digest)) ?? (await this.#bundledBlob(digest));
    }

    async #storedBlob(digest: Digest): Promise<FoundBlob | undefined> {
        const { blobs } = this.storage;
        const bytes = await blobs.bytesOf(digest);
        if (bytes === undefined) return undefined;
        const open = async (start: number, end: number): Promise<ReadableStream<Bytes>> => {
            const stream = await blobs.open(digest, start, end);
            if (start > 0 || end < bytes) return stream;
            return verified(stream, { digest, bytes, place: places.browser }, error => {
                this.report(error);
                void blobs.remove(digest); // so that the layer can be pushed again
            });
        };
        return { bytes, origin: "browser", open };
    }

    async #bundledBlob(digest: Digest): Promise<FoundBlob | undefined> {
        const bytes = await this.source.bytesOf(digest);
        if (bytes === undefined) return undefined;
        const open = async (start: number, end: number, signal?: AbortSignal): Promise<ReadableStream<Bytes>> => {
            const altered = this.#altered.get(digest);
            if (altered) throw altered;
            const whole = verified(
                await this.source.open(digest, signal),
                { digest, bytes, place: places.bundle },
                error => {
                    if (error.code === "hub.blob-altered") this.#altered.set(digest, error);
                    this.report(error);
                },
            );
            return start > 0 || end < bytes ? part(whole, start, end) : whole;
        };
        return { bytes, origin: "bundle", open };
    }

    /**
     * Stores the manifest under a digest or tag, and under `tags` too; resolves to its digest and its subject. Throws
     * the specification's errors.
     */
    async putManifest(
        name: string,
        reference: string,
        bytes: Bytes,
        contentType: string,
        tags: readonly string[] = [],
    ): Promise<{ digest: Digest; subject: Digest | undefined }> {
        const given = parseDigest(reference);
        const names = given ? tags : [reference, ...tags];
        for (const tag of names)
            if (!isTag(tag)) throw new OciError("TAG_INVALID", "manifest tag did not match URI", { detail: tag });
        const manifest = parseManifest(bytes, contentType);
        const digest = digestOf(bytes, given ? algorithmOf(given) : "sha256");
        if (given && given !== digest)
            throw new OciError("DIGEST_INVALID", "provided digest did not match uploaded content", {
                detail: { provided: given, actual: digest },
            });
        await this.storage.exclusive(async () => {
            await this.#mustHaveParts(name, manifest);
            const { subject, mediaType } = manifest;
            const changes: Change[] = [
                { table: "manifests", key: keyOf(name, digest), row: { mediaType, bytes, subject } },
            ];
            for (const tag of names) changes.push({ table: "tags", key: keyOf(name, tag), row: { digest } });
            if (subject)
                changes.push({ table: "referrers", key: keyOf(name, subject, digest), row: { since: Date.now() } });
            await this.storage.records.write(changes);
        });
        return { digest, subject: manifest.subject };
    }

    async #mustHaveParts(name: string, manifest: Manifest): Promise<void> {
        const missing: Digest[] = [];
        for (const digest of manifest.blobs) if (!(await this.blob(name, digest))) missing.push(digest);
        for (const { digest } of manifest.manifests)
            if (!(await this.storage.records.get("manifests", keyOf(name, digest)))) missing.push(digest);
        if (missing.length > 0)
            throw new OciError("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", { detail: missing });
    }

    /** False if there is no such manifest. Its tags are removed with it. */
    deleteManifest(name: string, digest: Digest): Promise<boolean> {
        return this.storage.exclusive(async () => {
            const { records } = this.storage;
            const row = await records.get("manifests", keyOf(name, digest));
            if (!row) return false;
            const tags = (await records.list("tags", keyOf(name, ""))).filter(tag => tag.row.digest === digest);
            const changes: Change[] = tags.map(({ key }) => ({ table: "tags", key, row: undefined }));
            if (row.subject)
                changes.push({ table: "referrers", key: keyOf(name, row.subject, digest), row: undefined });
            await records.write([...changes, { table: "manifests", key: keyOf(name, digest), row: undefined }]);
            return true;
        });
    }

    /** False if there is no such tag. The manifest stays. */
    deleteTag(name: string, tag: string): Promise<boolean> {
        return this.storage.exclusive(async () => {
            if (!(await this.storage.records.get("tags", keyOf(name, tag)))) return false;
            await this.storage.records.write([{ table: "tags", key: keyOf(name, tag), row: undefined }]);
            return true;
        });
    }

    /** The pushed manifests whose subject is `digest`, as entries of an image index. */
    async referrers(name: string, subject: Digest): Promise<Referrer[]> {
        const found: Referrer[] = [];
        for (const { key } of await this.storage.records.list("referrers", keyOf(name, subject, ""))) {
            const digest = lastOf(key) as Digest;
            const row = await this.storage.records.get("manifests", keyOf(name, digest));
            if (!row) continue;
            const { artifactType, annotations } = parseManifest(row.bytes, row.mediaType);
            found.push({
                mediaType: row.mediaType,
                digest,
                size: row.bytes.byteLength,
                ...(artifactType ? { artifactType } : {}),
                ...(annotations ? { annotations } : {}),
            });
        }
        return found;
    }

    draft(): Promise<Draft> {
        return this.storage.blobs.draft();
    }

    keep(name: string, draft: Draft, digest: Digest): Promise<void> {
        return this.storage.exclusive(() => draft.keep(digest, [this.#link(name, digest)]));
    }

    /**
     * Gives the repository a blob that the repository `from` has, or that any has if `from` is undefined; false if
     * there is none.
     */
    mount(name: string, digest: Digest, from: string | undefined): Promise<boolean> {
        return this.storage.exclusive(async () => {
            const blob = from === undefined ? await this.#anyBlob(digest) : await this.blob(from, digest);
            if (blob) await this.storage.records.write([this.#link(name, digest)]);
            return blob !== undefined;
        });
    }

    /** False if the repository has no such blob. The bytes are removed with the last repository that has it. */
    deleteBlob(name: string, digest: Digest): Promise<boolean> {
        return this.storage.exclusive(async () => {
            const { records, blobs } = this.storage;
            const key = keyOf(name, digest);
            if (!(await records.get("links", key))) return false;
            const unlink: Change = { table: "links", key, row: undefined };
            const others = (await records.list("links", "")).filter(
                link => link.key !== key && lastOf(link.key) === digest,
            );
            if (others.length > 0) await records.write([unlink]);
            else await blobs.remove(digest, [unlink]);
            return true;
        });
    }

    #link(name: string, digest: Digest): Change {
        return { table: "links", key: keyOf(name, digest), row: { since: Date.now() } };
    }
}

export interface Referrer {
    mediaType: string;
    digest: Digest;
    size: number;
    artifactType?: string;
    annotations?: Record<string, string>;
}
