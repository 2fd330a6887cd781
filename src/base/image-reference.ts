/** Names of container images, as Docker reads them. This is the only parser of that grammar. */

export interface ImageReference {
    /** "docker.io", "localhost:5000". */
    registry: string;
    /** "library/busybox", "me/app". */
    repository: string;
    /** undefined where a digest identifies the image and no tag is given. */
    tag: string | undefined;
    /** "sha256:..." */
    digest: string | undefined;
}

const HUB = "docker.io";

/** Reads what a student may type. Accepts any text: the engine refuses invalid names, not this function. */
export function parseImage(ref: string): ImageReference {
    const at = ref.indexOf("@");
    const digest = at < 0 ? undefined : ref.slice(at + 1);
    const named = at < 0 ? ref : ref.slice(0, at);
    const slash = named.indexOf("/");
    const host = slash < 0 ? "" : named.slice(0, slash);
    const hasHost = /[.:]/.test(host) || host === "localhost";
    const registry = !hasHost || host === `index.${HUB}` ? HUB : host;
    const path = hasHost ? named.slice(slash + 1) : named;
    const colon = path.indexOf(":", path.lastIndexOf("/") + 1);
    const name = colon < 0 ? path : path.slice(0, colon);
    const tag = colon >= 0 ? path.slice(colon + 1) : digest === undefined ? "latest" : undefined;
    return { registry, repository: registry === HUB && !name.includes("/") ? `library/${name}` : name, tag, digest };
}

const write = (name: string, { tag, digest }: ImageReference): string =>
    `${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;

/** "busybox" -> "docker.io/library/busybox:latest" */
export function canonicalImage(ref: string): string {
    const parsed = parseImage(ref);
    return write(`${parsed.registry}/${parsed.repository}`, parsed);
}

/** "docker.io/library/nginx" -> "nginx:latest": the spelling that the engine's lists use. */
export function familiarImage(ref: string): string {
    const parsed = parseImage(ref);
    return write(familiarName(parsed), parsed);
}

/** "nginx", "me/app", "localhost:5000/app": the name without tag or digest, as a student types it. */
export function familiarName({ registry, repository }: ImageReference): string {
    return registry === HUB ? repository.replace(/^library\//, "") : `${registry}/${repository}`;
}

/** The name in `ref` without tag or digest, as a student types it. */
export const repositoryOf = (ref: string): string => familiarName(parseImage(ref));

export const sameImage = (a: string, b: string): boolean => canonicalImage(a) === canonicalImage(b);
