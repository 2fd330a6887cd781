/** `bench`: every figure that the project names, from one run on one machine. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "../../src/cli/command";
import { openHeadless } from "../../src/host/headless";
import { currentImage } from "../../src/host/current-image";
import { ensurePage } from "../../src/server/page";
import { root } from "../../src/host/project";
import { startServer } from "../../src/server/server";
import { setUp } from "../../src/cli/set-up";
import { longTasks, openBench } from "./browser";
import { layInFlask, measureAll, median, succeed, type Measurement } from "./measure";
import { startQemu } from "./qemu";
import { bar, type Bar } from "./bars";
import { bars, comparison } from "./report";
import { agentRunner, type Run } from "./runner";
import { flask } from "./workload";

const DOCKER_RUN = "docker run --rm busybox true";

/** Reading time that the bars allow for the warm-up, milliseconds. */
const READING = 60_000;

export const bench: Command = {
    name: "bench",
    summary: "measure start, bytes, docker commands; Chromium, Node and QEMU side by side",
    help: `npm run drydock -- bench [--no-browser] [--no-node] [--no-qemu] [--json FILE]

Measures, in one run on this machine:
  Chromium   navigation to prompt and to an answered \`docker ps\`, first visit and with a warm HTTP cache; bytes; \`docker run\`
             first, after the background warm-up, and twenty times in a row; the main thread's longest task; the workload below; and
             in a separate visit, the lesson's Flask image after the warm-up
  Node       the workload: docker ps, run, exec, classic and BuildKit build, the Flask image and container
  QEMU       the same with the same disk and kernel under qemu-system-i386 (TCG), and the ratios

  --json FILE   write all results there`,

    async run(argv) {
        const { values } = parseArgs({
            args: argv,
            options: {
                "no-browser": { type: "boolean" },
                "no-node": { type: "boolean" },
                "no-qemu": { type: "boolean" },
                json: { type: "string" },
            },
        });
        await setUp({ image: true, page: !values["no-browser"], browser: !values["no-browser"] });
        const { folder, manifest } = await currentImage();
        const solution = join(root, "lessons/02-images/02-flask/solution");
        const files = Object.fromEntries(
            ["app.py", "requirements.txt", "Dockerfile"].map(name => [
                name,
                readFileSync(join(solution, name), "utf8"),
            ]),
        );
        const say = (line: string) => console.error(line);
        const columns: Record<string, Measurement[]> = {};
        const limits: Bar[] = [];

        if (!values["no-browser"]) {
            const server = await startServer({ port: 0, dist: await ensurePage(), image: folder });
            const browser = await openBench(`${server.url}#/images/flask`);
            try {
                const { first, again, runner, student } = browser;
                say(
                    `chromium  first visit: prompt ${first.prompt.toFixed(2)} s, docker ps answered ${first.dockerPs.toFixed(2)} s, ${first.promptMegabytes} MB before the prompt, ${first.dockerPsMegabytes} MB with docker ps`,
                );
                say(
                    `chromium  warm HTTP cache: prompt ${again.prompt.toFixed(2)} s, docker ps answered ${again.dockerPs.toFixed(2)} s`,
                );
                const cold = await succeed(runner, DOCKER_RUN);
                say(`chromium  first docker run: ${cold.seconds.toFixed(2)} s`);
                await student.page.waitForTimeout(READING);
                const warmed = await succeed(runner, DOCKER_RUN);
                say(`chromium  first docker run after the warm-up: ${warmed.seconds.toFixed(2)} s`);
                const twenty: Run[] = [];
                for (let i = 0; i < 20; i++) twenty.push(await succeed(runner, DOCKER_RUN));
                const seconds = twenty.map(run => run.seconds);
                say(`chromium  twenty in a row: ${seconds.map(one => one.toFixed(1)).join(" ")} s`);
                columns.chromium = await measureAll(runner, files, say);
                const tasks = await longTasks(student.page);
                const last = await browser.visitAgain();
                await last.student.page.waitForTimeout(READING);
                await layInFlask(last.runner, files);
                const image = await succeed(last.runner, flask.build);
                say(
                    `chromium  the Flask image after the warm-up: ${image.seconds.toFixed(1)} s, ${((image.instructions ?? 0) / 1e6).toFixed(0)} M instructions`,
                );
                tasks.push(...(await longTasks(last.student.page)));
                limits.push(
                    bar("dockerPsAgain", again.dockerPs),
                    bar("bytesBeforePrompt", first.promptMegabytes),
                    bar("bytesBeforeDockerPs", first.dockerPsMegabytes),
                    bar("firstRun", cold.seconds),
                    bar("firstRunWarmedUp", warmed.seconds),
                    bar("flaskImage", image.seconds),
                    bar("warmRunInstructions", median(twenty.map(run => run.instructions ?? 0)) / 1e6),
                    bar("twentyRuns", Math.max(...seconds.slice(3)) / median(seconds.slice(3))),
                    bar("longestTask", Math.max(0, ...tasks)),
                );
            } finally {
                await browser.close();
                await server.close();
            }
        }
        if (!values["no-node"]) {
            const guest = await openHeadless();
            try {
                await guest.engineReady();
                columns.node = await measureAll(agentRunner("node", guest.agent, guest.machine), files, say);
            } finally {
                guest.close();
                await guest.machine.stop();
            }
        }
        if (!values["no-qemu"]) {
            const qemu = await startQemu(folder, manifest);
            try {
                columns.qemu = await measureAll(agentRunner("qemu", qemu.agent), files, say);
            } finally {
                qemu.stop();
            }
        }

        console.log(`\n${comparison(columns)}\n`);
        if (limits.length > 0) console.log(`${bars(limits)}\n`);
        if (values.json) {
            const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root }).toString().trim();
            writeFileSync(
                values.json,
                JSON.stringify(
                    {
                        commit,
                        image: manifest.id,
                        processor: cpus()[0]?.model,
                        cores: cpus().length,
                        columns,
                        bars: limits,
                    },
                    undefined,
                    2,
                ),
            );
        }
        return limits.every(bar => bar.value <= bar.limit) ? 0 : 1;
    },
};
