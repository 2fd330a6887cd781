/** Exchanges as the engine's pulls and pushes leave them, made by hand. */
import type { Exchange } from "../../../../src/internet/traffic";

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

export const manifest = (config: string, ...layers: string[]) => ({
    mediaType: MANIFEST,
    text: JSON.stringify({
        schemaVersion: 2,
        config: { digest: digest(config), size: 1_500 },
        layers: layers.map((layer, index) => ({ digest: digest(layer), size: (index + 1) * 1_000_000 })),
    }),
});

export const index = (image: string) => ({
    mediaType: INDEX,
    text: JSON.stringify({
        schemaVersion: 2,
        manifests: [{ digest: digest(image), size: 500, platform: { os: "linux", architecture: "386" } }],
    }),
});

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
            manifest: undefined,
            ...more,
        });
        return this;
    }

    hub(method: string, path: string, status: number | undefined, more: Partial<Exchange> = {}): this {
        return this.add(method, `https://registry-1.docker.io/v2/${path}`, status, more);
    }

    greet(name: string, actions = "pull"): this {
        this.hub("GET", "", 401, { bytesDown: 90 });
        return this.add(
            "GET",
            `https://auth.docker.io/token?service=registry.docker.io&scope=${encodeURIComponent(`repository:${name}:${actions}`)}`,
            200,
            { bytesDown: 700 },
        );
    }

    /** Docker's pull up to the blobs. */
    manifests(name: string, tag: string, image: ReturnType<typeof manifest>): this {
        this.hub("HEAD", `${name}/manifests/${tag}`, 200);
        this.hub("GET", `${name}/manifests/${digest("1")}`, 200, { manifest: index("2"), bytesDown: 400 });
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
