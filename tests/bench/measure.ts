/** Runs the workload on a runner and summarises each command's runs. */
import { DrydockError } from "../../src/base/errors";
import type { Run, Runner } from "./runner";
import { execContainer, flask, prepare, workloads } from "./workload";

export interface Measurement {
    id: string;
    title: string;
    /** Seconds of each run, in order. */
    seconds: number[];
    /** Millions of guest instructions of each run, where counted. */
    instructions?: number[];
}

export const median = (numbers: number[]): number => {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export function summed(id: string, title: string, runs: Run[]): Measurement {
    const counted = runs.every(run => run.instructions !== undefined);
    return {
        id,
        title,
        seconds: runs.map(run => Math.round(run.seconds * 100) / 100),
        instructions: counted ? runs.map(run => Math.round(run.instructions! / 1e6)) : undefined,
    };
}

/** Runs a command and insists on status 0: the time of something that failed is not a figure. */
export async function succeed(runner: Runner, command: string): Promise<Run> {
    const run = await runner.run(command);
    if (run.code !== 0)
        throw new DrydockError(
            "bench.command-failed",
            `On ${runner.name} \`${command}\` ended with status ${run.code}.`,
            "Its output is the cause.",
            { cause: new Error(run.output.slice(-2000)) },
        );
    return run;
}

/** `files`: the lesson's solution, text by name. */
export async function layInFlask(runner: Runner, files: Record<string, string>): Promise<void> {
    await succeed(runner, `mkdir -p ${flask.folder}`);
    for (const [name, text] of Object.entries(files))
        await succeed(runner, `echo ${Buffer.from(text).toString("base64")} | base64 -d > ${flask.folder}/${name}`);
}

/** The whole workload. It needs an internet that answers pip; QEMU's guest has one too, through the same agent. */
export async function measureAll(
    runner: Runner,
    files: Record<string, string>,
    say: (line: string) => void,
): Promise<Measurement[]> {
    const results: Measurement[] = [];
    const keep = (measurement: Measurement) => {
        results.push(measurement);
        const counts = measurement.instructions ? `  ${measurement.instructions.join(" ")} M instructions` : "";
        say(`${runner.name.padEnd(9)} ${measurement.title}: ${measurement.seconds.join(" ")} s${counts}`);
    };
    await succeed(runner, prepare);
    for (const workload of workloads) {
        if (workload.id === "dockerExec") await succeed(runner, execContainer.start);
        const runs: Run[] = [];
        for (let i = 0; i < workload.times; i++) runs.push(await succeed(runner, workload.command));
        if (workload.id === "dockerExec") await succeed(runner, execContainer.stop);
        keep(summed(workload.id, workload.title, runs));
    }
    await layInFlask(runner, files);
    keep(
        summed("flaskBuildClassic", "Flask image, classic builder, pip install included", [
            await succeed(runner, flask.buildClassic),
        ]),
    );
    keep(
        summed("flaskBuildKit", "Flask image, BuildKit, pip install included", [await succeed(runner, flask.buildKit)]),
    );
    const answers: Run[] = [];
    for (let i = 0; i < 2; i++) {
        answers.push(await succeed(runner, flask.answer));
        await succeed(runner, flask.stop);
    }
    keep(summed("flaskAnswer", "Flask container, from run to its first answer", answers));
    return results;
}
