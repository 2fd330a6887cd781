/** The seam of a check kind. One file a kind, registered once in registry.ts. */
import type { GenericSchema } from "valibot";
import type { Agent, GuestFiles } from "../agent/agent";
import type { Docker, DockerEvent } from "../docker/docker";

/** A command that ended in one of the student's terminals. */
export interface CommandRecord {
    /** As typed. */ command: string;
    code: number;
    /** Milliseconds since 1970. */ at: number;
    terminal: number;
}

/** What a check looks at. A program that it runs and a request that it sends may change the guest: see `CheckKind.acts`. */
export interface CheckContext {
    docker: Docker;
    /** Files below the workspace, paths relative to it. */
    workspace: Pick<GuestFiles, "read" | "stat" | "list">;
    exec: Agent["exec"];
    http: Agent["http"];
    commands: readonly CommandRecord[];
    events: readonly DockerEvent[];
    /** The student's answers to a lesson's questions, by question id. */
    answers: ReadonlyMap<string, string>;
    /** Last checks of the same attempt already asked; lets kinds share one `docker ps`. */
    memo<T>(key: string, ask: () => Promise<T>): Promise<T>;
    signal: AbortSignal;
}

export type CheckResult =
    | { status: "pass"; /** what was found, one sentence */ message: string }
    | {
          status: "fail";
          /** "container.exited"; a lesson's `why` may replace `message` by this. */
          code: string;
          /** One sentence: what is not as it should be, and what to look at. */
          message: string;
          expected: string;
          found: string;
          /** Something to read next to it: last log lines, the body received. */
          excerpt?: string;
      }
    /** The check itself could not be made: the engine is away, the lesson is wrong. */
    | { status: "error"; code: string; message: string }
    /** Not made: it may change the guest, and the student has not asked for it. */
    | { status: "waiting"; message: string };

/** What became of one expectation of a step. */
export interface ExpectationResult {
    kind: string;
    /** What was wanted, in the student's words. */
    describes: string;
    result: CheckResult;
    /** How long the check took. */
    milliseconds?: number;
}

export interface CheckKind<Spec = unknown> {
    name: string;
    /** One sentence for the reference page. */
    summary: string;
    schema: GenericSchema<unknown, Spec>;
    /** Failure codes with what each means; documentation and `why` keys come from it. */
    failures: Record<string, string>;
    /** What this check wants, in the student's words: "the image docker-flask:1.0". */
    describe(spec: Spec): string;
    /** Only of kinds whose checks may change something in the guest; all others read. Such a check runs only when the student asks. */
    acts?: {
        /** One sentence for the reference page: which checks, and what an author can say about it. */
        when: string;
        with(spec: Spec): boolean;
        /** What it does, after "it": "runs a program". */
        because(spec: Spec): string;
    };
    /** Milliseconds after which a check with these fields is given up; without it `CHECK_LIMIT`. */
    limit?(spec: Spec): number;
    run(spec: Spec, context: CheckContext): Promise<CheckResult>;
}
