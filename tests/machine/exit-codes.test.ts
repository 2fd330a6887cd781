/**
 * What goes wrong in `docker exec`, `docker start`, health checks and `RUN`, in the words and with the numbers of runc.
 *
 * Builders let nobody choose the runtime, so for them the guest's own runtime is replaced by a link to runc: BuildKit looks for `runc`
 * in PATH and the classic builder's containers have the default runtime.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILDS, HEALTH, ROWS } from "./exit-code-rows";
import { comparable, compare, Comparison, RUNTIMES, type Runtime } from "./runtime-comparison";

let comparison: Comparison;
const sh = (lines: string): Promise<string> => comparison.sh(lines);

beforeAll(async () => {
    comparison = await Comparison.start();
});
afterAll(() => comparison?.stop());

describe("in a container, and containers that wait", () => {
    const running = (runtime: Runtime) => `running-${runtime}`;
    beforeAll(async () => {
        for (const runtime of RUNTIMES)
            await sh(`docker run -d --name ${running(runtime)} --network none --runtime ${runtime} rows sleep 100000`);
    });
    afterAll(() => sh(`docker rm -f ${RUNTIMES.map(running).join(" ")}`));

    compare(() => comparison, ROWS);
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

    const asRunc = new Map<string, Built>();
    beforeAll(async () => {
        await sh(swap.runc);
        try {
            for (const { what, dockerfile, kit } of builds) asRunc.set(what, await build(dockerfile, kit));
        } finally {
            await sh(swap.drydock);
        }
    });

    test.each(builds.map(({ what, dockerfile, kit }) => [what, dockerfile, kit] as const))(
        "%s",
        async (what, dockerfile, kit) => {
            const ours = await build(dockerfile, kit);
            expect(ours).toEqual(asRunc.get(what));
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
