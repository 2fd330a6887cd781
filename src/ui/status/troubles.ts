/** What the machine and the workspace have to say of themselves, as notices. */
import type { DrydockError } from "../../base/errors";
import type { Stop } from "../../base/lifetime";
import type { Workspace } from "../../workspace/workspace";
import type { Notices } from "../common/notices.svelte";
import type { Sandbox, SandboxState } from "../sandbox";

/** Says why a machine started without the snapshot; once for each machine. */
export function tellFallback(
    sandbox: Pick<Sandbox, "state" | "subscribe">,
    notices: Pick<Notices, "say" | "problem">,
): Stop {
    let told: DrydockError | undefined;
    const tell = (state: SandboxState) => {
        if (state.kind !== "ready" || !state.fallback || state.fallback === told) return;
        told = state.fallback;
        if (told.code === "vm.memory-differs")
            notices.say(
                "This lesson needs more memory than the snapshot has, so the machine booted without it, which takes longer.",
            );
        else
            notices.problem(
                `The machine booted without its snapshot, which takes longer: ${told.message}`,
                told.advice,
            );
    };
    tell(sandbox.state);
    return sandbox.subscribe(tell);
}

/** Shows what the workspace could not store. */
export function tellNotStored(workspace: Pick<Workspace, "notices">, notices: Pick<Notices, "problem">): Stop {
    const tell = (errors: readonly DrydockError[]) => {
        for (const { message, advice } of errors) notices.problem(message, advice);
    };
    tell(workspace.notices.state);
    return workspace.notices.subscribe(tell);
}
