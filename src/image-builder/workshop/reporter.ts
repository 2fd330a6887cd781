/** What a build tells the person who waits for it. */

export interface StageReport {
    /** A few words on how far the stage is: "18 of 61 MB". The latest is shown. */
    progress(text: string): void;
    done(how: "built" | "cached"): void;
    failed(): void;
}

export interface Reporter {
    begin(stage: string): StageReport;
    /** A line of its own. */
    note(text: string): void;
    /** Ends the live lines. */
    end(): void;
}

export const seconds = (milliseconds: number): string => {
    const whole = milliseconds / 1000;
    return whole < 60
        ? `${whole.toFixed(1)} s`
        : `${Math.floor(whole / 60)} min ${String(Math.floor(whole % 60)).padStart(2, "0")} s`;
};

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

interface Line {
    stage: string;
    text: string;
    started: number;
}

/** Milliseconds between two updates of the live lines. */
const REDRAW = 200;
/**
 * Without a terminal, a long stage prints a line this often, in milliseconds: a log must show that the build is alive.
 */
const HEARTBEAT = 20_000;

/**
 * Live lines on a terminal (one for each running stage), plain lines elsewhere. Finally, a table of the stages that
 * were built.
 */
export function createReporter(out: NodeJS.WriteStream): Reporter {
    const running = new Set<Line>();
    const finished: { stage: string; how: string; milliseconds: number }[] = [];
    const live = out.isTTY === true;
    let drawn = 0;

    const clear = () => {
        if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[J`);
        drawn = 0;
    };
    const draw = () => {
        if (!live) return;
        clear();
        const columns = out.columns ?? 80;
        for (const line of running) {
            out.write(
                `${`  ${line.stage.padEnd(14)} ${seconds(Date.now() - line.started).padStart(12)}  ${line.text}`.slice(0, columns - 1)}\n`,
            );
            drawn++;
        }
    };
    const say = (text: string) => {
        clear();
        out.write(`${text}\n`);
        draw();
    };
    const timer = setInterval(
        () => {
            if (live) draw();
            else
                for (const line of running)
                    out.write(
                        `  ${line.stage}: ${seconds(Date.now() - line.started)}${line.text ? `, ${line.text}` : ""}\n`,
                    );
        },
        live ? REDRAW : HEARTBEAT,
    );
    timer.unref();

    return {
        begin(stage) {
            const line: Line = { stage, text: "", started: Date.now() };
            running.add(line);
            if (!live) out.write(`  ${stage} ...\n`);
            const finish = (how: string) => {
                running.delete(line);
                const milliseconds = Date.now() - line.started;
                finished.push({ stage, how, milliseconds });
                say(
                    `  ${how === "failed" ? "✗" : "✓"} ${stage.padEnd(14)} ${seconds(milliseconds).padStart(12)}${how === "cached" ? "  (cached)" : ""}`,
                );
            };
            return {
                progress: text => {
                    line.text = text;
                },
                done: finish,
                failed: () => finish("failed"),
            };
        },
        note: say,
        end() {
            clearInterval(timer);
            clear();
            const built = finished.filter(stage => stage.how === "built");
            if (built.length > 0) {
                out.write("\n");
                for (const stage of built)
                    out.write(`  ${stage.stage.padEnd(14)} ${seconds(stage.milliseconds).padStart(12)}\n`);
            }
        },
    };
}

/** For callers that show nothing. */
export const silentReporter: Reporter = {
    begin: () => ({ progress: () => undefined, done: () => undefined, failed: () => undefined }),
    note: () => undefined,
    end: () => undefined,
};
