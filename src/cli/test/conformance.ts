/** The page's Docker Hub against the distribution specification and against registry clients that others wrote. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { DrydockError } from "../../base/errors";
import { root } from "../project";
import { serveHub } from "./hub-server";

export interface ConformanceCount {
    passed: number;
    failed: number;
    /** One line a failure. */
    failures: string[];
}

interface GoEvent {
    Action: string;
    Test?: string;
    Output?: string;
}

/** Builds and runs `tests/conformance` (Go). A skipped test counts as failed. Rejects with "cli.no-go". */
export async function runConformance(): Promise<ConformanceCount> {
    const server = await serveHub();
    try {
        const { code, text } = await goTest(server.url);
        return counted(code, text);
    } finally {
        await server.close();
    }
}

function goTest(url: string): Promise<{ code: number; text: string }> {
    // the names are those of the specification's own suite, so that it can be pointed at the same server
    const account = { OCI_ROOT_URL: url, OCI_NAMESPACE: "student/conformance", OCI_CROSSMOUNT_NAMESPACE: "student/crossmount", OCI_USERNAME: "student", OCI_PASSWORD: "correct horse" };
    return new Promise((resolve, reject) => {
        const child = spawn("go", ["test", "-json", "-count=1", "-timeout=300s", "./..."], {
            cwd: join(root, "tests/conformance"),
            env: { ...process.env, GOFLAGS: "-mod=readonly", ...account },
            stdio: ["ignore", "pipe", "inherit"],
        });
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
        child.on("error", cause => reject(new DrydockError("cli.no-go", "The conformance tests need Go, which does not start here.", "Install Go (Debian: apt-get install golang) and run again.", { cause })));
        child.on("close", code => resolve({ code: code ?? 1, text }));
    });
}

function counted(code: number, text: string): ConformanceCount {
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
        if (event.Action === "output" || event.Action === "build-output") said.set(test, (said.get(test) ?? "") + (event.Output ?? ""));
        // a test with parts passes or fails by them, and only they are counted
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
    console.log(`conformance: ${count.passed} passed, ${count.failed} failed`);
    return count;
}
