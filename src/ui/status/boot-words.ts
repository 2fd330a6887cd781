import { megabytes, percent } from "../common/format";
import type { SandboxState } from "../sandbox";

export type BootStage = Extract<SandboxState, { kind: "starting" }>["stage"];

/** The stages of the start, in order, as the student reads them. In a cold boot, "kernel" takes the place of the snapshot. */
const stages: readonly { stage: BootStage; words: string }[] = [
    { stage: "emulator", words: "Loading the emulator" },
    { stage: "snapshot", words: "Loading the machine's memory" },
    { stage: "kernel", words: "Starting Linux" },
    { stage: "restore", words: "Resuming the machine" },
    { stage: "agent", words: "Connecting to the machine" },
    { stage: "files", words: "Copying your files" },
];

export interface BootLine {
    words: string;
    state: "done" | "now" | "next";
    detail: string;
}

/** "18.2 of 36.5 MB · 50 %", or as much as is known. "" once everything has arrived. */
export function amount(loaded: number, total: number): string {
    if (loaded === total) return "";
    if (total > 0) return `${megabytes(loaded).replace(" MB", "")} of ${megabytes(total)} · ${percent(loaded / total)}`;
    return loaded > 0 ? megabytes(loaded) : "";
}

export function bootLines(state: SandboxState): BootLine[] {
    if (state.kind !== "starting") return [];
    const cold = state.stage === "kernel";
    const shown = stages.filter(({ stage }) =>
        cold ? stage !== "snapshot" && stage !== "restore" : stage !== "kernel",
    );
    const at = shown.findIndex(({ stage }) => stage === state.stage);
    return shown.map(({ words }, index) => ({
        words,
        state: index < at ? "done" : index === at ? "now" : "next",
        detail: index === at ? amount(state.loaded, state.total) : "",
    }));
}

/** The machine is paused until a piece of its disk arrives. */
export const stallWords = "Waiting for the network";

/** One line for the status bar. */
export function bootSentence(state: SandboxState): string {
    switch (state.kind) {
        case "starting": {
            const words = stages.find(({ stage }) => stage === state.stage)?.words ?? "Starting";
            const detail = amount(state.loaded, state.total);
            return detail ? `${words} · ${detail}` : words;
        }
        case "ready":
            return state.docker ? "Engine ready" : "Docker engine is starting";
        case "failed":
            return "The machine has stopped";
    }
}
