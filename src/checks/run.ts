/** Runs the checks of a step one after the other: the guest has one processor, and later checks reuse what earlier ones asked. */
import { limited } from "../base/abort";
import { DrydockError } from "../base/errors";
import type { CheckContext, CheckKind, CheckResult, ExpectationResult } from "./check";
import { CHECK_LIMIT, STEP_MARGIN } from "./limits";
import { checkKinds } from "./registry";

export interface RunOptions {
    signal?: AbortSignal | undefined;
    /** Milliseconds for one check; if left out, the limit of its kind. */
    timeout?: number;
    /** The student has not pressed Check: checks that may change the guest do not run, and their result is "waiting". */
    readsOnly?: boolean;
    /** The lesson's own sentences, by failure code; each replaces the check's sentence. */
    why?: Readonly<Record<string, string>>;
    /** Called with each result as it arrives. */
    onResult?: (result: ExpectationResult, index: number) => void;
}

/** What a run looks at. The runner adds memo and signal. */
export type CheckSources = Omit<CheckContext, "memo" | "signal">;

/** The checks to run; `spec` is what the kind's own schema parsed. */
type Expectations = readonly { kind: string; spec: unknown }[];

const limitOf = (kind: CheckKind | undefined, spec: unknown): number => kind?.limit?.(spec) ?? CHECK_LIMIT;

/**
 * Milliseconds after which all checks of a step are given up together: more than each may take, so that each reports
 * its own reason first.
 */
export const stepLimit = (expectations: Expectations): number =>
    expectations.reduce((sum, { kind, spec }) => sum + limitOf(checkKinds.get(kind), spec), STEP_MARGIN);

/**
 * One result for each expectation, in the same order. Does not reject when a check cannot run (its result is then an
 * "error"); rejects with the signal's reason when the signal aborts.
 */
export async function runChecks(
    expectations: Expectations,
    sources: CheckSources,
    options: RunOptions = {},
): Promise<ExpectationResult[]> {
    const memo = createMemo();
    const results: ExpectationResult[] = [];
    for (const { kind: name, spec } of expectations) {
        options.signal?.throwIfAborted();
        const kind = checkKinds.get(name);
        const began = performance.now();
        const result = kind
            ? await runOne(kind, spec, { ...sources, memo }, options)
            : ({ status: "error", code: "checks.unknown-kind", message: `There is no check kind "${name}".` } as const);
        const milliseconds = Math.round(performance.now() - began);
        results.push({
            kind: name,
            describes: kind?.describe(spec) ?? name,
            result: withReason(result, options.why),
            milliseconds,
        });
        options.onResult?.(results.at(-1)!, results.length - 1);
    }
    return results;
}

async function runOne(
    kind: CheckKind,
    spec: unknown,
    context: CheckSources & Pick<CheckContext, "memo">,
    options: RunOptions,
): Promise<CheckResult> {
    if (options.readsOnly && kind.acts?.with(spec))
        return {
            status: "waiting",
            message: `Press Check to test this: it ${kind.acts.because(spec)}, so it does not run by itself.`,
        };
    const timeout = options.timeout ?? limitOf(kind, spec);
    const late = () =>
        new DrydockError(
            "checks.timeout",
            `The check gave no result within ${timeout / 1000} s.`,
            "Wait until the command in the terminal has ended, then check again.",
        );
    try {
        return await limited(signal => kind.run(spec, { ...context, signal }), {
            milliseconds: timeout,
            late,
            signal: options.signal,
        });
    } catch (thrown) {
        options.signal?.throwIfAborted();
        return toError(thrown);
    }
}

function toError(thrown: unknown): CheckResult {
    if (thrown instanceof DrydockError)
        return { status: "error", code: thrown.code, message: `${thrown.message} ${thrown.advice}` };
    return {
        status: "error",
        code: "checks.broken",
        message: `The check itself failed: ${thrown instanceof Error ? thrown.message : String(thrown)}. Check again.`,
    };
}

function withReason(result: CheckResult, why: RunOptions["why"]): CheckResult {
    const reason = result.status === "fail" ? why?.[result.code] : undefined;
    return result.status === "fail" && reason !== undefined ? { ...result, message: reason } : result;
}

/** A question that failed is asked again: by then the engine may answer. */
function createMemo(): CheckContext["memo"] {
    const known = new Map<string, Promise<unknown>>();
    return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
        const before = known.get(key);
        if (before) return before as Promise<T>;
        const asked = ask();
        known.set(key, asked);
        asked.catch(() => known.delete(key));
        return asked;
    };
}
