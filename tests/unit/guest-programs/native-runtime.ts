/** The runtime in front of crun, compiled for this host, with a program of the tests in crun's place and a script in runc's. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SOURCE = resolve(import.meta.dirname, "../../../vm-images/runtime");
const WARNINGS = ["-O1", "-Wall", "-Wextra", "-Werror"];

export interface Ended {
    status: number | null;
    stdout: string;
    stderr: string;
}

export class NativeRuntime {
    readonly folder = mkdtempSync(join(tmpdir(), "drydock-runtime-"));
    /** Where runc keeps the state of containers when no other folder is named. */
    readonly runcRoot = join(this.folder, "run-runc");

    constructor() {
        const at = (name: string) => join(this.folder, name);
        const define = (name: string, value: string) => `-D${name}="${value}"`;
        writeFileSync(
            at("runc"),
            `#!/bin/sh\necho runc "$@"\nenv | sed -n 's/^\\(LD_PRELOAD\\|DRYDOCK_[A-Z_]*\\|_LIBCONTAINER[A-Z_]*\\)=.*/has \\1/p'\necho open files: $(ulimit -n), blocked signals: $(sed -n 's/^SigBlk:\\t//p' /proc/self/status) >"$0.limits"\nexit 7\n`,
        );
        chmodSync(at("runc"), 0o755);
        execFileSync("gcc", [...WARNINGS, "-o", at("crun"), join(import.meta.dirname, "fake-crun.c")]);
        const places = [
            define("CRUN", at("crun")),
            define("RUNC", at("runc")),
            define("RUNC_ROOT", this.runcRoot),
            define("SETKEY", "/the/setkey"),
            define("ERRORS", at("crun-errors.so")),
        ];
        execFileSync("gcc", [
            ...WARNINGS,
            ...places,
            "-o",
            at("runtime"),
            ...["runtime.c", "config.c", "json.c", "words.c"].map(name => join(SOURCE, name)),
        ]);
        execFileSync("gcc", [
            ...WARNINGS,
            "-shared",
            "-fPIC",
            define("RUNTIME", at("runtime")),
            "-o",
            at("crun-errors.so"),
            join(SOURCE, "crun-errors.c"),
        ]);
        mkdirSync(at("bin"));
        symlinkSync("../runtime", at("bin/runc"));
    }

    /** An empty folder. */
    bundle(): string {
        return mkdtempSync(join(this.folder, "bundle-"));
    }

    /** `program`: "runtime" or "bin/runc". `crun`: what crun does, see fake-crun.c. */
    call(
        program: string,
        argv: readonly string[],
        { cwd, crun = [] }: { cwd?: string; crun?: readonly string[] } = {},
    ): Ended {
        const { status, stdout, stderr } = spawnSync(join(this.folder, program), argv, {
            encoding: "utf8",
            cwd,
            env: { ...process.env, FAKE_CRUN: crun.join("\x1e") },
        });
        return { status, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
    }

    remove(): void {
        rmSync(this.folder, { recursive: true });
    }
}
