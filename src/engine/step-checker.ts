/** The checks of a step on the guest that is there at the moment: before the machine is up, and after a restart of it. */
import type { Agent, GuestFiles } from "../agent/agent";
import { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { ExpectationResult } from "../checks/check";
import { runChecks } from "../checks/run";
import type { Docker, DockerEvent } from "../docker/docker";
import type { CheckStep } from "./engine";
import { WORKSPACE } from "../workspace/workspace";

/** Enough for a lesson; a container in a restart loop must not fill the memory. */
const EVENTS_KEPT = 2_000;

export interface StepChecker {
    readonly check: CheckStep;
    /** The guest to look at from now on. `onEvent` hears of what the engine does; the returned stop detaches it. */
    attach(guest: { agent: Agent; docker: Docker }, onEvent?: (event: DockerEvent) => void): Stop;
}

export function createStepChecker(): StepChecker {
    let guest: { agent: Agent; docker: Docker } | undefined;
    let events: DockerEvent[] = [];
    return {
        attach(attached, onEvent) {
            guest = attached;
            events = [];
            const stopEvents = attached.docker.events(event => {
                events = [...events, event].slice(-EVENTS_KEPT);
                onEvent?.(event);
            });
            return () => {
                stopEvents();
                if (guest === attached) guest = undefined;
            };
        },
        async check(step, { commands, answers }, { signal, stopAtFailure, readsOnly }) {
            if (!guest)
                throw new DrydockError(
                    "check.no-machine",
                    "The machine is not up yet.",
                    "Check again when the terminal shows a prompt.",
                );
            const { agent, docker } = guest;
            const sources = {
                docker,
                workspace: below(agent.files),
                exec: agent.exec.bind(agent),
                http: agent.http.bind(agent),
                commands,
                answers,
                events,
            };
            const enough = new AbortController();
            const results: ExpectationResult[] = [];
            const onResult = (result: ExpectationResult) => {
                results.push(result);
                const { status } = result.result;
                if (stopAtFailure && (status === "fail" || status === "error")) enough.abort();
            };
            try {
                return await runChecks(step.expect, sources, {
                    signal: AbortSignal.any([signal, enough.signal]),
                    why: step.why,
                    ...(readsOnly && { readsOnly }),
                    onResult,
                });
            } catch (thrown) {
                signal.throwIfAborted();
                if (enough.signal.aborted) return results;
                throw thrown;
            }
        },
    };
}

/** The workspace's files by their relative paths. */
function below(files: GuestFiles): Pick<GuestFiles, "read" | "stat" | "list"> {
    const at = (path: string) => (path === "" || path === "." ? WORKSPACE : `${WORKSPACE}/${path}`);
    return {
        read: (path, options) => files.read(at(path), options),
        stat: path => files.stat(at(path)),
        list: (path, options) => files.list(at(path), options),
    };
}
