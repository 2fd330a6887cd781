/**
 * What goes wrong when a process is started, in the words and with the numbers of runc, which everybody else has.
 *
 * The oracle is runc in this same guest. A container started with `--runtime runc` belongs to it with all that follows. The builders let
 * nobody choose, so for the second half the guest's own runtime is replaced by a link to runc: BuildKit looks for `runc` in PATH and
 * the classic builder's containers have the default runtime.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILDS, HEALTH, PREPARATION, ROWS } from "./exit-code-rows";
import { startMachine, type StartedMachine } from "./machine";

const RUNTIMES = ["drydock", "runc"] as const;
type Runtime = (typeof RUNTIMES)[number];

interface Outcome {
    code: number;
    /** The first line on standard error, or on standard output when that is empty. */
    said: string;
    /** Of the container, if there is one: status, exit status, error. */
    state: string;
}

let machine: StartedMachine;

/** Runs the lines with bash; fails with what they wrote unless they end well. */
async function sh(lines: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec([
        "bash",
        "-c",
        `export HOME=/root DOCKER_CLI_HINTS=false BUILDKIT_PROGRESS=plain\n${lines}`,
    ]);
    expect(code, `${lines}\n${stdout}${stderr}`).toBe(0);
    return stdout;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Without what differs from container to container. */
function comparable(text: string): string {
    return text
        .replace(/\x1b\[\d*m/g, "")
        .replace(/\/(overlay2|executor)\/[0-9a-z]+/g, "/$1/ID")
        .replace(/tini \(\d+\)/, "tini (PID)")
        .trimEnd();
}

/** The command in a shell of its own, with `$n` a new container's name; the container is removed afterwards. */
async function outcome(runtime: Runtime, command: string): Promise<Outcome> {
    const text = await sh(`cd "$(mktemp -d)"
        n=row rt=${runtime} timeout 60 bash -c ${quote(command)} </dev/null >out 2>err
        code=$?; [ -s err ] || mv out err
        printf '%s\\037%s\\037' $code "$(head -n 1 err)"
        docker inspect --type container -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' row 2>/dev/null && docker rm -f row >/dev/null || true`);
    const [code, said, state] = text.split("\x1f") as [string, string, string];
    return { code: Number(code), said: comparable(said), state: comparable(state) };
}

beforeAll(async () => {
    machine = await startMachine();
    await machine.engineReady();
    await sh(PREPARATION);
});
afterAll(() => machine?.stop());

describe("containers", () => {
    const running = (runtime: Runtime) => `running-${runtime}`;
    beforeAll(async () => {
        for (const runtime of RUNTIMES)
            await sh(`docker run -d --name ${running(runtime)} --network none --runtime ${runtime} rows sleep 100000`);
    });
    afterAll(() => sh(`docker rm -f ${RUNTIMES.map(running).join(" ")}`));

    test.each(ROWS.map(({ what, code, command }) => [what, code, command] as const))(
        "%s: %i",
        async (_, code, command) => {
            const ours = await outcome("drydock", command);
            expect(ours).toEqual(await outcome("runc", command));
            expect(ours.code).toBe(code);
        },
    );
});

describe("health checks", () => {
    const found = {} as Record<Runtime, string[]>;

    beforeAll(async () => {
        const all = RUNTIMES.flatMap(runtime =>
            HEALTH.map(([, run], n) => ({ runtime, run, name: `h${n}-${runtime}` })),
        );
        await sh(
            all
                .map(
                    ({ runtime, run, name }) =>
                        `docker run -d --name ${name} --network none --runtime ${runtime} ${run} sleep 1000`,
                )
                .join("\n"),
        );
        const outputs = (
            await sh(`for turn in {1..200}; do
            said=$(docker inspect -f '{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}' ${all.map(({ name }) => name).join(" ")} 2>/dev/null | grep .)
            [ $(wc -l <<<"$said") -lt ${all.length} ] || break
            sleep 0.5
        done
        echo "$said"`)
        )
            .trimEnd()
            .split("\n");
        for (const runtime of RUNTIMES) found[runtime] = outputs.filter((_, n) => all[n]!.runtime === runtime);
        await sh(`docker rm -f ${all.map(({ name }) => name).join(" ")}`);
    });

    test.each(HEALTH.map(([what], n) => [what, n] as const))("%s", (_, n) => {
        expect(found.drydock[n]).toMatch(/^(-1 OCI runtime exec failed: exec failed: |127 )/);
        expect(found.drydock[n]).toBe(found.runc[n]);
    });
});

describe("RUN", () => {
    interface Built {
        code: number;
        /** What the runtime, the builder or the engine said of the failure. */
        said: string[];
    }
    const builds = BUILDS.flatMap(([what, dockerfile]) =>
        [1, 0].map(kit => ({
            what: `${what}, ${kit ? "BuildKit" : "classic builder"}`,
            dockerfile: `FROM rows\n${dockerfile}`,
            kit,
        })),
    );

    const programs = "/usr/libexec/drydock";
    const swap = {
        drydock: `mv ${programs}/runtime.kept ${programs}/runtime`,
        runc: `mv ${programs}/runtime ${programs}/runtime.kept && ln -s /usr/sbin/runc ${programs}/runtime`,
    };

    async function build(dockerfile: string, kit: number): Promise<Built> {
        const text = await sh(
            `mkdir -p /tmp/empty; code=0; DOCKER_BUILDKIT=${kit} docker build --network none -f - /tmp/empty <<'END' 2>&1 || code=$?\n${dockerfile}\nEND\necho "code $code"`,
        );
        const said = text
            .split("\n")
            .map(line => comparable(line.replace(/^(#\d+ )?([\d.]+ )?/, "")))
            .filter(line => /^ERROR: |^(runc|exec|failed to|unable to) |returned a non-zero code/.test(line));
        return { code: Number(/code (\d+)\n$/.exec(text)?.[1]), said: [...new Set(said)] };
    }

    test.each(builds.map(({ what, dockerfile, kit }) => [what, dockerfile, kit] as const))(
        "%s",
        async (_, dockerfile, kit) => {
            const ours = await build(dockerfile, kit);
            await sh(swap.runc);
            try {
                expect(ours).toEqual(await build(dockerfile, kit));
            } finally {
                await sh(swap.drydock);
            }
            expect(ours.code).toBeGreaterThan(0);
            expect(ours.said).not.toEqual([]);
        },
    );
});

test("a container that only runc could make is runc's to the end, and has its network", async () => {
    await sh("docker run -d --name hers -v /etc:/dangling rows sleep 1000");
    expect(await sh("ls /run/docker/runtime-runc/moby/$(docker inspect -f '{{.Id}}' hers)")).toBe("state.json\n");
    const address = await sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' hers");
    expect(await sh("docker exec hers ip -o -4 addr show eth0")).toContain(` ${address.trim()}/`);
    await sh("docker pause hers && docker unpause hers && docker restart -t 0 hers");
    expect(await sh("docker exec hers ls /nowhere/passwd")).toBe("/nowhere/passwd\n");
    await sh("docker stop -t 0 hers");
    expect(
        await sh(
            "docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' hers; docker rm hers; ls /run/docker/runtime-runc/moby",
        ),
    ).toBe("exited 137\nhers\n");
});
