/** Each image of the hub in the real guest: pulled by the name that course materials use, and run as they run it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentImage } from "../../src/host/current-image";
import { createFileBundle } from "../../src/host/file-bundle";
import { createInternet } from "../../src/internet/router";
import { startMachine, type StartedMachine } from "./machine";

let machine: StartedMachine;

beforeAll(async () => {
    machine = await startMachine({ internet: createInternet(createFileBundle((await currentImage()).folder)) });
    await machine.engineReady();
});
afterAll(async () => machine?.stop());

/** Runs the lines; fails with their output unless they succeed. */
async function sh(lines: string): Promise<string> {
    const { stdout, stderr, code } = await machine.agent.exec(["sh", "-c", `set -e\n${lines}`]);
    expect(code, `${lines}\n${stdout}${stderr}`).toBe(0);
    return stdout.trim();
}

/** Repeats a line until it succeeds: a server takes as long as it takes. */
const until = (line: string): string =>
    `turns=0; until ${line}; do turns=$((turns + 1)); [ $turns -lt 240 ]; sleep 0.5; done`;

/** Removes the image at the end of its test: the disk has room for only a few at a time. */
async function withImage(ref: string, work: () => Promise<void>): Promise<void> {
    await sh(`docker pull -q ${ref}`);
    await work();
    await sh(`docker ps -aq | xargs -r docker rm -fv >/dev/null; docker rmi ${ref} >/dev/null`);
}

describe("pulled images", { timeout: 900_000 }, () => {
    test("nginx: its base is already there, its page is served, its log is the container's", () =>
        withImage("nginx", async () => {
            const [base, own] = await Promise.all(
                ["debian:trixie-slim", "nginx"].map(ref =>
                    sh(`docker image inspect -f '{{json .RootFS.Layers}}' ${ref}`),
                ),
            );
            const layers = JSON.parse(own!) as string[];
            expect(layers.slice(0, -1)).toEqual(JSON.parse(base!));
            await sh("docker run -d --name web -p 8080:80 nginx");
            expect(await sh(`${until("curl -sf -o /tmp/page http://127.0.0.1:8080/")}; cat /tmp/page`)).toContain(
                "<h1>Welcome to nginx!</h1>",
            );
            expect(await sh("docker logs web")).toMatch(/"GET \/ HTTP\/1\.1" 200/);
            // the full version names the same image
            const version = await sh(
                "docker image inspect -f '{{index .Config.Labels \"org.opencontainers.image.version\"}}' nginx",
            );
            expect(await sh("docker exec web nginx -v 2>&1")).toBe(`nginx version: nginx/${version}`);
        }));

    test("redis: a client in the container and one in another", () =>
        withImage("redis", async () => {
            await sh("docker run -d --name store redis");
            expect(
                await sh(
                    `${until("docker exec store redis-cli ping >/dev/null")}; docker exec store redis-cli set course docker`,
                ),
            ).toBe("OK");
            // from another address: protected mode is off, as in every redis container
            expect(
                await sh(
                    "docker network create lab >/dev/null; docker network connect lab store; docker run --rm --network lab redis redis-cli -h store get course",
                ),
            ).toBe("docker");
            await sh("docker rm -fv store; docker network rm lab");
        }));

    test("postgres:17: password, user and database as asked, no initdb at the start", () =>
        withImage("postgres:17", async () => {
            expect(await sh("docker run --rm postgres:17 2>&1 || true")).toContain("POSTGRES_PASSWORD=<password>");
            await sh(
                "docker run -d --name db -e POSTGRES_PASSWORD=secret -e POSTGRES_USER=app -e POSTGRES_DB=shop postgres:17",
            );
            const ready = until(
                "docker exec db psql -qAtU app -d shop -c 'CREATE TABLE IF NOT EXISTS items (name text)' 2>/dev/null",
            );
            expect(
                await sh(
                    `${ready}; docker exec db psql -qAtU app -d shop -c "INSERT INTO items VALUES ('tea')" -c 'SELECT name, current_user FROM items'`,
                ),
            ).toBe("tea|app");
            const over = (password: string) =>
                `docker exec -e PGPASSWORD=${password} db sh -c 'psql -qAtU app -h "$(hostname -i)" shop -c "SELECT 1" 2>&1'`;
            expect(await sh(over("secret"))).toBe("1");
            expect(await sh(`${over("wrong")} || true`)).toContain("password authentication failed");
            expect(
                await sh(
                    `docker restart -t 20 db >/dev/null; ${until("docker exec db pg_isready -q")}; docker exec db psql -qAtU app -d shop -c 'SELECT name FROM items'`,
                ),
            ).toBe("tea");
        }));

    test("registry:2: push to it and pull from it, without login", () =>
        withImage("registry:2", async () => {
            await sh(
                `docker run -d --name registry -p 5000:5000 registry:2; ${until("curl -sf http://localhost:5000/v2/ >/dev/null")}`,
            );
            await sh(
                "docker tag hello-world localhost:5000/greeting; docker push -q localhost:5000/greeting; docker rmi localhost:5000/greeting; docker run --rm localhost:5000/greeting",
            );
            expect(await sh("curl -s http://localhost:5000/v2/_catalog")).toBe('{"repositories":["greeting"]}');
            await sh("docker rmi localhost:5000/greeting");
        }));

    test("node:20-slim: a line of code, and npm with the sandbox's registry", () =>
        withImage("node:20-slim", async () => {
            expect(
                await sh(
                    `docker run --rm node:20-slim node -e 'console.log(process.version, new Intl.NumberFormat("de").format(1234.5))'`,
                ),
            ).toMatch(/^v20\.\d+\.\d+ 1\.234,5$/);
            expect(await sh("docker run --rm node:20-slim npm config get registry")).toBe("http://node.lab/");
        }));

    test("gcc builds what an empty image runs", () =>
        withImage("gcc", async () => {
            await sh(`mkdir -p /tmp/c; cd /tmp/c
printf '#include <stdio.h>\\nint main(void) { puts("small"); return 0; }\\n' >main.c
printf 'FROM gcc AS build\\nCOPY main.c .\\nRUN gcc -static -o /main main.c\\nFROM scratch\\nCOPY --from=build /main /\\nCMD ["/main"]\\n' >Dockerfile
DOCKER_BUILDKIT=0 docker build -q -t small .`);
            expect(await sh("docker run --rm small")).toBe("small");
            await sh("docker rmi small; docker image prune -f");
        }));

    test("openjdk:21 compiles and runs a class", () =>
        withImage("openjdk:21", async () => {
            await sh(
                `mkdir -p /tmp/java; printf 'class Hello { public static void main(String[] a) { System.out.println("from " + System.getProperty("java.vm.name")); } }' >/tmp/java/Hello.java`,
            );
            expect(
                await sh("docker run --rm -v /tmp/java:/src -w /src openjdk:21 sh -c 'javac Hello.java && java Hello'"),
            ).toMatch(/^from OpenJDK/);
        }));
});

describe("python:3.13-slim", () => {
    test("compiles nothing at its start: all bytecode is there and is used without a check", async () => {
        const said = await sh(
            "docker run --rm python:3.13-slim sh -c 'python -v /usr/local/bin/pip --version 2>&1; python -v -c \"import http.server, json, logging, ssl, email, asyncio\" 2>&1'",
        );
        expect(said).toContain("pip 25");
        expect(
            said
                .split("\n")
                .filter(line => /bytecode is stale|code object from [^ ]*\.py$|could not create|wrote /.test(line)),
        ).toEqual([]);
    });
});

describe("the base", () => {
    test("trusts the sandbox's authority and uses its package repository", async () => {
        expect(await sh("docker run --rm debian:trixie-slim cat /etc/apt/sources.list")).toContain(
            "http://debian.lab/debian trixie main",
        );
        expect(
            await sh(
                "docker run --rm debian:trixie-slim sh -c 'cat /usr/local/share/ca-certificates/drydock.crt; ls /etc/ssl/certs'",
            ),
        ).toMatch(/BEGIN CERTIFICATE[^]*ca-certificates\.crt/);
    });
});
