/** `npm test`: sets up what is missing, then runs everything that proves that Drydock works. */
import { parseArgs } from "node:util";
import type { Command } from "../../src/cli/command";
import { setUp } from "../../src/cli/set-up";
import { usage } from "../../src/host/usage";
import { suites, type Count } from "./suites";

export const test: Command = {
    name: "test",
    summary: "set up what is missing, then run all tests",
    help: `npm test [-- --only suite,suite]

Installs what is missing, builds or reuses the VM image and the page, runs every suite and ends with "N passed, N failed".

${suites.map(suite => `  ${suite.name.padEnd(8)} ${suite.summary}`).join("\n")}`,

    async run(argv) {
        const { values } = parseArgs({ args: argv, options: { only: { type: "string" } } });
        const wanted = values.only?.split(",") ?? suites.map(suite => suite.name);
        for (const name of wanted)
            if (!suites.some(suite => suite.name === name))
                throw usage(
                    "test",
                    `there is no suite "${name}"; choose from ${suites.map(suite => suite.name).join(", ")}`,
                );
        const chosen = suites.filter(suite => wanted.includes(suite.name));

        await setUp({
            image: chosen.some(suite => suite.needsImage),
            page: chosen.some(suite => suite.needsPage),
            browser: chosen.some(suite => suite.needsPage),
            agent: true,
            skopeo: true,
        });

        const rows: (Count & { name: string; seconds: number })[] = [];
        for (const suite of chosen) {
            console.log(`\n=== ${suite.name}: ${suite.summary}`);
            const started = performance.now();
            const count = await suite.run();
            rows.push({ ...count, name: suite.name, seconds: Math.round((performance.now() - started) / 1000) });
        }

        console.log("\nsuite     passed  failed  seconds");
        for (const row of rows)
            console.log(
                `${row.name.padEnd(8)} ${String(row.passed).padStart(7)} ${String(row.failed).padStart(7)} ${String(row.seconds).padStart(8)}`,
            );
        const failures = rows.flatMap(row => row.failures);
        for (const failure of failures) console.log(`  failed: ${failure}`);
        const passed = rows.reduce((total, row) => total + row.passed, 0);
        const failed = rows.reduce((total, row) => total + row.failed, 0);
        console.log(`\n${passed} passed, ${failed} failed`);
        return failed === 0 && passed > 0 ? 0 : 1;
    },
};
