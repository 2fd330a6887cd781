import type { Bytes } from "../../base/bytes";
import type { Digest } from "./digest";

export interface ManifestRow {
    mediaType: string;
    bytes: Bytes;
    /** The manifest that this one refers to. */
    subject?: Digest;
}

/** What the hub stores besides bytes. Keys are joined by a line feed, which no name, tag or digest contains. */
export interface Rows {
    /** digest → the file that holds its bytes */
    blobs: { file: string; bytes: number };
    /** repository, digest: the repository has this blob */
    links: { since: number };
    /** repository, digest */
    manifests: ManifestRow;
    /** repository, tag */
    tags: { digest: Digest };
    /** repository, subject's digest, referrer's digest */
    referrers: { since: number };
    /** user name */
    accounts: { salt: string; hash: string };
}

export type Table = keyof Rows;

export const tables: readonly Table[] = ["blobs", "links", "manifests", "tags", "referrers", "accounts"];

/** A row to write, or to remove if `row` is undefined. */
export type Change = { [T in Table]: { table: T; key: string; row: Rows[T] | undefined } }[Table];

export interface Records {
    get<T extends Table>(table: T, key: string): Promise<Rows[T] | undefined>;
    /** The rows whose key begins with `prefix`, ordered by key. */
    list<T extends Table>(table: T, prefix: string): Promise<{ key: string; row: Rows[T] }[]>;
    /** Applies all the changes or none. */
    write(changes: readonly Change[]): Promise<void>;
}

export const keyOf = (...parts: string[]): string => parts.join("\n");

/** The last part of a key. */
export const lastOf = (key: string): string => key.slice(key.lastIndexOf("\n") + 1);
