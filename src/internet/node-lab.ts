/**
 * `http://node.lab/`: an npm registry, read-only.
 *
 * npm runs on an emulated processor here: it asks for the short form of a package's list, a tenth of the long one, and
 * gets it uncompressed. Its other requests (advisories, its own newest version) are answered at once and with nothing,
 * so that an installation neither waits nor warns.
 */
import { type Context, Hono } from "hono";
import type { Bundle } from "./internet";
import { kept } from "./bundle-index";
import { sendBundleFile } from "./bundle-file";
import { NODE_FOLDER, type NodeIndex, type NodeVersion, readNodeIndex, tarballPath } from "./node-index";

/** The short form, which has what an installer needs. */
const INSTALL_TYPE = "application/vnd.npm.install-v1+json";
/** The fields of a package.json that the short form has. */
const INSTALL_FIELDS = [
    "name",
    "version",
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "bin",
    "engines",
    "os",
    "cpu",
    "hasInstallScript",
];

/** Results on one page of a search: the most that npm's registry returns. */
const LARGEST_PAGE = 250;

export function nodeLab(bundle: Bundle): Hono {
    const index = kept(() => readNodeIndex(bundle));
    const app = new Hono();
    app.get("/", async c =>
        c.req.header("Accept")?.includes("json")
            ? c.json({ db_name: "node.lab", doc_count: (await index()).size })
            : c.text(`${overview(await index())}\n`),
    );
    app.get("/-/ping", c => c.json({}));
    app.post("/-/npm/v1/security/advisories/bulk", c => c.json({}));
    app.post("/-/npm/v1/security/audits/quick", c =>
        c.json({
            actions: [],
            advisories: {},
            muted: [],
            metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, high: 0, critical: 0 } },
        }),
    );
    app.get("/-/v1/search", async c => {
        const number = (name: string, other: number) =>
            Math.max(0, Number.parseInt(c.req.query(name) ?? "", 10) || other);
        const found = search(await index(), c.req.query("text") ?? "");
        const from = number("from", 0);
        return c.json({
            objects: found.slice(from, from + Math.min(LARGEST_PAGE, number("size", 20))),
            total: found.length,
            time: new Date().toUTCString(),
        });
    });
    app.on(["GET", "HEAD"], "/-/package/:name{.+}/dist-tags", async c => {
        const versions = (await index()).get(decoded(c.req.param("name")));
        return versions ? c.json(tagsOf(versions)) : missing(c, c.req.param("name"), await index());
    });
    app.all("/-/*", c =>
        c.json(
            {
                error: `node.lab, the registry inside this page, has packages to install and search; ${c.req.path} is not part of it.`,
            },
            404,
        ),
    );
    app.on(["GET", "HEAD"], "/*", async c => {
        const path = decoded(c.req.path);
        const [, name = "", rest = ""] = /^\/((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(path) ?? [];
        const packages = await index();
        const versions = packages.get(name);
        if (!versions) return missing(c, name, packages);
        if (rest.startsWith("/-/")) {
            const version = versions.find(one => tarballPath(one) === path);
            if (version)
                return sendBundleFile(c.req.raw, bundle, NODE_FOLDER + version.file, {
                    etag: version.integrity,
                    type: "application/octet-stream",
                });
            return c.json({ error: `node.lab has no ${path}; of ${name} it has ${versionList(versions)}` }, 404);
        }
        const origin = new URL(c.req.url).origin;
        if (rest === "" || rest === "/") return packument(c, name, versions, origin);
        const wanted = tagsOf(versions)[rest.slice(1)] ?? rest.slice(1);
        const version = versions.find(one => one.manifest.version === wanted);
        return version
            ? c.json(manifestOf(version, origin))
            : c.json({ error: `node.lab has no ${name}@${wanted}, but ${versionList(versions)}` }, 404);
    });
    app.all("*", c =>
        c.json(
            { error: "node.lab, the registry inside this page, cannot be written to: it lives as long as this page." },
            405,
        ),
    );
    return app;
}

/** npm writes the slash of a scoped name as %2f. */
function decoded(path: string): string {
    try {
        return decodeURIComponent(path);
    } catch {
        return path; // no name here contains a bare percent sign
    }
}

/** The highest version that is not a pre-release, if there is one. */
const newestOf = (versions: readonly NodeVersion[]): NodeVersion =>
    versions.findLast(one => !one.manifest.version.includes("-")) ?? versions.at(-1)!;

const tagsOf = (versions: readonly NodeVersion[]): Record<string, string> => ({
    latest: newestOf(versions).manifest.version,
});

const versionList = (versions: readonly NodeVersion[]): string => versions.map(one => one.manifest.version).join(", ");

function distOf(version: NodeVersion, origin: string) {
    return {
        integrity: version.integrity,
        shasum: version.shasum,
        tarball: origin + tarballPath(version),
        fileCount: version.fileCount,
        unpackedSize: version.unpackedBytes,
    };
}

function manifestOf(version: NodeVersion, origin: string) {
    const { name, version: number } = version.manifest;
    return { ...version.manifest, _id: `${name}@${number}`, dist: distOf(version, origin) };
}

function packument(c: Context, name: string, versions: readonly NodeVersion[], origin: string): Response {
    const short = c.req.header("Accept")?.includes(INSTALL_TYPE) ?? false;
    const listed = (entry: (one: NodeVersion) => unknown) =>
        Object.fromEntries(versions.map(one => [one.manifest.version, entry(one)]));
    c.header("Vary", "Accept");
    c.header("Cache-Control", "max-age=300");
    if (short) {
        const installed = (one: NodeVersion) => ({
            ...Object.fromEntries(
                INSTALL_FIELDS.filter(field => field in one.manifest).map(field => [field, one.manifest[field]]),
            ),
            dist: distOf(one, origin),
        });
        return c.body(JSON.stringify({ name, "dist-tags": tagsOf(versions), versions: listed(installed) }), 200, {
            "Content-Type": INSTALL_TYPE,
        });
    }
    const { description, keywords, license, author, homepage } = newestOf(versions).manifest;
    return c.json({
        _id: name,
        name,
        description,
        keywords,
        license,
        author,
        homepage,
        "dist-tags": tagsOf(versions),
        versions: listed(one => manifestOf(one, origin)),
        maintainers: [],
        time: {},
        readme: "",
    });
}

/** npm prints `error` after the status. */
function missing(c: Context, name: string, packages: NodeIndex): Response {
    return c.json(
        {
            error: `node.lab, the registry inside this page, has no package "${name}". It has: ${[...packages.keys()].join(", ")}`,
        },
        404,
    );
}

function overview(packages: NodeIndex): string {
    const lines = [...packages].map(([name, versions]) => `  ${name} ${versionList(versions)}`);
    return `node.lab, the npm registry inside this page, has ${lines.length} packages, with their versions:\n${lines.join("\n")}`;
}

/** Every word must be in the name, the description or the keywords; matches in the name come first. */
function search(packages: NodeIndex, text: string): unknown[] {
    const words = text
        .toLowerCase()
        .split(/\s+/)
        .filter(word => word !== "");
    const found = [...packages.values()].flatMap(versions => {
        const { name, version, description = "", keywords } = newestOf(versions).manifest;
        const list = Array.isArray(keywords) ? keywords.map(String) : [];
        const all = `${name} ${description} ${list.join(" ")}`.toLowerCase();
        if (!words.every(word => all.includes(word))) return [];
        const rank = words.every(word => name === word) ? 2 : words.every(word => name.includes(word)) ? 1 : 0;
        return [
            {
                rank,
                entry: {
                    package: { name, version, description, keywords: list, links: {}, maintainers: [] },
                    score: { final: rank, detail: {} },
                    searchScore: rank,
                },
            },
        ];
    });
    return found.sort((a, b) => b.rank - a.rank).map(({ entry }) => entry);
}
