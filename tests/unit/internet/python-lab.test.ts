import { describe, expect, test } from "vitest";
import { createInternet } from "../../../src/internet/router";
import { bundleOf, sha256, wheel } from "./wheels";

const flask = wheel("flask", "3.0.1", { requires: ["werkzeug>=3"], requiresPython: ">=3.8" });
const old = wheel("flask", "2.0.0");
const tools = wheel("lab_tools", "1.0");
const packages = { flask: [old, flask], "Lab.Tools": [tools] };

const ask = (
    path: string,
    headers: Record<string, string> = {},
    internet = createInternet(bundleOf(packages)),
    method = "GET",
) => internet(new Request(`http://python.lab${path}`, { headers, method, redirect: "manual" }));

const pipAccept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";

describe("python.lab", () => {
    test("lists packages by normalised name, as HTML and as JSON", async () => {
        const html = await ask("/simple/");
        expect(html.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
        expect(await html.text()).toContain(`<a href="/simple/lab-tools/">lab-tools</a>`);
        const json = await ask("/simple/", { Accept: pipAccept });
        expect(json.headers.get("Content-Type")).toBe("application/vnd.pypi.simple.v1+json");
        expect(await json.json()).toEqual({
            meta: { "api-version": "1.1" },
            projects: [{ name: "flask" }, { name: "lab-tools" }],
        });
    });

    test("a package's files with hashes, needed Python and metadata", async () => {
        const json = (await (await ask("/simple/flask/", { Accept: pipAccept })).json()) as {
            files: unknown[];
            versions: string[];
        };
        expect(json.versions).toEqual(["2.0.0", "3.0.1"]);
        expect(json.files[1]).toEqual({
            filename: flask.filename,
            url: `/files/${flask.filename}`,
            hashes: { sha256: sha256(flask.bytes) },
            size: flask.bytes.length,
            "requires-python": ">=3.8",
            "core-metadata": { sha256: sha256(flask.metadata) },
            "dist-info-metadata": { sha256: sha256(flask.metadata) },
        });
        const html = await (await ask("/simple/flask/")).text();
        expect(html).toContain(
            `<a href="/files/${flask.filename}#sha256=${sha256(flask.bytes)}" data-requires-python="&gt;=3.8" data-core-metadata="sha256=${sha256(flask.metadata)}"`,
        );
    });

    test.each([
        ["/simple", "/simple/"],
        ["/simple/flask", "/simple/flask/"],
        ["/simple/Flask/", "/simple/flask/"],
        ["/simple/lab_tools", "/simple/lab-tools/"],
        ["/simple/LAB..Tools/", "/simple/lab-tools/"],
    ])("%s leads to %s", async (path, target) => {
        const response = await ask(path);
        expect([response.status, response.headers.get("Location")]).toEqual([301, target]);
    });

    test("a missing package: the answer lists those that exist", async () => {
        const response = await ask("/simple/numpy/", { Accept: pipAccept });
        expect(response.status).toBe(404);
        const text = await response.text();
        expect(text).toContain(`no package "numpy"`);
        expect(text).toContain("flask 2.0.0, 3.0.1");
        expect(text).toContain("lab-tools 1.0");
    });

    test("files whole, in part, and not again", async () => {
        const path = `/files/${flask.filename}`;
        const whole = await ask(path);
        expect(Buffer.from(await whole.arrayBuffer()).equals(flask.bytes)).toBe(true);
        expect(whole.headers.get("Content-Length")).toBe(String(flask.bytes.length));
        const etag = whole.headers.get("ETag")!;
        expect(etag).toBe(`"${sha256(flask.bytes)}"`);
        expect((await ask(path, { "If-None-Match": etag })).status).toBe(304);
        const part = await ask(path, { Range: "bytes=10-19" });
        expect([part.status, part.headers.get("Content-Range")]).toEqual([206, `bytes 10-19/${flask.bytes.length}`]);
        expect(Buffer.from(await part.arrayBuffer()).equals(flask.bytes.subarray(10, 20))).toBe(true);
        const end = await ask(path, { Range: "bytes=-7" });
        expect(Buffer.from(await end.arrayBuffer()).equals(flask.bytes.subarray(-7))).toBe(true);
        expect((await ask(path, { Range: `bytes=${flask.bytes.length}-` })).status).toBe(416);
        const head = await ask(path, {}, undefined, "HEAD");
        expect([head.status, head.headers.get("Content-Length"), (await head.arrayBuffer()).byteLength]).toEqual([
            200,
            String(flask.bytes.length),
            0,
        ]);
        expect(await (await ask(`${path}.metadata`)).text()).toBe(flask.metadata);
    });

    test.each([
        "/files/other.whl",
        "/files/index.json",
        "/files/..%2findex.json",
        "/files/flask-3.0.1-py3-none-any.whl.asc",
        "/elsewhere",
    ])("%s is not there", async path => {
        expect((await ask(path)).status).toBe(404);
    });

    test("a bundle that lacks a file, or whose index is damaged, says so", async () => {
        const lacking = createInternet(
            bundleOf(packages, (path, bytes) => (path.endsWith(".whl") ? undefined : bytes)),
        );
        const response = await ask(`/files/${flask.filename}`, {}, lacking);
        expect([response.status, await response.text()]).toEqual([
            500,
            expect.stringContaining("The bundle has no file"),
        ]);
        const damaged = createInternet(
            bundleOf(packages, (path, bytes) => (path.endsWith("index.json") ? Buffer.from("{") : bytes)),
        );
        const listing = await ask("/simple/flask/", {}, damaged);
        expect([listing.status, await listing.text()]).toEqual([500, expect.stringContaining("cannot be read")]);
    });

    test("an index that could not be read is read again", async () => {
        let fails = true;
        const internet = createInternet(bundleOf(packages, (_path, bytes) => (fails ? undefined : bytes)));
        expect((await ask("/simple/", {}, internet)).status).toBe(500);
        fails = false;
        expect((await ask("/simple/", {}, internet)).status).toBe(200);
    });
});

test("every other host answers with the hosts there are", async () => {
    const internet = createInternet(bundleOf({}));
    const response = await internet(new Request("http://example.com/x"));
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/example\.com is not available[^]*python\.lab/);
    expect((await internet(new Request("http://PYTHON.LAB/simple/"))).status).toBe(200);
});
