/** The command line: finds the command and prints errors as sentences. */
import { DrydockError, messageOf } from "../base/errors";
import type { Command } from "./command";

/** The tests and the benchmark live in tests/. Loading them by path keeps src free of imports from there. */
async function fromTests(path: string, name: string): Promise<Command> {
    const module = (await import(new URL(`../../tests/${path}`, import.meta.url).href)) as Record<string, Command>;
    return module[name]!;
}

/** Each command is loaded only when needed. */
const commands: Record<string, () => Promise<Command>> = {
    start: async () => (await import("./start")).start,
    test: () => fromTests("suites/command.ts", "test"),
    bundle: async () => (await import("./bundle")).bundle,
    image: async () => (await import("./image")).image,
    exec: async () => (await import("./exec")).exec,
    lint: async () => (await import("./lint")).lint,
    solve: async () => (await import("./solve")).solve,
    bench: () => fromTests("bench/command.ts", "bench"),
    serve: async () => (await import("./serve")).serve,
};

async function main(argv: string[]): Promise<number> {
    const [name, ...rest] = argv;
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
        console.log("Drydock: a real Docker engine in a browser tab.\n\nnpm run drydock -- <command> [options]\n");
        for (const load of Object.values(commands)) {
            const command = await load();
            console.log(`  ${command.name.padEnd(8)} ${command.summary}`);
        }
        console.log("\n`npm run drydock -- <command> --help` explains a command.");
        return name === undefined ? 2 : 0;
    }
    const load = commands[name];
    if (!load) {
        console.error(`There is no command "${name}". Choose from: ${Object.keys(commands).join(", ")}.`);
        return 2;
    }
    const command = await load();
    const ownArguments = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined);
    if (ownArguments.includes("--help") || ownArguments.includes("-h")) {
        console.log(command.help);
        return 0;
    }
    return command.run(rest);
}

function explain(thrown: unknown): void {
    if (!(thrown instanceof DrydockError)) {
        console.error(thrown);
        return;
    }
    console.error(`\n${thrown.message}\n${thrown.advice}   [${thrown.code}]`);
    for (let cause = thrown.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined)
        console.error(`  because: ${messageOf(cause)}`);
    if (process.env.DRYDOCK_DEBUG) console.error(thrown.stack);
}

try {
    process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
    explain(thrown);
    process.exitCode = 1;
}
