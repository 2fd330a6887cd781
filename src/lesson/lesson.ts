/** A lesson as the parser returns it: everything is checked, and defaults are filled in. The schema is in schema.ts. */
import type { FileSystemTree } from "@webcontainer/api";

export interface Course {
    parts: Part[];
}

export interface Part {
    id: string;
    title: string;
    summary: string;
    lessons: Lesson[];
}

export interface Lesson {
    /** "images/flask". Stable. */
    id: string;
    title: string;
    summary: string;
    /** A higher version means that old progress no longer counts. */
    version: number;
    difficulty: "beginner" | "intermediate" | "advanced";
    minutes: number;
    objectives: string[];
    requires: {
        lessons: string[];
        images: string[];
        /** Other images may answer for those that are missing. */ standIns: boolean;
        /** MB, at least */ memory: number;
    };
    open: { panes: ("editor" | "terminal" | "preview")[]; file: string | undefined };
    /** Prose before the first step, Markdown. */
    introduction: string;
    steps: Step[];
    /** The files that the workspace starts with, and those that the solution writes over them. */
    start: FileSystemTree;
    solution: FileSystemTree;
}

export interface Step {
    id: string;
    title: string;
    /** The step's goal in one line, always visible on a phone. */
    goal: string;
    /** Markdown with our fences and links; see fences.ts. */
    prose: string;
    points: number;
    /** level: all checks hold at the same time. edge: each has held once, and the step stays passed. */
    mode: "level" | "edge";
    /** Steps of this lesson that come first. */
    needs: string[];
    expect: Expectation[];
    /** Asked below the prose; an `answer` check looks at what the student answered. */
    questions: Question[];
    /** Sentences that replace a check's own, by failure code ("container.exited"). */
    why: Record<string, string>;
    /** Three, from vague to exact. */
    hints: string[];
    /** What a machine types to pass, in order; `solveActions` in solve-script.ts separates commands, saves and answers. */
    solve: string[];
}

/** A question in a step. Without choices the student types the answer. */
export interface Question {
    id: string;
    ask: string;
    choices: string[];
}

/** One check of a step: the kind's name, and its fields as that kind's own schema parsed them. */
export interface Expectation {
    kind: string;
    spec: unknown;
}

/** A mistake in a lesson's files. `line` counts from 1. */
export interface Problem {
    file: string;
    line: number;
    /** "lesson.unknown-field" */ code: string;
    message: string;
    advice: string;
    /** For information only: nothing is wrong. */ note?: true;
}
