/** What a step of the warm-up works with. */
import type { Agent } from "../../agent/agent";
import type { Transport } from "../../docker/transport";

/** The part of the agent that the warm-up needs. */
export type WarmUpAgent = Pick<Agent, "http" | "spawn"> & { files: Pick<Agent["files"], "write" | "remove"> };

export interface WarmUpStep {
    name: string;
    run(kit: WarmUpKit): Promise<void>;
}

export interface WarmUpKit {
    agent: WarmUpAgent;
    transport: Transport;
    /** For the step's own files; removed afterwards. */
    folder: string;
    /** Host of a Python index whose requests are hidden from every list. */
    pythonHost: string;
    /** Aborts when the student acts, and when the time is up. */
    signal: AbortSignal;
}
