import { join } from "node:path";
import { root } from "../../host/project";
import { buildGo, GO_TESTS } from "../workshop/go";
import { run } from "../workshop/program";
import { defineStage, hashPath, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

const RUNTIME = join(root, "vm-images/runtime");
const AGENT = join(root, "vm-images/agent");

/**
 * The programs that are called in place of crun, of containerd's shim, of the client's plugins and of the engine's
 * network hook. Output: runtime, crun-errors.so (which crun loads), shim, plugin, setkey.
 */
export async function runtimeStage({ workshop }: Inputs): Promise<Stage> {
    return defineStage(workshop, {
        name: "runtime",
        version: 1,
        inputs: [await hashPath(RUNTIME)],
        needs: [],
        async run({ out, log, signal }) {
            const link = (kind: string[], output: string, sources: string[]) =>
                run(
                    "gcc",
                    [
                        "-m32",
                        "-march=i686",
                        ...kind,
                        "-O2",
                        "-s",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-o",
                        join(out, output),
                        ...sources.map(source => join(RUNTIME, source)),
                    ],
                    { log, signal },
                );
            const compile = (program: string, ...sources: string[]) => link(["-static"], program, sources);
            await compile("runtime", "runtime.c", "config.c", "json.c", "words.c");
            await link(["-shared", "-fPIC"], "crun-errors.so", ["crun-errors.c"]);
            await compile("shim", "shim.c");
            await compile("plugin", "plugin.c");
            await compile("setkey", "setkey.c");
        },
    });
}

/** The guest agent, statically linked. Output: agent. */
export async function agentStage({ workshop }: Inputs): Promise<Stage> {
    return defineStage(workshop, {
        name: "agent",
        version: 1,
        inputs: [await hashPath(AGENT, GO_TESTS)],
        needs: [],
        async run({ out, log, signal }) {
            await buildGo(AGENT, join(out, "agent"), { log, signal });
        },
    });
}
