import { familiar } from "./names";
import type { Registry } from "./registry";

interface Hit {
    name: string;
    description: string;
    official: boolean;
}

/** Repositories whose name or description contains the words; matches in the name come first. */
async function find(registry: Registry, query: string): Promise<Hit[]> {
    const words = query
        .toLowerCase()
        .replace(/^library\//, "")
        .split(/\s+/)
        .filter(word => word !== "");
    const bundled = await registry.bundled();
    const hits = (await registry.names()).map((full): Hit => ({
        name: familiar(full),
        description: bundled.get(full)?.description ?? "",
        official: full.startsWith("library/"),
    }));
    const rank = ({ name, description }: Hit): number => {
        if (name === words.join(" ")) return 0;
        if (words.every(word => name.includes(word))) return 1;
        return words.every(word => `${name} ${description}`.toLowerCase().includes(word)) ? 2 : 3;
    };
    return hits.filter(hit => rank(hit) < 3).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** A whole number from a query, kept within bounds. */
function numberIn(url: URL, name: string, usual: number, most: number): number {
    const text = url.searchParams.get(name) ?? "";
    return /^\d{1,6}$/.test(text) ? Math.min(Math.max(Number(text), 1), most) : usual;
}

/** /v1/search?q=&n=&page=: what `docker search` requests from index.docker.io. No stars: nobody has given any here. */
export async function searchV1(request: Request, registry: Registry): Promise<Response> {
    const url = new URL(request.url);
    const query = url.searchParams.get("q") ?? "";
    const hits = await find(registry, query);
    const size = numberIn(url, "n", 25, 100);
    const page = numberIn(url, "page", 1, 1000);
    const results = hits.slice((page - 1) * size, page * size).map(({ name, description, official }) => ({
        name,
        description,
        star_count: 0,
        is_official: official,
        is_automated: false,
        is_trusted: false,
    }));
    return Response.json({
        num_pages: Math.ceil(hits.length / size),
        num_results: hits.length,
        page,
        page_size: size,
        query,
        results,
    });
}

/** hub.docker.com: the two addresses of its web API that course materials use with `curl`, and its search. */
export async function webApi(request: Request, registry: Registry): Promise<Response> {
    const url = new URL(request.url);
    const missing = Response.json({ message: "object not found", errinfo: {} }, { status: 404 });
    if (url.pathname === "/" || url.pathname === "")
        return new Response(
            "This is the Docker Hub inside the page. The docker commands pull, push, login and search work; it has no web pages.\n",
        );
    if (/^\/v2\/search\/repositories\/?$/.test(url.pathname)) {
        const hits = await find(registry, url.searchParams.get("query") ?? "");
        return Response.json({
            count: hits.length,
            next: "",
            previous: "",
            results: hits.map(hit => ({
                repo_name: hit.name,
                short_description: hit.description,
                star_count: 0,
                pull_count: 0,
                is_official: hit.official,
                is_automated: false,
            })),
        });
    }
    const match = /^\/v2\/(?:repositories|namespaces)\/([^/]+)\/(?:repositories\/)?([^/]+)(\/tags)?\/?$/.exec(
        url.pathname,
    );
    const name = match ? `${match[1]}/${match[2]}` : "";
    if (!match || !(await registry.exists(name))) return missing;
    if (!match[3])
        return Response.json({
            user: match[1],
            namespace: match[1],
            name: match[2],
            description: (await registry.bundled()).get(name)?.description ?? "",
            is_private: false,
            star_count: 0,
        });
    const results = [];
    for (const tag of (await registry.tags(name)).sort()) {
        const found = await registry.manifest(name, tag);
        if (found)
            results.push({
                name: tag,
                digest: found.digest,
                media_type: found.mediaType,
                images: [{ architecture: "386", os: "linux" }],
            });
    }
    return Response.json({ count: results.length, next: null, previous: null, results });
}
