import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withKeyring } from "../formats/openpgp";
import { run } from "../workshop/program";
import { defineStage, type Stage, type StageContext } from "../workshop/stage";
import type { Inputs } from "./inputs";

/**
 * What the guest trusts, new for each build from scratch: ca.crt and ca.key (PEM) of the authority for the sandbox's
 * internet; archive.asc and archive-secret.asc (armored OpenPGP) for the package repository. Anyone who has the image
 * has these keys too: nothing but the guest of this image may trust them.
 */
export function trustStage({ workshop }: Inputs): Stage {
    return defineStage(workshop, {
        name: "trust",
        version: 1,
        inputs: [AUTHORITY, ARCHIVE_NAME],
        needs: [],
        async run(context) {
            await makeAuthority(context);
            await makeArchiveKey(context);
        },
    });
}

/** Like SIGNED_AT, in the past from the start. A 32-bit clock ends in 2038. */
const VALID = ["-startdate", "20000101000000Z", "-enddate", "20371231235959Z"];

/** For `openssl ca`, the only command of every OpenSSL in use that accepts a start date. `.`: the folder it runs in. */
const AUTHORITY = `
[ca]
default_ca = self
[self]
database = ./database
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
x509_extensions = authority
[policy]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = Drydock sandbox authority
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
`;

async function makeAuthority({ out, log, signal }: StageContext): Promise<void> {
    const work = await mkdtemp(join(tmpdir(), "drydock-ca-"));
    const openssl = (...argv: string[]) => run("openssl", argv, { log, signal, cwd: work });
    try {
        await writeFile(join(work, "authority.cnf"), AUTHORITY);
        await writeFile(join(work, "database"), "");
        const key = join(out, "ca.key");
        await openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
        await openssl("req", "-new", "-config", "authority.cnf", "-key", key, "-out", "request.pem");
        await openssl(
            "ca",
            "-config",
            "authority.cnf",
            "-selfsign",
            "-batch",
            "-notext",
            "-keyfile",
            key,
            ...VALID,
            "-in",
            "request.pem",
            "-out",
            join(out, "ca.crt"),
        );
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

const ARCHIVE_NAME = "debian.lab (Drydock sandbox package archive)";

async function makeArchiveKey(context: StageContext): Promise<void> {
    await withKeyring(context, async gpg => {
        await gpg("--quick-generate-key", ARCHIVE_NAME, "ed25519", "sign", "never");
        await gpg("--armor", "--output", join(context.out, "archive.asc"), "--export");
        await gpg("--armor", "--output", join(context.out, "archive-secret.asc"), "--export-secret-keys");
    });
}
