import { digestIn, mustBeAllowed, unsupported, type Call } from "./call";
import type { Gate } from "./gate";
import { OciError } from "./oci-error";
import type { Registry } from "./registry";

/** The specification's order: compares letters first, then their case. */
export function inOrder(a: string, b: string): number {
    const [x, y] = [a.toLowerCase(), b.toLowerCase()];
    if (x !== y) return x < y ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * One page as requested by the parameters `n` and `last`, and the address of the next page if there is one. Throws
 * PAGINATION_NUMBER_INVALID.
 */
function page(all: readonly string[], url: URL): { items: string[]; link: Record<string, string> } {
    const last = url.searchParams.get("last");
    const n = url.searchParams.get("n");
    if (n !== null && !/^\d{1,9}$/.test(n))
        throw new OciError("PAGINATION_NUMBER_INVALID", "invalid number of results requested", { detail: { n } });
    const rest = [...all].sort(inOrder).filter(item => last === null || inOrder(item, last) > 0);
    if (n === null) return { items: rest, link: {} };
    const items = rest.slice(0, Number(n));
    if (items.length === 0 || items.length === rest.length) return { items, link: {} };
    return { items, link: { Link: `<${url.pathname}?n=${n}&last=${encodeURIComponent(items.at(-1)!)}>; rel="next"` } };
}

/** /v2/<name>/tags/list */
export async function tagsList(call: Call): Promise<Response> {
    const { request, url, name, registry } = call;
    if (request.method !== "GET" && request.method !== "HEAD") throw unsupported("GET");
    await mustBeAllowed(call, "pull");
    if (!(await registry.exists(name)))
        throw new OciError("NAME_UNKNOWN", "repository name not known to registry", { detail: { name } });
    const { items, link } = page(await registry.tags(name), url);
    return Response.json({ name, tags: items }, { headers: link });
}

/** /v2/_catalog */
export async function catalogue(request: Request, gate: Gate, registry: Registry): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") throw unsupported("GET");
    await gate.check(request, [{ type: "registry", name: "catalog", actions: ["*"] }]);
    const { items, link } = page(await registry.names(), new URL(request.url));
    return Response.json({ repositories: items }, { headers: link });
}

/** /v2/<name>/referrers/<digest> */
export async function referrers(call: Call, reference: string): Promise<Response> {
    const { request, url, name, registry } = call;
    if (request.method !== "GET" && request.method !== "HEAD") throw unsupported("GET");
    await mustBeAllowed(call, "pull");
    const all = await registry.referrers(name, digestIn(reference));
    const type = url.searchParams.get("artifactType");
    const manifests = type === null ? all : all.filter(({ artifactType }) => artifactType === type);
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const headers = { "Content-Type": mediaType, ...(type === null ? {} : { "OCI-Filters-Applied": "artifactType" }) };
    return new Response(JSON.stringify({ schemaVersion: 2, mediaType, manifests }), { headers });
}
