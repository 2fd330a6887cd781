/** A guest in which the same command is given to Drydock's runtime and to runc, whose words and numbers everybody else has. */
import { expect, test } from "vitest";
import { PREPARATION, type Row } from "./exit-code-rows";
import { startMachine, type StartedMachine } from "./machine";

export const RUNTIMES = ["drydock", "runc"] as const;
export type Runtime = (typeof RUNTIMES)[number];

interface Outcome {
    code: number;
    /** The first line on standard error, or on standard output when that is empty. */
    said: string;
    /** Of the container, if there is one: status, exit status, error. */
    state: string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Without what differs from container to container. */
export function comparable(text: string): string {
    return text
        .replace(/\x1b\[\d*m/g, "")
        .replace(/\/(overlay2|executor)\/[0-9a-z]+/g, "/$1/ID")
        .replace(/tini \(\d+\)/, "tini (PID)")
        .trimEnd();
}

export class Comparison {
    private constructor(private readonly machine: StartedMachine) {}

    /** With the images of `PREPARATION`. */
    static async start(): Promise<Comparison> {
        const machine = await startMachine();
        await machine.engineReady();
        const comparison = new Comparison(machine);
        await comparison.sh(PREPARATION);
        return comparison;
    }

    stop(): Promise<void> {
        return this.machine.stop();
    }

    /** Runs the lines with bash; fails with what they wrote unless they end well. */
    async sh(lines: string): Promise<string> {
        const { stdout, stderr, code } = await this.machine.agent.exec([
            "bash",
            "-c",
            `export HOME=/root DOCKER_CLI_HINTS=false BUILDKIT_PROGRESS=plain\n${lines}`,
        ]);
        expect(code, `${lines}\n${stdout}${stderr}`).toBe(0);
        return stdout;
    }

    /** The command in a shell of its own, with `$n` a new container's name; the container is removed afterwards. */
    async outcome(runtime: Runtime, command: string): Promise<Outcome> {
        const text = await this.sh(`cd "$(mktemp -d)"
            n=row rt=${runtime} timeout 60 bash -c ${quote(command)} </dev/null >out 2>err
            code=$?; [ -s err ] || mv out err
            printf '%s\\037%s' $code "$(head -n 1 err)"`);
        const [code, said] = text.split("\x1f") as [string, string];
        return { code: Number(code), said: comparable(said), state: comparable(await this.stateOfRow()) };
    }

    /** By the engine's own interface: a start of its client costs as much as a container's. */
    private async stateOfRow(): Promise<string> {
        const row = await this.machine.docker.containers.inspect("row");
        if (!row) return "";
        await this.sh("curl -fsS --unix-socket /var/run/docker.sock -X DELETE 'http://engine/containers/row?force=1'");
        return `${row.state} ${row.exitCode} ${row.error}`;
    }
}

/** One test for each row. */
export function compare(comparison: () => Comparison, rows: readonly Row[]): void {
    test.each(rows.map(({ what, code, command }) => [what, code, command] as const))(
        "%s: %i",
        async (_, code, command) => {
            const ours = await comparison().outcome("drydock", command);
            expect(ours).toEqual(await comparison().outcome("runc", command));
            expect(ours.code).toBe(code);
        },
    );
}
