/** The real machine, put together as in the page: workspace, checker, and a shell on a terminal. */
import { openShell } from "../agent/shell";
import { within } from "../base/abort";
import { Lifetime } from "../base/lifetime";
import { createWorkspace } from "../workspace/create-workspace";
import { createStepChecker } from "../engine/step-checker";
import { createMemoryStorage } from "../storage/memory";
import type { Lesson } from "../lesson/lesson";
import { openHeadless } from "../host/headless";
import type { SolveTarget } from "./solve-run";

/** Longer than any command in a lesson takes on a busy machine. */
const LINE_TIMEOUT_MILLISECONDS = 1_200_000;

export interface OpenTarget extends SolveTarget {
    /** Stops the machine. */
    close(): Promise<void>;
}

/** A fresh machine with the lesson's initial files, and a prompt. */
export async function openTarget(lesson: Lesson, signal?: AbortSignal): Promise<OpenTarget> {
    const { memory, standIns } = lesson.requires;
    const guest = await openHeadless({ signal, leastMemory: memory, standIns });
    const lifetime = new Lifetime();
    lifetime.add(guest.close);
    const close = async () => {
        lifetime.end();
        await guest.machine.stop();
    };
    try {
        await guest.engineReady(signal);
        const workspace = await createWorkspace({
            lesson: lesson.id,
            start: lesson.start,
            store: createMemoryStorage().workspace,
        });
        lifetime.add(await workspace.attach(guest.agent.files));
        const checker = createStepChecker();
        lifetime.add(checker.attach(guest));
        const shell = await openShell(guest.agent, { columns: 100, rows: 30 });
        lifetime.add(() => shell.close());
        // an unread terminal would block; `run` returns what a command prints
        shell.output.pipeTo(new WritableStream()).catch(() => undefined); // ends with the machine
        return {
            check: (step, observed) =>
                checker.check(step, observed, { signal: signal ?? new AbortController().signal, stopAtFailure: false }),
            write: (path, content) => workspace.write(path, content),
            type: line => within(shell.run(line, signal), LINE_TIMEOUT_MILLISECONDS, `"${line}"`),
            instructions: async () => (await guest.machine.statistics()).instructions,
            close,
        };
    } catch (thrown) {
        await close();
        throw thrown;
    }
}
