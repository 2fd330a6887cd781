/**
 * `http://debian.lab/debian`: a Debian repository for apt, with packages of trixie for i386, signed by the image's own
 * key.
 *
 * The suites trixie-updates and trixie-security of a usual sources.list exist and are empty. The signature is ours, not
 * Debian's: apt accepts it only where it trusts our key, as in the guest and in the base images.
 */
import { Hono } from "hono";
import * as v from "valibot";
import { kept, readIndex } from "./bundle-index";
import { sendBundleFile } from "./bundle-file";
import type { Bundle } from "./internet";

const FOLDER = "internet/debian/";

const indexSchema = v.object({
    /** By path below the repository's root. */
    files: v.record(v.string(), v.object({ bytes: v.number(), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) })),
    packages: v.array(v.object({ name: v.string(), version: v.string(), summary: v.string() })),
});
type Index = v.InferOutput<typeof indexSchema>;

const SOURCE = "deb [signed-by=/usr/share/keyrings/debian.lab.asc] http://debian.lab/debian trixie main";

export function debianLab(bundle: Bundle): Hono {
    const index = kept(() => readIndex(bundle, `${FOLDER}index.json`, indexSchema, "Debian packages"));
    const app = new Hono();
    app.get("/", async c => c.text(`${overview(await index())}\n`));
    app.on(["GET", "HEAD"], ["/debian/*", "/debian-security/*"], async c => {
        const known = await index();
        const asked = c.req.path.replace(/^\/[^/]+\//, "");
        const path = placeOf(asked, known);
        const file = path === undefined ? undefined : known.files[path];
        if (path !== undefined && file)
            return sendBundleFile(c.req.raw, bundle, FOLDER + path, { etag: file.sha256, type: typeOf(path) });
        const suite = /^dists\/([^/]+)/.exec(asked)?.[1];
        const reason =
            suite !== undefined && !(`dists/${suite}/Release` in known.files)
                ? `no release "${suite}": its packages are of trixie`
                : `no file ${asked}`;
        return c.text(`debian.lab, the Debian mirror inside this page, has ${reason}.\n${overview(known)}\n`, 404);
    });
    return app;
}

/**
 * The stored path for a requested one: percent-encoding decoded, "stable" replaced by its name, a list named by its
 * hash.
 */
function placeOf(asked: string, { files }: Index): string | undefined {
    let path: string;
    try {
        path = decodeURIComponent(asked);
    } catch {
        return undefined; // no name here contains a bare percent sign
    }
    path = path.replace(/^dists\/stable(?=[/-])/, "dists/trixie");
    const [, folder, hash] = /^(.+)\/by-hash\/SHA256\/([0-9a-f]{64})$/.exec(path) ?? [];
    if (folder === undefined) return Object.hasOwn(files, path) ? path : undefined;
    return Object.keys(files).find(name => name.startsWith(`${folder}/`) && files[name]!.sha256 === hash);
}

const typeOf = (path: string): string =>
    path.endsWith(".deb") ? "application/vnd.debian.binary-package" : "text/plain; charset=utf-8";

function overview({ packages }: Index): string {
    const lines = packages.map(({ name, version, summary }) => `  ${name} ${version}: ${summary}`);
    return `Its line for /etc/apt/sources.list:\n  ${SOURCE}\nIt has ${lines.length} packages:\n${lines.join("\n")}`;
}
