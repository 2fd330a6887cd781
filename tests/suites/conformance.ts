/**
 * The page's Docker Hub against the distribution specification's own test suite, and against registry clients written
 * by others.
 */
import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DrydockError } from "../../src/base/errors";
import { root } from "../../src/host/project";
import { serveHub } from "./hub-server";

export interface ConformanceCount {
    passed: number;
    failed: number;
    /** One line for each failure. */
    failures: string[];
}

interface GoEvent {
    Action: string;
    Test?: string;
    Output?: string;
}

/**
 * Builds and runs `tests/conformance` (Go), then the specification's own suite, each against a separate hub. A skipped
 * test counts as failed. Rejects with "cli.no-go".
 */
export async function runConformance(): Promise<ConformanceCount> {
    const counts = [await againstHub(async url => counted(await goTest(url))), await againstHub(specification)];
    const failures = counts.flatMap(count => count.failures);
    const passed = counts.reduce((sum, count) => sum + count.passed, 0);
    console.log(`conformance: ${passed} passed, ${failures.length} failed`);
    return { passed, failed: failures.length, failures };
}

async function againstHub(run: (url: string) => Promise<ConformanceCount>): Promise<ConformanceCount> {
    const server = await serveHub();
    try {
        return await run(server.url);
    } finally {
        await server.close();
    }
}

const MODULE = join(root, "tests/conformance");
const RESULTS = join(root, "tests/output/conformance");

/**
 * The whole suite that the specification's authors publish, including everything that is optional for a registry
 * (cancelled uploads, digest headers, tags as parameters) except one thing: a registry may refuse "sparse" manifests,
 * whose blobs do not exist. This one does, as Docker Hub does.
 */
async function specification(url: string): Promise<ConformanceCount> {
    await rm(RESULTS, { recursive: true, force: true });
    await mkdir(RESULTS, { recursive: true });
    const choices = [
        "API_BLOBS_UPLOAD_CANCEL",
        "API_BLOBS_DIGEST_HEADER",
        "API_MANIFESTS_DIGEST_HEADER",
        "API_MANIFESTS_TAG_PARAM",
    ];
    const { code, text } = await go(["tool", "conformance"], {
        OCI_VERSION: "1.1",
        OCI_REGISTRY: new URL(url).host,
        OCI_TLS: "disabled",
        OCI_REPO1: "student/conformance",
        OCI_REPO2: "student/crossmount",
        OCI_USERNAME: "student",
        OCI_PASSWORD: "correct horse",
        OCI_RESULTS_DIR: RESULTS,
        ...Object.fromEntries(choices.map(name => [`OCI_${name}`, "true"])),
    });
    const report = await readFile(join(RESULTS, "junit.xml"), "utf8").catch(() => ""); // it ended before it wrote one: reported below
    const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]* status="(\w+)"/g)];
    const failures = cases
        .filter(([, , status]) => status !== "passed")
        .map(([, name, status]) => `conformance: ${name}: ${status}`);
    if (cases.length === 0 || (code !== 0 && failures.length === 0))
        failures.push(`conformance: the specification's suite ended with status ${code} and ${cases.length} results`);
    if (failures.length > 0) console.log(text);
    console.log(`  the specification's own: ${cases.length - failures.length} passed`);
    return { passed: cases.filter(([, , status]) => status === "passed").length, failed: failures.length, failures };
}

function goTest(url: string): Promise<GoRun> {
    const account = {
        OCI_ROOT_URL: url,
        OCI_NAMESPACE: "student/conformance",
        OCI_CROSSMOUNT_NAMESPACE: "student/crossmount",
        OCI_USERNAME: "student",
        OCI_PASSWORD: "correct horse",
    };
    return go(["test", "-json", "-count=1", "-timeout=300s", "./..."], account);
}

interface GoRun {
    code: number;
    /** Standard output. */
    text: string;
}

function go(argv: string[], env: Record<string, string>): Promise<GoRun> {
    return new Promise((resolve, reject) => {
        const child = spawn("go", argv, {
            cwd: MODULE,
            env: { ...process.env, GOFLAGS: "-mod=readonly", ...env },
            stdio: ["ignore", "pipe", "inherit"],
        });
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
        child.on("error", cause =>
            reject(
                new DrydockError(
                    "cli.no-go",
                    "The conformance tests need Go, which does not start on this computer.",
                    "Install Go (Debian: apt-get install golang) and run again.",
                    { cause },
                ),
            ),
        );
        child.on("close", code => resolve({ code: code ?? 1, text }));
    });
}

function counted({ code, text }: GoRun): ConformanceCount {
    const count: ConformanceCount = { passed: 0, failed: 0, failures: [] };
    const said = new Map<string, string>();
    const groups = new Map<string, number>();
    for (const line of text.split("\n")) {
        if (!line.startsWith("{")) {
            if (line.trim() !== "") console.log(line);
            continue;
        }
        const event = JSON.parse(line) as GoEvent;
        const test = event.Test ?? "";
        if (event.Action === "output" || event.Action === "build-output")
            said.set(test, (said.get(test) ?? "") + (event.Output ?? ""));
        // a test with parts passes or fails through them, and only the parts are counted
        if (!test.includes("/")) continue;
        if (event.Action === "pass") {
            count.passed++;
            const group = test.slice("Test".length, test.indexOf("/"));
            groups.set(group, (groups.get(group) ?? 0) + 1);
        }
        if (event.Action === "fail" || event.Action === "skip") {
            count.failures.push(`conformance: ${test}${event.Action === "skip" ? " was skipped" : ""}`);
            console.log(said.get(test));
        }
    }
    if (code !== 0 && count.failures.length === 0) {
        count.failures.push(`conformance: go test ended with status ${code}`);
        console.log([...said.values()].join(""));
    }
    if (count.passed === 0 && count.failures.length === 0) count.failures.push("conformance: no test ran");
    count.failed = count.failures.length;
    for (const [group, passed] of groups) console.log(`  ${group}: ${passed} passed`);
    return count;
}
