/** Real pip against the router, without this machine's proxy settings and pip configuration. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createInternet } from "../../../src/internet/router";
import { serveInternet, type Served } from "./node-server";
import { bundleOf, sha256, wheel } from "./wheels";

const hasPip = (() => {
    try {
        execFileSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" });
        return true;
    } catch {
        return false; // no pip on this machine: the machine suite runs the guest's
    }
})();

const packages = {
    flask: [
        wheel("flask", "2.0.0"),
        wheel("flask", "3.0.1", {
            requires: ["werkzeug>=3", "lab-tools; python_version>='3'"],
            requiresPython: ">=3.8",
        }),
        wheel("flask", "9.0", { requiresPython: ">=9" }),
    ],
    werkzeug: [wheel("werkzeug", "3.0.0"), wheel("werkzeug", "3.0.3")],
    "lab-tools": [wheel("lab_tools", "1.0")],
};

let folder: string;
let served: Served;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-pip-"));
});
afterEach(() => {
    served.close();
    rmSync(folder, { recursive: true });
});

function pip(...argv: string[]): Promise<{ code: number; output: string }> {
    const environment = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(pip_|https?_proxy|all_proxy)/i.test(name)),
    );
    const options = [
        "--isolated",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--index-url",
        `http://127.0.0.1:${served.port}/simple/`,
        "--target",
        join(folder, "site"),
    ];
    return new Promise(resolve =>
        execFile(
            "python3",
            ["-m", "pip", "install", ...options, ...argv],
            { env: { ...environment, PIP_CONFIG_FILE: "/dev/null", NO_PROXY: "*" } },
            (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
        ),
    );
}

describe.skipIf(!hasPip)("pip", () => {
    test(
        "resolves from metadata, downloads only what it installs, and skips what wants another Python",
        { timeout: 60_000 },
        async () => {
            served = await serveInternet(createInternet(bundleOf(packages)), "python.lab");
            const { code, output } = await pip("Flask");
            expect(output).toMatch(/Successfully installed flask-3\.0\.1 lab[_-]tools-1\.0 werkzeug-3\.0\.3/i);
            expect(code).toBe(0);
            expect(readFileSync(join(folder, "site/flask.py"), "utf8")).toBe(`version = "3.0.1"\n`);
            const paths = served.log.map(({ path }) => path);
            expect(paths.filter(path => path.endsWith(".metadata")).length).toBe(3);
            expect(paths.filter(path => path.endsWith(".whl")).sort()).toEqual([
                "/files/flask-3.0.1-py3-none-any.whl",
                "/files/lab_tools-1.0-py3-none-any.whl",
                "/files/werkzeug-3.0.3-py3-none-any.whl",
            ]);
            expect(served.log.every(({ status }) => status === 200)).toBe(true);
        },
    );

    test(
        "a build with bytecode comes before PyPI's own, but not where the latter's hash is asked for",
        { timeout: 60_000 },
        async () => {
            const own = wheel("lab_tools", "1.0");
            const built = wheel("lab_tools", "1.0", { build: "1drydock", files: { "more.py": "" } });
            served = await serveInternet(createInternet(bundleOf({ "lab-tools": [built, own] })), "python.lab");
            expect((await pip("lab-tools")).code).toBe(0);
            writeFileSync(join(folder, "requirements.txt"), `lab-tools==1.0 --hash=sha256:${sha256(own.bytes)}\n`);
            expect((await pip("--upgrade", "-r", join(folder, "requirements.txt"))).code).toBe(0);
            expect(served.log.map(({ path }) => path).filter(path => path.endsWith(".whl"))).toEqual([
                `/files/${built.filename}`,
                `/files/${own.filename}`,
            ]);
        },
    );

    test("a wheel that is not what its hash says is refused", { timeout: 60_000 }, async () => {
        served = await serveInternet(
            createInternet(
                bundleOf(packages, (path, bytes) =>
                    path.endsWith(".whl") ? Buffer.concat([bytes, Buffer.from("x")]) : bytes,
                ),
            ),
            "python.lab",
        );
        const { code, output } = await pip("lab-tools");
        expect(code).toBe(1);
        expect(output).toContain("DO NOT MATCH");
    });

    test("a missing package ends with pip's own message", { timeout: 60_000 }, async () => {
        served = await serveInternet(createInternet(bundleOf(packages)), "python.lab");
        const { code, output } = await pip("numpy");
        expect(code).toBe(1);
        expect(output).toContain("No matching distribution found for numpy");
    });
});
