/** What is warmed up, most useful first. */
import { abortable } from "../../base/abort";
import { decodeText, readAll } from "../../base/bytes";
import { DrydockError } from "../../base/errors";
import { ownLabel } from "../../docker/own";
import type { WarmUpKit, WarmUpStep } from "./kit";

const label = `--label=${ownLabel}=warm-up`;

/**
 * Fewest and most runs of a repeated command; in between, it ends when two runs in a row brought no gain. With a third
 * run in the first round, the build would not have time to finish on two cores, and a lesson's build would then be the
 * first.
 */
const fewestRuns = 2;
const mostRuns = 8;
/** A run that takes more than this share of the fastest run so far has brought no gain. */
const noGain = 0.93;

/**
 * Each common path runs once first, so that even a slow machine gets through all of them in its minute: it is the first
 * run that takes four times as long. Then they repeat.
 */
export const warmUpSteps: readonly WarmUpStep[] = [
    { name: "docker ps", run: kit => docker(kit, "ps") },
    { name: "docker run", run: kit => untilNoFaster(fewestRuns, () => runBusybox(kit)) },
    { name: "docker build", run: buildAsInLesson },
    { name: "docker exec", run: exec },
    { name: "docker run, again", run: kit => untilNoFaster(mostRuns, () => runBusybox(kit)) },
    {
        name: "python",
        run: async kit =>
            void (
                (await hasPython(kit)) &&
                (await docker(
                    kit,
                    "run",
                    "--rm",
                    label,
                    pythonImage,
                    "python",
                    "-c",
                    "import socket, http.server, threading",
                ))
            ),
    },
    { name: "docker build, again", run: buildAsInLesson },
    { name: "docker build, classic", run: kit => build(kit, "0", plain) },
];

/** The base image of the Flask lesson; a machine without it has nothing to warm up there. */
const pythonImage = "python:3.13-slim";

const runBusybox = (kit: WarmUpKit): Promise<void> => docker(kit, "run", "--rm", label, "busybox", "true");

async function untilNoFaster(most: number, run: () => Promise<void>): Promise<void> {
    let fastest = Number.POSITIVE_INFINITY;
    let idle = 0;
    for (let count = 0; count < most && (count < fewestRuns || idle < 2); count++) {
        const began = performance.now();
        await run();
        const took = performance.now() - began;
        idle = took > fastest * noGain ? idle + 1 : 0;
        fastest = Math.min(fastest, took);
    }
}

/**
 * The label comes first, so that every image of the classic builder carries it, even that of a build that was stopped.
 */
const dockerfile = (base: string, command: string): string =>
    `FROM ${base}\nLABEL ${ownLabel}=warm-up\nWORKDIR /app\nCOPY file /app/\nRUN ${command}\nCMD ["true"]\n`;

const plain = dockerfile("busybox", "true");

/**
 * Everything that a lesson's build does: pip's start, an index, a wheel. It is a small one that the index has for
 * Flask.
 */
const installing = (host: string) =>
    dockerfile(pythonImage, `pip install --index-url http://${host}/simple/ --trusted-host ${host} itsdangerous`);

async function buildAsInLesson(kit: WarmUpKit): Promise<void> {
    await build(kit, "1", (await hasPython(kit)) ? installing(kit.pythonHost) : plain);
}

async function build(kit: WarmUpKit, buildkit: "0" | "1", dockerfile: string): Promise<void> {
    const context = `${kit.folder}/context`;
    await kit.agent.files.write(`${context}/Dockerfile`, dockerfile, { signal: kit.signal });
    // Different content each time: a step taken from the cache warms nothing.
    await kit.agent.files.write(`${context}/file`, `${Date.now()}`, { signal: kit.signal });
    await run(kit, ["docker", "build", "--force-rm", context], { DOCKER_BUILDKIT: buildkit });
}

async function exec(kit: WarmUpKit): Promise<void> {
    const name = "drydock-warm-up";
    await docker(kit, "run", "-d", "--rm", "--init=false", label, "--name", name, "busybox", "sleep", "600");
    await docker(kit, "exec", name, "true");
    await docker(kit, "logs", name);
    await docker(kit, "rm", "-f", name);
}

async function hasPython({ transport, signal }: WarmUpKit): Promise<boolean> {
    return (
        (await transport.ask(`/images/${encodeURIComponent(pythonImage)}/json`, { signal, lookup: true })) !== undefined
    );
}

const docker = (kit: WarmUpKit, ...words: string[]): Promise<void> => run(kit, ["docker", ...words]);

/** Runs to the end, or is killed by the signal. Rejects if it ends with an error. */
async function run(
    { agent, folder, signal }: WarmUpKit,
    argv: string[],
    env: Record<string, string> = {},
): Promise<void> {
    signal.throwIfAborted();
    const process = await agent.spawn(argv, {
        env: { HOME: folder, DOCKER_CONFIG: `${folder}/config`, ...env },
        cwd: "/",
        signal,
    });
    const kill = () => process.kill("KILL");
    if (signal.aborted) kill();
    signal.addEventListener("abort", kill, { once: true });
    try {
        const [, words, code] = await abortable(
            Promise.all([readAll(process.stdout), readAll(process.stderr), process.exit]),
            signal,
        );
        if (code !== 0)
            throw new DrydockError(
                "docker.warm-up",
                `${argv.slice(0, 2).join(" ")} ended with status ${code}: ${decodeText(words).trim()}`,
                "This costs time but does no harm.",
            );
    } finally {
        signal.removeEventListener("abort", kill);
    }
}
