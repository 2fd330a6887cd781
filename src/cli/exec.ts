/** `exec -- <shell command>`: runs one command in a fresh guest and passes on its streams and its status. */
import { parseArgs } from "node:util";
import { Readable, Writable } from "node:stream";
import { DrydockError } from "../base/errors";
import type { Command } from "./command";
import { openHeadless } from "../host/headless";
import { usage } from "../host/usage";

export const exec: Command = {
    name: "exec",
    summary: "run a shell command in a fresh guest and exit with its status",
    help: `npm run drydock -- exec [--memory MB] [--stand-ins] [--json] -- <shell command>

Starts the VM from its snapshot, runs the command with bash in /workspace, streams its output and exits with its status.

  --memory MB   guest memory; any size but the snapshot's boots cold (about 15 s longer)
  --stand-ins   let other images answer for those that the sandbox lacks
  --json        print one object {code, stdout, stderr, seconds, instructions} at the end instead of streaming

  npm run drydock -- exec -- 'docker run --rm busybox echo hi'`,

    async run(argv) {
        const split = argv.indexOf("--");
        if (split < 0 || split === argv.length - 1)
            throw usage("exec", "the shell command is missing: exec -- 'docker ps'");
        const { values } = parseArgs({
            args: argv.slice(0, split),
            options: {
                memory: { type: "string" },
                "stand-ins": { type: "boolean", default: false },
                json: { type: "boolean", default: false },
            },
        });
        const memory = values.memory === undefined ? undefined : Number(values.memory);
        if (memory !== undefined && !(Number.isInteger(memory) && memory >= 128 && memory <= 2000))
            throw usage("exec", "--memory takes a whole number of MB from 128 to 2000");
        const command = argv.slice(split + 1).join(" ");

        const guest = await openHeadless({ memory, standIns: values["stand-ins"] });
        try {
            await guest.engineReady();
            const before = await guest.machine.statistics();
            const started = performance.now();
            const child = await guest.agent.spawn(["bash", "-lc", command], { cwd: "/workspace" });
            if (values.json) {
                await child.stdin.close();
                const [stdout, stderr, code] = await Promise.all([
                    new Response(child.stdout).text(),
                    new Response(child.stderr).text(),
                    child.exit,
                ]);
                const seconds = Math.round(performance.now() - started) / 1000;
                const instructions = (await guest.machine.statistics()).instructions - before.instructions;
                console.log(JSON.stringify({ code, stdout, stderr, seconds, instructions }));
                return code;
            }
            if (process.stdin.isTTY) await child.stdin.close();
            else passInput(child.stdin);
            const [, , code] = await Promise.all([
                passOutput(child.stdout, process.stdout),
                passOutput(child.stderr, process.stderr),
                child.exit,
            ]);
            return code;
        } finally {
            guest.close();
            await guest.machine.stop();
            process.stdin.destroy(); // an open pipe would keep the process alive
        }
    },
};

function passInput(to: WritableStream<Uint8Array<ArrayBuffer>>): void {
    const from = Readable.toWeb(process.stdin) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
    // the program may end without reading all of it
    from.pipeTo(to).catch((thrown: unknown) => {
        if (process.env.DRYDOCK_DEBUG) console.error("standard input ended:", thrown);
    });
}

async function passOutput(from: ReadableStream<Uint8Array<ArrayBuffer>>, to: NodeJS.WriteStream): Promise<void> {
    try {
        await from.pipeTo(Writable.toWeb(to) as unknown as WritableStream<Uint8Array<ArrayBuffer>>, {
            preventClose: true,
        });
    } catch (thrown) {
        throw new DrydockError(
            "exec.stream",
            "The output of the command was cut off.",
            "Run it again. If that fails too, rebuild the image with `npm run drydock -- image build --force`.",
            { cause: thrown },
        );
    }
}
