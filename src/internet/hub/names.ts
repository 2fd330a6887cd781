/** The specification's own grammar for repository names and tags. */
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tag = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Docker's clients accept 255 characters, including the host name; no name here needs more. */
const longestName = 255;

export const isRepositoryName = (text: string): boolean => text.length <= longestName && repository.test(text);

export const isTag = (text: string): boolean => tag.test(text);

/** "library/nginx" → "library": the owner of the repository. */
export const ownerOf = (name: string): string => (name.includes("/") ? name.slice(0, name.indexOf("/")) : "library");

/** "library/nginx" → "nginx": what a student types. */
export const familiar = (name: string): string => (name.startsWith("library/") ? name.slice("library/".length) : name);

/** A random UUID (version 4). `crypto.randomUUID` is missing where a page is served without TLS. */
export function randomUuid(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
