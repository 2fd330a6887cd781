/** The interface of a check kind. Each kind is one file, registered once in registry.ts. */
import type { GenericSchema } from "valibot";
import type { Agent, GuestFiles } from "../agent/agent";
import type { MissedImage } from "../base/missing-image";
import type { Docker, DockerEvent } from "../docker/docker";

/** A command that ended in one of the student's terminals. */
export interface CommandRecord {
    /** As typed. */ command: string;
    code: number;
    /** Milliseconds since 1970. */ at: number;
    terminal: number;
}

/** What a check looks at. A program that it runs or a request that it sends may change the guest; see `CheckKind.acts`. */
export interface CheckContext {
    docker: Docker;
    /** Files below the workspace, paths relative to it. */
    workspace: Pick<GuestFiles, "read" | "stat" | "list">;
    exec: Agent["exec"];
    http: Agent["http"];
    commands: readonly CommandRecord[];
    events: readonly DockerEvent[];
    /** Images that a command asked for and that are not in the sandbox, oldest first. */
    missedImages: readonly MissedImage[];
    /** The student's answers to a lesson's questions, by question id. */
    answers: ReadonlyMap<string, string>;
    /** Asks once for all checks of an attempt, so that they share one `docker ps`. */
    memo<T>(key: string, ask: () => Promise<T>): Promise<T>;
    signal: AbortSignal;
}

export type CheckResult =
    | { status: "pass"; /** what was found, one sentence */ message: string }
    | {
          status: "fail";
          /** Such as "container.exited"; a lesson's `why` may replace `message` for it. */
          code: string;
          /** What is wrong, and what to do or look at. */
          message: string;
          expected: string;
          found: string;
          /** Something to read beside it: the last log lines, the body received. */
          excerpt?: string;
      }
    /** The check could not run: the engine does not answer, or the lesson is wrong. */
    | { status: "error"; code: string; message: string }
    /** Not run: it may change the guest, and the student has not pressed Check. */
    | { status: "waiting"; message: string };

/** The result of one expectation of a step. */
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
    /** Failure codes with their meanings; the documentation and the keys of `why` come from here. */
    failures: Record<string, string>;
    /** What this check looks for, in the student's words: "the image docker-flask:1.0". */
    describe(spec: Spec): string;
    /**
     * Only for kinds whose checks may change something in the guest; all others only read. Such a check runs only when
     * the student asks.
     */
    acts?: {
        /** One sentence for the reference page: which checks these are, and what an author can say about it. */
        when: string;
        with(spec: Spec): boolean;
        /** What it does, after "it": "runs a program". */
        because(spec: Spec): string;
    };
    /** Milliseconds after which a check with these fields is given up; `CHECK_LIMIT` if left out. */
    limit?(spec: Spec): number;
    run(spec: Spec, context: CheckContext): Promise<CheckResult>;
}
