import { DrydockError, messageOf } from "../base/errors";

/** What to do about each code that the agent gives. */
const advice: Record<string, string> = {
    "agent.not-found": "Check the name and the folder.",
    "agent.refused": "Start the program that should listen there, and check its port.",
    "agent.file-too-large": "Open a smaller file, or look at it in the terminal.",
    "agent.no-space": "Remove files, images or containers that are no longer needed: docker system prune.",
    "agent.denied": "Check the file's permissions.",
    "agent.not-a-file": "Name a file.",
    "agent.not-a-folder": "Name a folder.",
    "agent.exists": "Take another name.",
    "agent.bad-reply": "Look at the program's own output; it broke off or does not speak HTTP.",
    "agent.watch-lost": "Read the folder again.",
    "agent.busy": "Wait until some of it has ended.",
};

/** An error that the agent itself gave, `{code, message}`. */
export function agentFailure(reported: unknown): DrydockError {
    const given =
        typeof reported === "object" && reported !== null ? (reported as { code?: unknown; message?: unknown }) : {};
    const code = typeof given.code === "string" ? given.code : "agent.failed";
    const message =
        typeof given.message === "string" ? given.message : "The guest agent reported a failure without a reason.";
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
        "Wait a little; if it stays silent, restart the machine.",
    );

export const badReply = (what: string, cause?: unknown) =>
    new DrydockError(
        "agent.bad-reply",
        `The guest agent's answer is not understood: ${what}.`,
        "Reload the page; if it stays, the image and the page do not fit each other.",
        { cause },
    );

/** Stream ended by one side giving up. */
export const streamReset = () => new DrydockError("agent.reset", "The other side gave the operation up.", "Try again.");
