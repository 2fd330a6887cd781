/** Docker Hub and TLS as programs in the real guest see them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../src/base/abort";
import { decodeText, type Bytes } from "../../src/base/bytes";
import { currentImage } from "../../src/host/current-image";
import { createFileBundle } from "../../src/host/file-bundle";
import type { Internet } from "../../src/internet/internet";
import { createInternet } from "../../src/internet/router";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;
let internet: Internet;
/** Method, address and status of each request that was answered. */
const asked: string[] = [];
/** If set, called before the real internet. */
let instead: ((request: Request) => Promise<Response> | undefined) | undefined;

beforeAll(async () => {
    internet = createInternet(createFileBundle((await currentImage()).folder));
    machine = await startMachine({
        internet: async request => {
            const response = await (instead?.(request) ?? internet(request));
            asked.push(`${request.method} ${request.url} ${response.status}`);
            return response;
        },
    });
    await machine.engineReady();
});
afterAll(async () => machine?.stop());
afterEach(() => {
    instead = undefined;
    asked.length = 0;
});

/** What the lines wrote to both streams. Fails unless they end with `code`. */
async function sh(lines: string, code = 0): Promise<string> {
    const result = await machine.agent.exec(["sh", "-ec", `exec 2>&1\n${lines}`], { env: { HOME: "/root" } });
    expect(result.code, `${lines}\n${result.stdout}`).toBe(code);
    return result.stdout.trim();
}

describe("docker", { timeout: 300_000 }, () => {
    test("regards its first images as pulled, and needs no exception from TLS", async () => {
        expect(await sh("docker image inspect -f '{{index .RepoDigests 0}}' hello-world busybox")).toMatch(
            /^hello-world@sha256:[0-9a-f]{64}\nbusybox@sha256:[0-9a-f]{64}$/,
        );
        expect(JSON.parse(await sh("docker info -f '{{json .RegistryConfig}}'"))).toMatchObject({
            InsecureRegistryCIDRs: ["127.0.0.0/8"],
            IndexConfigs: { "docker.io": { Secure: true } },
        });
    });

    test("pull: from the mirror, over http, with Docker's messages", async () => {
        const before = await sh(
            "docker image inspect -f '{{.Id}} {{.RepoDigests}}' busybox; docker rmi busybox >/dev/null",
        );
        const said = await sh("docker pull busybox");
        expect(said).toMatch(
            /^Using default tag: latest\nlatest: Pulling from library\/busybox\n[^]*Pull complete\nDigest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for busybox:latest\ndocker\.io\/library\/busybox:latest$/,
        );
        expect(await sh("docker image inspect -f '{{.Id}} {{.RepoDigests}}' busybox")).toBe(before);
        expect([...new Set(asked.map(line => new URL(line.split(" ")[1]!).origin))]).toEqual(["http://hub.lab"]);
        expect(await sh("docker run --rm busybox echo whole")).toBe("whole");
    });

    test("an engine without the mirror: manifest and token over https, layers over http", async () => {
        const settings = "/etc/docker/daemon.json";
        const reload = (mirrors: number) =>
            `kill -HUP $(pidof dockerd); turns=0; until [ "$(docker info -f '{{len .RegistryConfig.Mirrors}}')" = ${mirrors} ]; do turns=$((turns + 1)); [ $turns -lt 60 ]; sleep 0.5; done`;
        // the engine keeps a setting that its file no longer names, so set an empty list
        await sh(
            `cp ${settings} /tmp/daemon.json; sed -i 's/"registry-mirrors": .*/"registry-mirrors": [],/' ${settings}; ${reload(0)}; docker rmi busybox >/dev/null`,
        );
        await sh("docker pull -q busybox");
        expect(
            asked.filter(line => line.startsWith("GET https://auth.docker.io/token?") && line.endsWith(" 200")),
        ).toHaveLength(1);
        const blobs = asked.filter(line => line.includes("/blobs/")).map(line => line.replace(/v2.*(?= )/, "…"));
        expect(blobs).toEqual(
            expect.arrayContaining([
                "GET https://registry-1.docker.io/… 200",
                "GET https://registry-1.docker.io/… 307",
                "GET http://production.cloudflare.docker.com/… 200",
            ]),
        );
        await sh(`cp /tmp/daemon.json ${settings}; ${reload(1)}`);
    });

    test("login, push, pull back: a base layer is never sent, nor fetched twice", async () => {
        expect(await sh("docker login -u student -p secret")).toContain("Login Succeeded");
        await sh(
            "docker run --name made busybox sh -c 'echo mine >/made'; docker commit made app; docker rm made; docker tag app student/app",
        );
        const pushed = await sh("docker push student/app");
        expect(pushed).toMatch(
            /The push refers to repository \[docker\.io\/student\/app\][^]*Mounted from library\/busybox[^]*latest: digest: sha256:/,
        );
        expect(pushed).toMatch(/: Pushed/);
        await sh("docker rmi app student/app");
        expect(await sh("docker pull student/app")).toMatch(/: Already exists\n[^]*: Pull complete/);
        expect(await sh("docker run --rm student/app cat /made; docker rmi student/app >/dev/null")).toBe("mine");
        expect(await sh("docker login -u student -p wrong", 1)).toContain("incorrect username or password");
    });

    test("a push to somebody else's name is refused with Docker Hub's message", async () => {
        expect(await sh("docker tag busybox somebody/app; docker push somebody/app", 1)).toContain(
            "denied: requested access to the resource is denied",
        );
        expect(await sh("docker rmi somebody/app >/dev/null; docker pull no-such-image", 1)).toMatch(
            /repository no-such-image not found: name unknown: no-such-image is not in this sandbox\. It has [^.]*\bbusybox, /,
        );
    });

    test("search", async () => {
        expect(await sh("docker search busy")).toMatch(
            /^NAME +DESCRIPTION +STARS +OFFICIAL\nbusybox +BusyBox with the applets/,
        );
    });

    test("Ctrl-C during a pull stops the page's work too; the next pull works", async () => {
        await sh("docker rmi busybox");
        let held: AbortSignal | undefined;
        const hold = async (request: Request): Promise<Response> => {
            const whole = await internet(request);
            const length = whole.headers.get("Content-Length");
            if (Number(length) < 500_000) return whole; // the configuration
            await whole.body?.cancel();
            held = request.signal;
            return new Response(
                new ReadableStream<Bytes>({ start: controller => controller.enqueue(new Uint8Array(200_000)) }),
                { headers: { "Content-Length": length! } },
            );
        };
        instead = request =>
            request.url.startsWith("http://hub.lab/v2/library/busybox/blobs/") ? hold(request) : undefined;
        const terminal = await machine.agent.pty({
            argv: ["docker", "pull", "busybox"],
            columns: 80,
            rows: 24,
            env: { HOME: "/root" },
        });
        let shown = "";
        const reading = (async () => {
            for await (const bytes of terminal.output) shown += decodeText(bytes);
        })();
        await until(() => held !== undefined || undefined, {
            every: 50,
            timeout: 120_000,
            what: "the layer's request",
        });
        expect(held!.aborted).toBe(false);
        await terminal.write("\x03");
        await until(() => held!.aborted || undefined, { every: 50, timeout: 120_000, what: "the request's end" });
        expect(await terminal.exit).not.toBe(0);
        await reading;
        expect(shown).toContain("Pulling from library/busybox");
        instead = undefined;
        await sh("docker pull -q busybox; docker run --rm busybox true");
    });
});

describe("https", { timeout: 300_000 }, () => {
    test("from the guest: every host, and the package index as over http", async () => {
        expect(await sh("curl -sS -w '%{http_code}' https://unknown.example")).toMatch(
            /^unknown\.example is not available[^]*python\.lab[^]*docker\.io[^]*404$/,
        );
        expect(await sh("curl -sS --fail https://python.lab/simple/flask/")).toBe(
            await sh("curl -sS --fail http://python.lab/simple/flask/"),
        );
        expect(await sh("curl -sS --fail https://198.18.0.2/", 22)).toContain("404"); // it has a certificate, but does not exist
    });

    test("a program that does not know the authority refuses", async () => {
        expect(await sh("curl -sS --cacert /dev/null https://python.lab/", 77)).not.toBe("");
    });

    // which certificates a program in a container trusts is up to the image; here we test how the authority gets there
    const program = `import ssl, urllib.request; print(len(urllib.request.urlopen("https://python.lab/simple/", context=ssl.create_default_context(cafile="/ca.crt")).read()) > 100)`;

    test("from a container, on the default bridge and on a user network", async () => {
        const run = `docker run --rm -v /etc/drydock/authority/ca.crt:/ca.crt:ro`;
        expect(await sh(`${run} python:3.13-slim python3 -c '${program}'`)).toBe("True");
        expect(
            await sh(
                `docker network create lab >/dev/null; ${run} --network lab python:3.13-slim python3 -c '${program}'; docker network rm lab >/dev/null`,
            ),
        ).toBe("True");
    });

    test("from a BuildKit RUN", async () => {
        await sh(`mkdir -p /tmp/build; cd /tmp/build; cp /etc/drydock/authority/ca.crt .; echo '${program}' >program.py
printf 'FROM python:3.13-slim\\nCOPY ca.crt program.py /\\nRUN test "$(python3 /program.py)" = True\\n' >Dockerfile; docker build -q .; docker image prune -f`);
    });
});

describe("a large body", { timeout: 600_000 }, () => {
    const BYTES = 64 << 20;
    const PIECE = new Uint8Array(64 << 10);

    /** While the transfer runs, a shell on another terminal keeps answering. */
    async function withEcho(transfer: Promise<string>): Promise<{ said: string; echoes: number }> {
        const terminal = await machine.agent.pty({ argv: ["sh"], columns: 80, rows: 24 });
        let shown = "";
        const reading = (async () => {
            for await (const bytes of terminal.output) shown += decodeText(bytes);
        })();
        let over = false;
        let echoes = 0;
        const ended = transfer.finally(() => (over = true));
        while (!over) {
            await terminal.write(`echo $((${echoes} + 1000))\n`);
            await until(() => over || shown.includes(`${echoes + 1000}\r\n`) || undefined, {
                every: 20,
                timeout: 120_000,
                what: "the echo",
            });
            if (!over) echoes++;
        }
        const said = await ended;
        await terminal.write("exit\n");
        await terminal.exit;
        await reading;
        return { said, echoes };
    }

    test.each(["http", "https"])("down by %s", async scheme => {
        let given = 0;
        instead = request => {
            if (!request.url.startsWith(`${scheme}://large.example/`)) return undefined;
            const body = new ReadableStream<Bytes>(
                {
                    pull(controller) {
                        if (given === BYTES) return controller.close();
                        given += PIECE.byteLength;
                        controller.enqueue(PIECE.slice());
                    },
                },
                { highWaterMark: 0 },
            );
            return Promise.resolve(new Response(body, { headers: { "Content-Length": String(BYTES) } }));
        };
        const { said, echoes } = await withEcho(sh(`curl -sS --fail ${scheme}://large.example/ | wc -c`));
        expect(said).toBe(String(BYTES));
        expect(echoes).toBeGreaterThan(0);
    });

    test.each(["http", "https"])("up by %s", async scheme => {
        let taken = 0;
        instead = request => {
            if (!request.url.startsWith(`${scheme}://large.example/`)) return undefined;
            return (async () => {
                for await (const bytes of request.body as unknown as AsyncIterable<Bytes>) taken += bytes.byteLength;
                return new Response(`${request.headers.get("Content-Length")} promised\n`);
            })();
        };
        const { said, echoes } = await withEcho(
            sh(
                `truncate -s ${BYTES} /tmp/large; curl -sS --fail -T /tmp/large ${scheme}://large.example/; rm /tmp/large`,
            ),
        );
        expect([said, taken]).toEqual([`${BYTES} promised`, BYTES]);
        expect(echoes).toBeGreaterThan(0);
    });

    test("does not make the agent grow", async () => {
        const held = Number(await sh("grep VmRSS /proc/$(pgrep -x agent)/status | tr -dc 0-9"));
        expect(held).toBeLessThan(48 << 10); // kB; a body that accumulated would show
    });
});
