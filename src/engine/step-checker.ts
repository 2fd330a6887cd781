/** Runs a step's checks on whichever guest is there at the moment: before the machine is up, and after it restarts. */
import type { Agent, GuestFiles } from "../agent/agent";
import { DrydockError } from "../base/errors";
import type { Stop } from "../base/lifetime";
import type { MissedImage } from "../base/missing-image";
import type { Feed } from "../base/store";
import type { ExpectationResult } from "../checks/check";
import { runChecks } from "../checks/run";
import type { Docker, DockerEvent } from "../docker/docker";
import type { CheckStep } from "./engine";
import { WORKSPACE } from "../workspace/workspace";

/** The parts of a guest that the checks look at. */
export interface CheckedGuest {
    agent: Agent;
    docker: Docker;
    events: Feed<DockerEvent>;
}

export interface StepChecker {
    readonly check: CheckStep;
    /**
     * The guest to look at from now on; its engine must answer. Earlier events do not count. The returned stop detaches
     * it.
     */
    attach(guest: CheckedGuest): Stop;
}

/** `missedImages`: what the guest asked for and the sandbox does not have, oldest first. */
export function createStepChecker(missedImages: () => readonly MissedImage[] = () => []): StepChecker {
    let guest: CheckedGuest | undefined;
    /** The position in the guest's events at which this lesson joined. */
    let mark = 0;
    return {
        attach(attached) {
            guest = attached;
            mark = attached.events.count;
            const stopEvents = attached.events.listen(() => undefined); // keeps the engine followed even if nobody else listens
            return () => {
                stopEvents();
                if (guest === attached) guest = undefined;
            };
        },
        async check(step, { commands, answers }, { signal, stopAtFailure, readsOnly }) {
            if (!guest)
                throw new DrydockError(
                    "check.no-machine",
                    "The machine is not ready yet.",
                    "Check again when the terminal shows a prompt.",
                );
            const { agent, docker, events } = guest;
            const sources = {
                docker,
                workspace: below(agent.files),
                exec: agent.exec.bind(agent),
                http: agent.http.bind(agent),
                commands,
                answers,
                events: events.since(mark),
                missedImages: missedImages(),
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

/** Access to the workspace's files by relative path. */
function below(files: GuestFiles): Pick<GuestFiles, "read" | "stat" | "list"> {
    const at = (path: string) => (path === "" || path === "." ? WORKSPACE : `${WORKSPACE}/${path}`);
    return {
        read: (path, options) => files.read(at(path), options),
        stat: path => files.stat(at(path)),
        list: (path, options) => files.list(at(path), options),
    };
}
