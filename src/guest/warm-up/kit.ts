/** What a step of the warm-up works with. */
import type { Agent } from "../../agent/agent";
import type { Transport } from "../../docker/transport";

/** What of the agent the warm-up needs. */
export type WarmUpAgent = Pick<Agent, "http" | "spawn"> & { files: Pick<Agent["files"], "write" | "remove"> };

export interface WarmUpStep {
    name: string;
    run(kit: WarmUpKit): Promise<void>;
}

export interface WarmUpKit {
    agent: WarmUpAgent;
    transport: Transport;
    /** For files of its own; removed afterwards. */
    folder: string;
    /** Host of a Python index whose requests no list shows. */
    pythonHost: string;
    /** Aborts when the student acts, and when the time is over. */
    signal: AbortSignal;
}
