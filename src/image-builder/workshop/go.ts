import { findHostProgram } from "./host-packages";
import { run } from "./program";
import type { StageContext } from "./stage";

/** Files of a program's folder that are not in the program. */
export const GO_TESTS = /_test\.go$|^testdata$/;

/** Builds the static program in `folder` for the guest. */
export async function buildGo(
    folder: string,
    program: string,
    { log, signal }: Pick<StageContext, "log" | "signal">,
): Promise<void> {
    await run(findHostProgram("go") ?? "go", ["build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", program, "."], {
        log,
        signal,
        cwd: folder,
        // 386 with SSE2, which v86 has; its x87 is slow software
        env: { GOOS: "linux", GOARCH: "386", GO386: "sse2", CGO_ENABLED: "0" },
    });
}
