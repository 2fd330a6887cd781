import { DrydockError, messageOf } from "../base/errors";

/** What to do about each error code of the agent. */
const advice: Record<string, string> = {
    "agent.not-found": "Check the name and the folder.",
    "agent.refused": "Start the program that should listen there and check its port.",
    "agent.file-too-large": "Open a smaller file, or view this one in the terminal.",
    "agent.no-space":
        "Free space: remove files, images or containers that you no longer need, for example with docker system prune.",
    "agent.denied": "Check the file's permissions.",
    "agent.not-a-file": "Choose a file.",
    "agent.not-a-folder": "Choose a folder.",
    "agent.exists": "Choose another name.",
    "agent.bad-reply": "Look at the program's output: its answer was cut off, or it does not speak HTTP.",
    "agent.watch-lost": "Read the folder again.",
    "agent.busy": "Wait until some operations have ended.",
};

/** An error reported by the agent itself, `{code, message}`. */
export function agentFailure(reported: unknown): DrydockError {
    const given =
        typeof reported === "object" && reported !== null ? (reported as { code?: unknown; message?: unknown }) : {};
    const code = typeof given.code === "string" ? given.code : "agent.failed";
    const message =
        typeof given.message === "string" ? given.message : "The guest agent reported an error without a reason.";
    return new DrydockError(code, message, advice[code] ?? "Try again.");
}

export const agentGone = (cause?: unknown) =>
    new DrydockError(
        "agent.gone",
        `The connection to the machine ended${cause === undefined ? "" : `: ${messageOf(cause)}`}.`,
        "Connect again, or restart the machine.",
        { cause },
    );

export const agentSilent = (what: string) =>
    new DrydockError(
        "agent.silent",
        `The machine does not answer: ${what}.`,
        "Wait a moment. If it still does not answer, restart the machine.",
    );

export const badReply = (what: string, cause?: unknown) =>
    new DrydockError(
        "agent.bad-reply",
        `The guest agent's answer is not valid: ${what}.`,
        "Reload the page. If the error stays, the image and the page have different versions: build the image again.",
        { cause },
    );

/** The error for a stream that one side has reset. */
export const streamReset = () =>
    new DrydockError("agent.reset", "The other side cancelled the operation.", "Try again.");
