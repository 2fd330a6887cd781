import { join } from "node:path";
import { fetchNpmPackages } from "../pins/npm-packages";
import { defineStage, type Stage } from "../workshop/stage";
import type { Inputs } from "./inputs";

/** What node.lab serves. Output: node/ with index.json and one tarball for each package. */
export function npmPackagesStage({ workshop, lock }: Inputs): Stage {
    return defineStage(workshop, {
        name: "npm-packages",
        version: 1,
        inputs: [JSON.stringify(lock.npm)],
        needs: [],
        run: ({ out, log, signal }) => fetchNpmPackages(lock.npm, join(out, "node"), { log, signal }),
    });
}
