/** Real apt against the router, with a repository made by the image build's own stage. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root as projectRoot } from "../../../src/host/project";
import { createInternet } from "../../../src/internet/router";
import { bundleOfFiles } from "./bundle-of-files";
import { makeDebRepository, type DebRepository } from "./debs";
import { serveInternet, type Served } from "./node-server";

const greeting = `#!/bin/sh\n${"echo hello\n".repeat(1000)}`;
const packages = {
    greeting: { version: "2.0-1", depends: "libgreeting (>= 1:1.0)", files: { "usr/bin/greeting": greeting } },
    libgreeting: { version: "1:1.0+really0.9~rc1-2", files: { "usr/lib/libgreeting.so": "not really" } },
};

const isDebian = ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", "/usr/bin/gpgv"].every(existsSync);
const cacheBefore = process.env.DRYDOCK_CACHE;
let scratch: string;
let repository: DebRepository;
let root: string;
let served: Served;

describe.runIf(isDebian)("apt", { timeout: 60_000 }, () => {
    beforeAll(async () => {
        scratch = mkdtempSync(join(tmpdir(), "drydock-apt-"));
        process.env.DRYDOCK_CACHE = join(scratch, "cache");
        repository = await makeDebRepository(scratch, packages);
    }, 60_000);
    afterAll(() => {
        if (cacheBefore === undefined) delete process.env.DRYDOCK_CACHE;
        else process.env.DRYDOCK_CACHE = cacheBefore;
        rmSync(scratch, { recursive: true });
    });
    beforeEach(() => {
        root = mkdtempSync(join(scratch, "root-"));
        for (const folder of [
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/trusted.gpg.d",
            "var/lib/apt/lists/partial",
            "var/lib/dpkg",
            "var/cache/apt/archives/partial",
            "var/log/apt",
        ])
            mkdirSync(join(root, folder), { recursive: true });
        writeFileSync(join(root, "var/lib/dpkg/status"), "");
    });
    afterEach(() => served.close());

    async function serve(change?: (path: string, bytes: Uint8Array) => Uint8Array | undefined): Promise<void> {
        served = await serveInternet(createInternet(bundleOfFiles(repository.files, change)), "debian.lab");
    }

    /** `sources`: "/debian trixie". */
    function apt(argv: string[], sources = ["/debian trixie"]): Promise<{ code: number; output: string }> {
        writeFileSync(
            join(root, "etc/apt/sources.list"),
            sources
                .map(source => `deb [signed-by=${repository.key}] http://127.0.0.1:${served.port}${source} main\n`)
                .join(""),
        );
        // only the programs of this machine's apt: no configuration, no proxy
        writeFileSync(
            join(root, "apt.conf"),
            `Dir "${root}"; Dir::State::status "${root}/var/lib/dpkg/status"; Dir::Bin::methods "/usr/lib/apt/methods"; Dir::Bin::gpg "/usr/bin/gpgv"; APT::Architecture "i386"; APT::Architectures { "i386"; }; APT::Sandbox::User "root"; Acquire::http::Proxy "DIRECT"; Acquire::Retries "0"; Acquire::http::Pipeline-Depth "0";\n`,
        );
        const environment = Object.fromEntries(
            Object.entries(process.env).filter(([name]) => !/^(https?_proxy|all_proxy)$/i.test(name)),
        );
        return new Promise(resolve =>
            execFile(
                "/usr/bin/apt-get",
                ["-o", `Dir=${root}`, ...argv],
                { env: { ...environment, LC_ALL: "C", APT_CONFIG: join(root, "apt.conf") } },
                (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
            ),
        );
    }
    const asked = () => served.log.map(({ path, status }) => `${path} ${status}`);

    test("update and download: signed, by hash, without a warning", async () => {
        await serve();
        const updated = await apt(["update"]);
        expect(updated.output).not.toMatch(/^[WEN]:/m);
        expect(updated.code).toBe(0);
        expect(asked()).toEqual([
            "/debian/dists/trixie/InRelease 200",
            expect.stringMatching(/^\/debian\/dists\/trixie\/main\/binary-i386\/by-hash\/SHA256\/[0-9a-f]{64} 200$/),
        ]);
        const got = await apt(["install", "--download-only", "--yes", "greeting"]);
        expect(got.code, got.output).toBe(0);
        const archives = join(root, "var/cache/apt/archives");
        const names = readdirSync(archives)
            .filter(name => name.endsWith(".deb"))
            .sort();
        expect(names).toEqual(["greeting_2.0-1_i386.deb", "libgreeting_1%3a1.0+really0.9~rc1-2_i386.deb"]);
        // compressed again, but with Debian's content
        expect(execFileSync("dpkg-deb", ["--fsys-tarfile", join(archives, names[0]!)]).toString()).toContain(greeting);
        expect(execFileSync("dpkg-deb", ["--field", join(archives, names[0]!), "Suggests"]).toString()).toBe(
            "nothing\n",
        );
        expect(execFileSync("ar", ["t", join(archives, names[0]!)]).toString()).toBe(
            "debian-binary\ncontrol.tar.zst\ndata.tar.zst\n",
        );
    });

    test("the lines of a usual sources.list, and stable by that name", async () => {
        await serve();
        const { code, output } = await apt(
            ["update"],
            ["/debian trixie", "/debian trixie-updates", "/debian-security trixie-security", "/debian stable"],
        );
        expect(output).not.toMatch(/^[WE]:/m);
        expect(code).toBe(0);
        expect((await apt(["install", "--download-only", "--yes", "greeting"])).code).toBe(0);
    });

    test("an altered list and an altered package are refused", async () => {
        await serve((path, bytes) =>
            path.endsWith("/InRelease")
                ? Buffer.from(Buffer.from(bytes).toString().replace("Components: main", "Components: pain"))
                : bytes,
        );
        const altered = await apt(["update"]);
        expect(altered.output).toMatch(/BADSIG|not signed|signatures? (were|was) invalid/);
        expect(altered.code).not.toBe(0);
        served.close();
        await serve((path, bytes) =>
            path.includes("/pool/greeting") ? Buffer.concat([bytes.subarray(1), Buffer.from("x")]) : bytes,
        );
        expect((await apt(["update"])).code).toBe(0);
        const damaged = await apt(["install", "--download-only", "--yes", "greeting"]);
        expect(damaged.output).toContain("Hash Sum mismatch");
        expect(damaged.code).not.toBe(0);
    });

    test("a missing release", async () => {
        await serve();
        const { code, output } = await apt(["update"], ["/debian bookworm"]);
        expect(output).toContain("bookworm Release' does not have a Release file");
        expect(code).not.toBe(0);
    });

    test("the settings of the Debian roots are ones that apt can read", () => {
        const settings = join(projectRoot, "vm-images/debian/etc/apt/apt.conf.d/90sandbox");
        const dump = execFileSync("/usr/bin/apt-config", ["dump"], {
            encoding: "utf8",
            env: { ...process.env, APT_CONFIG: settings },
        });
        expect(dump).toMatch(/APT::Update::Post-Invoke:: "echo 'All that apt reaches here is debian\.lab/);
        expect(dump).toContain('Dir::Cache::pkgcache "";');
    });

    test("missing files, named in words; names that apt writes with percent signs; damage to the list", async () => {
        const internet = createInternet(bundleOfFiles(repository.files));
        const ask = async (path: string) => internet(new Request(`http://debian.lab${path}`));
        expect(await (await ask("/debian/dists/bookworm/InRelease")).text()).toMatch(
            /no release "bookworm"[^]*deb \[signed-by[^]*greeting 2\.0-1: the greeting/,
        );
        expect(await (await ask("/debian/pool/nano_1.0_i386.deb")).text()).toContain("no file pool/nano_1.0_i386.deb");
        expect(await (await ask("/")).text()).toContain("It has 2 packages");
        expect((await ask("/debian/pool/libgreeting_1.0%2breally0.9%7erc1-2_i386.deb")).status).toBe(200);
        for (const path of [
            "/debian/pool/%",
            "/debian/pool/..%2findex.json",
            "/debian/index.json",
            "/debian/dists/trixie/main/binary-i386/by-hash/SHA256/zz",
            "/debian/constructor",
            "/elsewhere",
        ])
            expect([path, (await ask(path)).status]).toEqual([path, 404]);
        const head = await internet(new Request("http://debian.lab/debian/dists/trixie/InRelease", { method: "HEAD" }));
        expect([head.status, await head.text()]).toEqual([200, ""]);
        const etag = head.headers.get("ETag")!;
        expect(
            (
                await internet(
                    new Request("http://debian.lab/debian/dists/trixie/InRelease", {
                        headers: { "If-None-Match": etag },
                    }),
                )
            ).status,
        ).toBe(304);
        const damaged = createInternet(
            bundleOfFiles(repository.files, (path, bytes) => (path.endsWith("index.json") ? Buffer.from("{}") : bytes)),
        );
        const response = await damaged(new Request("http://debian.lab/debian/dists/trixie/InRelease"));
        expect([response.status, await response.text()]).toEqual([
            500,
            expect.stringContaining("list of Debian packages"),
        ]);
    });
});
