/** What the benchmark must not exceed. */

const limits = {
    dockerPsAgain: { name: "navigation to an answered docker ps, warm HTTP cache", unit: "s", limit: 5 },
    bytesBeforePrompt: { name: "bytes before the prompt", unit: "MB", limit: 40 },
    bytesBeforeDockerPs: { name: "bytes before docker ps has answered", unit: "MB", limit: 40 },
    firstRun: { name: "docker run, first after the prompt", unit: "s", limit: 8 },
    firstRunWarmedUp: { name: "docker run, first after the warm-up", unit: "s", limit: 3.5 },
    flaskImage: { name: "Flask image, BuildKit, first after the warm-up", unit: "s", limit: 40 },
    /** Millions of guest instructions. */
    warmRunInstructions: { name: "docker run, warm, instructions", unit: "M", limit: 350 },
    twentyRuns: { name: "docker run twenty times: worst from the fourth on / median", unit: "x", limit: 2 },
    longestTask: { name: "longest main-thread task", unit: "ms", limit: 200 },
} as const;

export interface Bar {
    name: string;
    /** Measured, in `unit`. */
    value: number;
    unit: string;
    /** The value may be this and no more. */
    limit: number;
}

export const bar = (key: keyof typeof limits, value: number): Bar => ({ ...limits[key], value });
