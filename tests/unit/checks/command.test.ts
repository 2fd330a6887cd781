import { describe, expect, test } from "vitest";
import { parseCommand, splitLine } from "../../../src/checks/command-line";
import { check } from "./fakes";

const ran = (wanted: string, typed: string, code = 0) =>
    check("command", { ran: wanted }, { commands: [[typed, code]] });

describe("command", () => {
    test.each([
        ["docker ps -a", "docker   ps  -a "],
        ["docker ps -a", "docker ps --all"],
        ["docker ps -a", "docker container ls -a"],
        ["docker ps -a", "sudo docker ps -aq"],
        ["docker ps", "docker ps -a"],
        ["docker run -d -p 5000:5000 docker-flask:1.0", "docker run -p 5000:5000 -d docker-flask:1.0"],
        [
            "docker run -d -p 5000:5000 docker-flask:1.0",
            "docker run --publish=5000:5000 --detach --name web docker-flask:1.0",
        ],
        ["docker run -d -p 5000:5000 docker-flask:1.0", "docker container run -dp5000:5000 docker-flask:1.0"],
        ["docker run -it busybox sh -c 'echo -n hi'", `docker run -t -i busybox sh -c "echo -n hi"`],
        ["docker build -t docker-flask:1.0 .", "docker build ./ --tag docker-flask:1.0"],
        [
            "docker build -t docker-flask:1.0 .",
            "cd app && DOCKER_BUILDKIT=1 docker image build -t docker-flask:1.0 . | tee log",
        ],
        ["docker stop -t 0 web", "docker stop --time 0 web"],
        ["docker compose up -d", "docker-compose up --detach"],
        ["docker rm -f web", "docker ps; docker rm web -f # away with it"],
        ["docker images", "docker image ls"],
    ])("%s is %s", async (wanted, typed) => expect(await ran(wanted, typed)).toMatchObject({ status: "pass" }));

    test.each([
        ["docker ps -a", "docker ps", "command.almost", "Missing: `-a`"],
        [
            "docker run -d -p 5000:5000 docker-flask:1.0",
            "docker run -d -p 8000:5000 docker-flask:1.0",
            "command.almost",
            "`-p 5000:5000`",
        ],
        ["docker run busybox sh", "docker run busybox ash", "command.almost", "busybox sh"],
        ["docker run -t busybox", "docker run busybox -t", "command.almost", "`-t`"],
        ["docker ps -a", "docker images -a", "command.never-ran", "Run `docker ps -a`"],
        ["docker ps -a", "echo docker ps -a", "command.never-ran", "Run"],
    ])("%s is not %s", async (wanted, typed, code, words) => {
        expect(await ran(wanted, typed)).toMatchObject({
            status: "fail",
            code,
            message: expect.stringContaining(words),
        });
    });

    test("status and number of times", async () => {
        expect(await ran("docker build .", "docker build .", 1)).toMatchObject({
            code: "command.failed",
            message: expect.stringContaining("status 1"),
        });
        expect(await check("command", { ran: "false", code: 1 }, { commands: [["false", 1]] })).toMatchObject({
            status: "pass",
        });
        expect(await check("command", { ran: "false", code: 2 }, { commands: [["false", 1]] })).toMatchObject({
            code: "command.wrong-code",
        });
        expect(await check("command", { ran: "ls", code: "any" }, { commands: [["ls", 2]] })).toMatchObject({
            status: "pass",
        });
        expect(await check("command", { ran: "ls", count: 2 }, { commands: [["ls", 0]] })).toMatchObject({
            code: "command.too-few",
        });
    });

    test("a regular expression", async () => {
        expect(
            await check(
                "command",
                { matches: "^docker (ps|container ls)\\b" },
                { commands: [["docker  container ls", 0]] },
            ),
        ).toMatchObject({
            status: "pass",
        });
        expect(await check("command", { matches: "^docker logs" })).toMatchObject({
            code: "command.never-ran",
            found: "no command yet",
        });
    });

    test("no line breaks the parser", () => {
        for (const line of [
            "",
            "   ",
            "'",
            '"open',
            "a \\",
            "docker",
            "docker run",
            "docker run -p",
            "docker --",
            "sudo",
            "A=1",
            ";;|&&",
            "docker run --name",
            "-x",
        ])
            for (const words of splitLine(line)) expect(parseCommand(words)).toHaveProperty("verb");
    });
});
