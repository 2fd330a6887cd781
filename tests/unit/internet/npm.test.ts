/** Real npm against the router; and the image build's own fetching, which uses npm, against the same. */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
    fetchNpmPackages,
    manifestOf,
    pinnedIn,
    resolveNpmPackages,
} from "../../../src/image-builder/pins/npm-packages";
import { createInternet } from "../../../src/internet/router";
import { bundleOfFiles } from "./bundle-of-files";
import { serveInternet, type Served } from "./node-server";

const sources = [
    { name: "greet", version: "1.0.0", description: "says hello" },
    {
        name: "greet",
        version: "1.10.0",
        description: "says hello well",
        keywords: ["polite"],
        dependencies: { "@lab/words": "^2.0.0" },
        bin: "cli.js",
    },
    { name: "greet", version: "2.0.0-beta.1" },
    { name: "@lab/words", version: "2.3.0", description: "words to greet with" },
];

let scratch: string;
let files: Map<string, Buffer>;
let served: Served;

beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "drydock-npm-test-"));
    files = new Map();
    const packages: Record<string, unknown[]> = {};
    for (const source of sources) {
        const folder = join(scratch, `${source.name}-${source.version}`);
        mkdirSync(join(folder, "package"), { recursive: true });
        writeFileSync(join(folder, "package/package.json"), JSON.stringify(source));
        writeFileSync(join(folder, "package/index.js"), `module.exports = ${JSON.stringify(source.version)};\n`);
        writeFileSync(join(folder, "package/cli.js"), "#!/usr/bin/env node\nconsole.log('hello');\n");
        const file = `${source.name.replace("@", "").replace("/", "-")}-${source.version}.tgz`;
        const bytes = execFileSync("tar", ["-cz", "-C", folder, "package"]);
        files.set(`internet/node/${file}`, bytes);
        const entry = {
            manifest: manifestOf({ ...source }),
            file,
            bytes: bytes.length,
            unpackedBytes: 100,
            fileCount: 3,
            integrity: integrityOf(bytes),
            shasum: createHash("sha1").update(bytes).digest("hex"),
        };
        (packages[source.name] ??= []).push(entry);
    }
    files.set("internet/node/index.json", Buffer.from(JSON.stringify({ packages })));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const integrityOf = (bytes: Uint8Array) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
const serve = async (change?: (path: string, bytes: Uint8Array) => Uint8Array | undefined) =>
    (served = await serveInternet(createInternet(bundleOfFiles(files, change)), "node.lab"));

/** This machine's npm settings are left out: no proxy, no configuration, a separate cache. */
function environment(): Record<string, string | undefined> {
    const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|https?_proxy|all_proxy)/i.test(name));
    const settings = {
        registry: `http://127.0.0.1:${served.port}/`,
        cache: join(scratch, `cache-${served.port}`),
        userconfig: join(scratch, "none"),
        globalconfig: join(scratch, "none-either"),
        "replace-registry-host": "always",
        "fetch-retries": "0",
    };
    return {
        ...Object.fromEntries(kept),
        NO_PROXY: "*",
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value])),
    };
}

describe("npm", { timeout: 60_000 }, () => {
    let project: string;
    beforeEach(() => {
        project = mkdtempSync(join(scratch, "project-"));
        writeFileSync(join(project, "package.json"), JSON.stringify({ name: "try", version: "1.0.0" }));
    });
    afterEach(() => served.close());

    const npm = (...argv: string[]): Promise<{ code: number; output: string }> =>
        new Promise(resolve =>
            execFile("npm", argv, { cwd: project, env: environment() }, (error, stdout, stderr) =>
                resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
            ),
        );

    test("install: the newest release and its dependencies, scoped ones too, audited silently", async () => {
        await serve();
        const { code, output } = await npm("install", "greet");
        expect(output).toMatch(/added 2 packages, and audited 3 packages[^]*found 0 vulnerabilities/);
        expect(output).not.toMatch(/npm (error|warn)/);
        expect(code).toBe(0);
        expect(JSON.parse(readFileSync(join(project, "package.json"), "utf8")).dependencies).toEqual({
            greet: "^1.10.0",
        });
        expect(execFileSync(join(project, "node_modules/.bin/greet")).toString()).toBe("hello\n");
        expect(readdirSync(join(project, "node_modules/@lab"))).toEqual(["words"]);
        // npm looks for a newer npm, and accepts the refusal silently
        expect(served.log.filter(({ status, path }) => status !== 200 && path !== "/npm")).toEqual([]);
        expect((await npm("ci")).output).toContain("added 2 packages");
    });

    test("a specific version, a tag, a range", async () => {
        await serve();
        expect((await npm("install", "greet@1.0.0")).code).toBe(0);
        expect((await npm("install", "greet@latest")).code).toBe(0);
        expect((await npm("install", "greet@^1.2")).code).toBe(0);
        const { code, output } = await npm("install", "greet@3");
        expect(code).not.toBe(0);
        expect(output).toContain("No matching version found for greet@3");
    });

    test("view, search, ping, dist-tag, outdated", async () => {
        await serve();
        expect((await npm("view", "greet")).output).toMatch(/greet@1\.10\.0[^]*says hello well[^]*@lab\/words/);
        expect((await npm("view", "greet", "versions", "--json")).output).toContain('"2.0.0-beta.1"');
        const found = await npm("search", "--parseable", "greet");
        expect(
            found.output
                .trim()
                .split("\n")
                .map(line => line.split("\t")[0]),
        ).toEqual(["greet", "@lab/words"]);
        expect((await npm("search", "nothing-like-it")).output).toContain("No matches found");
        expect((await npm("ping")).output).toContain("PONG");
        expect((await npm("dist-tag", "ls", "@lab/words")).output).toBe("latest: 2.3.0\n");
        await npm("install", "greet@1.0.0");
        expect((await npm("outdated")).output).toContain("1.10.0");
    });

    test("a missing package: npm prints those that exist", async () => {
        await serve();
        const { code, output } = await npm("install", "nosuch");
        expect(code).not.toBe(0);
        expect(output).toMatch(
            /404[^]*node\.lab, the registry inside this page, has no package "nosuch"\. It has: greet, @lab\/words/,
        );
    });

    test("nothing is published here", async () => {
        await serve();
        const { code, output } = await npm("publish", `--//127.0.0.1:${served.port}/:_authToken=x`);
        expect(code).not.toBe(0);
        expect(output).toContain("cannot be written to");
    });

    test("a tarball that is not what its hash says is refused", async () => {
        await serve((path, bytes) =>
            path.endsWith("greet-1.10.0.tgz") ? Buffer.concat([bytes, Buffer.from("x")]) : bytes,
        );
        const { code, output } = await npm("install", "greet");
        expect(code).not.toBe(0);
        expect(output).toContain("EINTEGRITY");
    });

    test("the image build resolves, fetches and lists what npm gives it", async () => {
        await serve();
        const before = { ...process.env };
        const context = { log: join(scratch, "log") };
        const out = join(scratch, "fetched");
        try {
            Object.assign(process.env, environment());
            const pinned = await resolveNpmPackages(["greet", "greet@1.0.0"], context);
            expect(pinned.map(({ name, version }) => `${name}@${version}`)).toEqual([
                "@lab/words@2.3.0",
                "greet@1.0.0",
                "greet@1.10.0",
            ]);
            await fetchNpmPackages(pinned, out, context);
            await expect(
                fetchNpmPackages([{ ...pinned[0]!, integrity: "sha512-other" }], out, context),
            ).rejects.toMatchObject({ code: "image.npm-damaged" });
        } finally {
            for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
            Object.assign(process.env, before);
        }
        const index = JSON.parse(readFileSync(join(out, "index.json"), "utf8")) as {
            packages: Record<string, { manifest: unknown; file: string; integrity: string }[]>;
        };
        expect(index.packages.greet![1]).toMatchObject({
            manifest: { version: "1.10.0", bin: { greet: "cli.js" } },
            file: "greet-1.10.0.tgz",
            integrity: integrityOf(files.get("internet/node/greet-1.10.0.tgz")!),
        });
        expect(
            readFileSync(join(out, index.packages["@lab/words"]![0]!.file)).equals(
                files.get("internet/node/lab-words-2.3.0.tgz")!,
            ),
        ).toBe(true);
    });
});

describe("node.lab", () => {
    const ask = (
        path: string,
        headers: Record<string, string> = {},
        method = "GET",
        host = "node.lab",
        change?: Parameters<typeof bundleOfFiles>[1],
    ) => createInternet(bundleOfFiles(files, change))(new Request(`http://${host}${path}`, { method, headers }));
    const short = { Accept: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*" };

    test("the short form has what an installer needs and no more", async () => {
        const response = await ask("/greet", short);
        expect(response.headers.get("Content-Type")).toBe("application/vnd.npm.install-v1+json");
        const body = (await response.json()) as {
            versions: Record<string, Record<string, unknown>>;
            "dist-tags": unknown;
        };
        expect(body["dist-tags"]).toEqual({ latest: "1.10.0" });
        expect(Object.keys(body.versions)).toEqual(["1.0.0", "1.10.0", "2.0.0-beta.1"]);
        expect(Object.keys(body.versions["1.10.0"]!).sort()).toEqual([
            "bin",
            "dependencies",
            "dist",
            "name",
            "version",
        ]);
    });

    test("addresses of tarballs are on the requested host", async () => {
        for (const path of ["/@lab%2fwords", "/@lab/words"]) {
            const body = (await (await ask(path)).json()) as {
                versions: Record<string, { dist: { tarball: string } }>;
            };
            expect(body.versions["2.3.0"]!.dist.tarball).toBe("http://node.lab/@lab/words/-/words-2.3.0.tgz");
        }
        const tarball = files.get("internet/node/lab-words-2.3.0.tgz")!;
        const head = await ask("/@lab/words/-/words-2.3.0.tgz", {}, "HEAD");
        expect([head.status, head.headers.get("Content-Length"), await head.text()]).toEqual([
            200,
            String(tarball.length),
            "",
        ]);
        const part = await ask("/@lab/words/-/words-2.3.0.tgz", { Range: "bytes=1-3" });
        expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, tarball.subarray(1, 4)]);
    });

    test.each([
        ["/greet/latest", "1.10.0"],
        ["/greet/1.0.0", "1.0.0"],
    ])("%s is one version", async (path, version) => {
        expect(await (await ask(path)).json()).toMatchObject({ name: "greet", version, _id: `greet@${version}` });
    });

    test.each([
        ["/greet/9.9.9", "has no greet@9.9.9, but 1.0.0, 1.10.0"],
        ["/greet/-/greet-9.9.9.tgz", "of greet it has 1.0.0"],
        ["/-/npm/v1/keys", "is not part of it"],
        ["/%", 'no package "%"'],
        ["/@lab", 'no package "@lab"'],
        ["/constructor", 'no package "constructor"'],
        ["/..%2findex.json", "no package"],
    ])("%s is not there", async (path, words) => {
        const response = await ask(path);
        expect(response.status).toBe(404);
        expect(((await response.json()) as { error: string }).error).toContain(words);
    });

    test("a search has pages, and copes with invalid numbers", async () => {
        const names = async (query: string) =>
            (await (await ask(`/-/v1/search?${query}`)).json()) as {
                total: number;
                objects: { package: { name: string } }[];
            };
        expect((await names("text=greet&size=1&from=1")).objects.map(one => one.package.name)).toEqual(["@lab/words"]);
        expect(await names("text=polite")).toMatchObject({ total: 1 });
        expect((await names("text=&size=-5&from=x")).total).toBe(2);
    });

    test("a damaged list says so", async () => {
        const response = await ask("/greet", {}, "GET", "node.lab", (path, bytes) =>
            path.endsWith("index.json") ? Buffer.from("[]") : bytes,
        );
        expect([response.status, await response.text()]).toEqual([
            500,
            expect.stringContaining("list of JavaScript packages"),
        ]);
    });
});

test("a package-lock.json's packages, each once", () => {
    const entry = { version: "1.0.0", integrity: "sha512-a" };
    const lock = {
        packages: {
            "": { name: "top", version: "0" },
            "node_modules/a": entry,
            "node_modules/wish-0": { name: "@s/b", ...entry },
            "node_modules/a/node_modules/@s/b": entry,
            "node_modules/link": { link: true },
        },
    };
    expect(pinnedIn(JSON.stringify(lock))).toEqual([
        { name: "@s/b", ...entry },
        { name: "a", ...entry },
    ]);
});
