// The first thing that runs on a fresh machine: plain JavaScript, no dependencies. Installs the npm packages if they
// are missing or older than the lock file, then hands over to the actual command line.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
        `Drydock needs Node.js 20.19 or later; this is ${process.versions.node}. Install a newer one and try again.`,
    );
    process.exit(1);
}

const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
const mark = join(root, "node_modules", ".drydock-installed");
if (!existsSync(mark) || readFileSync(mark, "utf8") !== digest) {
    console.error("Installing npm packages (once; about half a minute) ...");
    const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
    });
    if (install.status !== 0) {
        console.error(
            "npm could not install the packages. Its message is above. Check that you can reach its registry, then run the command again.",
        );
        process.exit(1);
    }
    writeFileSync(mark, digest);
}

const child = spawn(
    process.execPath,
    [
        "--import",
        "tsx",
        "--disable-warning=ExperimentalWarning",
        join(root, "src/cli/main.ts"),
        ...process.argv.slice(2),
    ],
    { stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
