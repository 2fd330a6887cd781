/**
 * `http://python.lab/simple/`: a Python package index (PEP 503 as HTML, 691 as JSON, 658 for metadata alone).
 *
 * pip runs on an emulated processor, so its habits matter here: it asks for JSON first, which it parses more cheaply;
 * with `core-metadata` it resolves from files of some kilobytes instead of whole wheels. A hash in the listing saves
 * pip nothing, but it is checked, so a damaged bundle is found out.
 */
import { Hono } from "hono";
import { accepts } from "hono/accepts";
import type { Bundle } from "./internet";
import { sendBundleFile } from "./bundle-file";
import { kept } from "./bundle-index";
import {
    normalizedName,
    PYTHON_FOLDER,
    type PythonFile,
    type PythonIndex,
    readPythonIndex,
    versionOf,
} from "./python-index";

const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
const HTML_TYPE = "application/vnd.pypi.simple.v1+html";

const escapeHtml = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const document = (title: string, body: string): string =>
    `<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.1"><title>${escapeHtml(title)}</title></head>\n<body>\n${body}\n</body></html>\n`;

export function pythonLab(bundle: Bundle): Hono {
    const index = kept(() => readPythonIndex(bundle));
    const wanted = (c: Parameters<typeof accepts>[0]) =>
        accepts(c, { header: "Accept", supports: [JSON_TYPE, HTML_TYPE, "text/html"], default: "text/html" });

    const app = new Hono();
    app.get("/", async c => c.text(`${overview(await index())}\n`));
    app.get("/simple", c => c.redirect("/simple/", 301));
    app.get("/simple/", async c => {
        const names = [...(await index()).keys()].sort();
        const type = wanted(c);
        c.header("Vary", "Accept");
        if (type === JSON_TYPE)
            return c.body(
                JSON.stringify({ meta: { "api-version": "1.1" }, projects: names.map(name => ({ name })) }),
                200,
                { "Content-Type": type },
            );
        return c.body(
            document("Simple index", names.map(name => `<a href="/simple/${name}/">${name}</a><br>`).join("\n")),
            200,
            { "Content-Type": `${type}; charset=utf-8` },
        );
    });
    app.get("/simple/:name", c => c.redirect(`/simple/${normalizedName(c.req.param("name"))}/`, 301));
    app.get("/simple/:name/", async c => {
        const name = normalizedName(c.req.param("name"));
        if (name !== c.req.param("name")) return c.redirect(`/simple/${name}/`, 301);
        const packages = await index();
        const files = packages.get(name);
        if (!files)
            return c.text(
                `python.lab, the package index inside this page, has no package "${name}".\n${overview(packages)}\n`,
                404,
            );
        const type = wanted(c);
        c.header("Vary", "Accept");
        c.header("Cache-Control", "max-age=600");
        if (type === JSON_TYPE) return c.body(JSON.stringify(projectJson(name, files)), 200, { "Content-Type": type });
        return c.body(document(`Links for ${name}`, files.map(projectLink).join("\n")), 200, {
            "Content-Type": `${type}; charset=utf-8`,
        });
    });
    app.on(["GET", "HEAD"], "/files/:filename", async c => {
        const filename = c.req.param("filename");
        for (const files of (await index()).values())
            for (const file of files) {
                if (file.filename === filename)
                    return sendBundleFile(c.req.raw, bundle, PYTHON_FOLDER + filename, {
                        etag: file.sha256,
                        type: "application/octet-stream",
                    });
                if (file.metadataSha256 !== undefined && `${file.filename}.metadata` === filename)
                    return sendBundleFile(c.req.raw, bundle, PYTHON_FOLDER + filename, {
                        etag: file.metadataSha256,
                        type: "text/plain; charset=utf-8",
                    });
            }
        return c.text(`python.lab has no file ${filename}.\n`, 404);
    });
    return app;
}

function overview(packages: PythonIndex): string {
    const lines = [...packages]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, files]) => `  ${name} ${[...new Set(files.map(file => versionOf(file.filename)))].join(", ")}`);
    return `It has ${lines.length} packages, with their versions:\n${lines.join("\n")}`;
}

function projectJson(name: string, files: readonly PythonFile[]): unknown {
    return {
        meta: { "api-version": "1.1" },
        name,
        versions: [...new Set(files.map(file => versionOf(file.filename)))],
        files: files.map(file => {
            const core = file.metadataSha256 === undefined ? false : { sha256: file.metadataSha256 };
            return {
                filename: file.filename,
                url: `/files/${file.filename}`,
                hashes: { sha256: file.sha256 },
                size: file.bytes,
                ...(file.requiresPython ? { "requires-python": file.requiresPython } : {}),
                "core-metadata": core,
                "dist-info-metadata": core, // the name that pip knows up to 23.1
            };
        }),
    };
}

function projectLink(file: PythonFile): string {
    const hash = `sha256=${file.metadataSha256}`;
    const core =
        file.metadataSha256 === undefined ? "" : ` data-core-metadata="${hash}" data-dist-info-metadata="${hash}"`;
    const python = file.requiresPython ? ` data-requires-python="${escapeHtml(file.requiresPython)}"` : "";
    return `<a href="/files/${file.filename}#sha256=${file.sha256}"${python}${core}>${file.filename}</a><br>`;
}
