/** gpg with a temporary keyring. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../workshop/program";

/** The guest's clock is the visitor's, right or wrong, so keys and signatures are dated in the past from the start. */
export const SIGNED_AT = new Date("2000-01-01T00:00:00Z");

interface Context {
    log: string;
    signal?: AbortSignal;
}

/** `gpg` runs at the time SIGNED_AT, without questions or a passphrase. */
export async function withKeyring<T>(
    { log, signal }: Context,
    use: (gpg: (...argv: string[]) => Promise<string>) => Promise<T>,
): Promise<T> {
    // gpg's agent listens on a socket in this folder, whose path has to be short
    const home = await mkdtemp(join(tmpdir(), "drydock-gpg-"));
    const context = { log, signal, env: { GNUPGHOME: home } };
    const time = SIGNED_AT.toISOString().replace(/[-:]|\.\d+Z/g, ""); // 20000101T000000
    try {
        return await use((...argv) =>
            run(
                "gpg",
                ["--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--faked-system-time", time, ...argv],
                context,
            ),
        );
    } finally {
        // not cancelled with the rest, or the agent would keep running
        await run("gpgconf", ["--kill", "all"], { log, env: context.env });
        await rm(home, { recursive: true, force: true });
    }
}
