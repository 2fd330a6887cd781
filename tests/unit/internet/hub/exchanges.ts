/**
 * Exchanges as the engine's pulls and pushes leave them, made by hand: requests with what the hub reports about each.
 */
import type { RegistryAct, ToldManifest } from "../../../../src/internet/told";
import type { Exchange } from "../../../../src/internet/traffic";

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

export const manifest = (config: string, ...layers: string[]): ToldManifest => ({
    kind: "image",
    config: { digest: digest(config), size: 1_500 },
    layers: layers.map((layer, index) => ({ digest: digest(layer), size: (index + 1) * 1_000_000 })),
});

const index: ToldManifest = { kind: "index", platforms: ["linux/386"] };

/** What the hub reports about a request. `path` without "/v2/". */
function actOf(method: string, path: string, content: ToldManifest | undefined): RegistryAct {
    if (path === "") return { verb: "greeting" };
    const { pathname, searchParams } = new URL(path, "http://hub.lab/");
    const [, repository = "", verb, reference = ""] =
        /^\/(.+)\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(pathname) ?? [];
    const reads = method === "HEAD" ? "look" : "get";
    if (verb === "manifests") {
        const does = method === "PUT" ? "put" : reads;
        return { verb: "manifest", repository, reference, does, manifest: content };
    }
    if (verb === "blobs") return { verb: "blob", repository, digest: reference, does: reads };
    return {
        verb: "upload",
        repository,
        does: searchParams.has("mount") ? "mount" : (({ PATCH: "part", PUT: "finish" } as const)[method] ?? "start"),
        upload: reference || undefined,
        digest: searchParams.get("digest") ?? searchParams.get("mount") ?? undefined,
        from: searchParams.get("from") ?? undefined,
    };
}

export class Story {
    readonly exchanges: Exchange[] = [];
    /** Milliseconds since 1970. */
    now = Date.UTC(2026, 10, 21, 12);

    add(method: string, url: string, status: number | undefined, more: Partial<Exchange> = {}): this {
        const began = this.now;
        this.now += 40;
        const answeredBy =
            status !== undefined && status >= 400 && status !== 401 ? ("refused" as const) : ("bundle" as const);
        this.exchanges.push({
            id: this.exchanges.length + 1,
            began,
            ended: this.now,
            method,
            url,
            status,
            answeredBy,
            end: "complete",
            problem: undefined,
            online: undefined,
            bytesUp: 0,
            bytesDown: 0,
            act: undefined,
            ...more,
        });
        return this;
    }

    /** `manifest`: the content of a transferred manifest. */
    hub(
        method: string,
        path: string,
        status: number | undefined,
        { manifest: content, ...more }: Partial<Exchange> & { manifest?: ToldManifest } = {},
        host = "https://registry-1.docker.io",
    ): this {
        return this.add(method, `${host}/v2/${path}`, status, { act: actOf(method, path, content), ...more });
    }

    /** `repository` undefined: a login. */
    token(repository: string | undefined, actions = "pull", more: Partial<Exchange> = {}): this {
        return this.add("GET", "https://auth.docker.io/token?service=registry.docker.io", 200, {
            act: { verb: "token", repository, pushes: actions.includes("push") },
            ...more,
        });
    }

    greet(name: string, actions = "pull"): this {
        this.hub("GET", "", 401, { bytesDown: 90 });
        return this.token(name, actions, { bytesDown: 700 });
    }

    /** The requests of Docker's pull up to the blobs. */
    manifests(name: string, tag: string, image: ToldManifest): this {
        this.hub("HEAD", `${name}/manifests/${tag}`, 200);
        this.hub("GET", `${name}/manifests/${digest("1")}`, 200, { manifest: index, bytesDown: 400 });
        return this.hub("GET", `${name}/manifests/${digest("2")}`, 200, { manifest: image, bytesDown: 900 });
    }

    blob(name: string, letter: string, bytesDown: number, more: Partial<Exchange> = {}): this {
        return this.hub("GET", `${name}/blobs/${digest(letter)}`, 200, { bytesDown, ...more });
    }

    wait(milliseconds: number): this {
        this.now += milliseconds;
        return this;
    }
}
