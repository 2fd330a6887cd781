/**
 * Warms up the common paths while the student reads. A restored machine has no compiled code: the first `docker run`
 * takes several times as long as the seventh. So the usual commands run here beforehand, unseen, and give way as soon
 * as the student does something.
 *
 * Everything made here carries a label of ours, and `giveWay` resolves when none of it is left: no container, image,
 * build cache, file or line of shell history.
 */
import { DrydockError, asDrydockError } from "../../base/errors";
import { Store, type Readable } from "../../base/store";
import { clearBuildCache, clearOwn, buildCache } from "./clear";
import { Transport } from "../../docker/transport";
import type { WarmUpAgent, WarmUpStep } from "./kit";
import { warmUpSteps } from "./steps";

export type WarmUpState =
    | { kind: "idle" }
    | { kind: "warming"; done: number; total: number }
    | { kind: "yielded"; done: number; total: number }
    /** Nothing more to do. `problems`: steps that failed; all the student loses is time. */
    | { kind: "finished"; problems: DrydockError[] };

export interface WarmUp extends Readable<WarmUpState> {
    /** Begins, or resumes where it gave way. Idempotent. */
    start(): void;
    /** Stops at once; resolves when nothing of it is left in the guest. Harmless when nothing is running. */
    giveWay(): Promise<void>;
}

export interface WarmUpOptions {
    /** Host of a Python index whose requests are hidden from every list. */
    pythonHost: string;
    steps?: readonly WarmUpStep[];
    /**
     * Milliseconds of warming in total, default 50,000: with the pause before it and the clearing afterwards, 4 to 7 s
     * on two cores, it fits into a minute of reading. A step still running at the end is stopped.
     */
    budget?: number;
}

/**
 * A folder in the guest's memory file system: HOME and the build context while warming, so that the student's own stay
 * as they are.
 */
const folder = "/tmp/.drydock-warm-up";

export function createWarmUp(agent: WarmUpAgent, options: WarmUpOptions): WarmUp {
    const transport = new Transport(agent);
    const steps = options.steps ?? warmUpSteps;
    const state = new Store<WarmUpState>({ kind: "idle" });
    const problems: DrydockError[] = [];
    let left = options.budget ?? 50_000;
    let done = 0;
    /** The current work, which never rejects, and the way to stop it. */
    let work: Promise<void> = Promise.resolve();
    let stop: AbortController | undefined;

    async function go(signal: AbortSignal): Promise<void> {
        let cacheBefore: Set<string> | undefined;
        try {
            await clearOwn(transport, signal); // what a page closed halfway through left in a saved machine
            cacheBefore = await buildCache(transport, signal);
            while (done < steps.length && left > 0) {
                signal.throwIfAborted();
                state.set({ kind: "warming", done, total: steps.length });
                const began = performance.now();
                const over = AbortSignal.timeout(Math.ceil(left));
                try {
                    await steps[done]!.run({
                        agent,
                        transport,
                        folder,
                        pythonHost: options.pythonHost,
                        signal: AbortSignal.any([signal, over]),
                    });
                } catch (thrown) {
                    signal.throwIfAborted();
                    if (over.aborted) break; // the finished part was not in vain
                    problems.push(
                        asDrydockError(
                            thrown,
                            "docker.warm-up",
                            `Warming up ${steps[done]!.name} failed.`,
                            "This costs time but does no harm.",
                        ),
                    );
                } finally {
                    left -= performance.now() - began;
                }
                done++;
            }
        } catch (thrown) {
            if (!signal.aborted)
                problems.push(
                    asDrydockError(
                        thrown,
                        "docker.warm-up",
                        "The warm-up could not continue.",
                        "This costs time but does no harm.",
                    ),
                );
        }
        try {
            await clearOwn(transport);
            if (cacheBefore) await clearBuildCache(transport, cacheBefore);
            await agent.files.remove(folder);
        } catch (thrown) {
            problems.push(
                asDrydockError(
                    thrown,
                    "docker.warm-up",
                    "The warm-up could not remove what it made.",
                    "It does no harm. docker ps -a shows it.",
                ),
            );
        }
        if (signal.aborted && done < steps.length) state.set({ kind: "yielded", done, total: steps.length });
        else state.set({ kind: "finished", problems });
    }

    return {
        get state() {
            return state.state;
        },
        subscribe: listener => state.subscribe(listener),
        start() {
            if (state.state.kind === "finished" || (stop && !stop.signal.aborted)) return;
            const mine = new AbortController();
            stop = mine;
            work = work.then(() => (mine.signal.aborted ? undefined : go(mine.signal)));
        },
        async giveWay() {
            stop?.abort(new DrydockError("docker.warm-up-yielded", "The warm-up gave way.", "It continues later."));
            stop = undefined;
            await work;
        },
    };
}
