/** One place where the workload runs: Chromium, Node or QEMU. */
import type { Agent } from "../../src/agent/agent";
import type { Machine } from "../../src/vm/machine";

export interface Run {
    seconds: number;
    code: number;
    output: string;
    /** Guest instructions, where the emulator counts them. */
    instructions?: number;
}

export interface Runner {
    name: "chromium" | "node" | "qemu";
    run(command: string): Promise<Run>;
}

/** Runs commands through the agent, without a terminal. */
export function agentRunner(name: "node" | "qemu", agent: Agent, machine?: Machine): Runner {
    return {
        name,
        async run(command) {
            const before = await machine?.statistics();
            const started = performance.now();
            const result = await agent.exec(["bash", "-lc", command]);
            const seconds = (performance.now() - started) / 1000;
            const after = await machine?.statistics();
            return {
                seconds,
                code: result.code,
                output: result.stdout + result.stderr,
                instructions: before && after ? after.instructions - before.instructions : undefined,
            };
        },
    };
}
