import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeText, toHex } from "../../base/bytes";
import { digestOf } from "./digest";
import { isRepositoryName } from "./names";
import type { Records } from "./records";

/**
 * A student may type a password used elsewhere, so guessing it from what the browser stores has to be slow. About 0.1 s
 * here.
 */
const rounds = 50_000;

const shortestName = 2;
const longestName = 30;
const shortestPassword = 4;

/** The login failed; `message` is for the student. */
export class LoginRefused extends Error {
    override readonly name = "LoginRefused";
}

/** Lab accounts: the first login creates one, later ones need the same password. They exist in this browser only. */
export class Accounts {
    /** What was just typed, hashed: the engine sends the password with each request for a token. */
    #recent = new Map<string, string>();

    constructor(
        private readonly records: Records,
        /** Names that nobody may take, because they hold bundled images. */
        private readonly isTaken: (name: string) => Promise<boolean>,
    ) {}

    /** Resolves to the account's name; throws `LoginRefused`. */
    async logIn(typed: string, password: string): Promise<string> {
        const name = typed.toLowerCase();
        if (
            !isRepositoryName(name) ||
            name.includes("/") ||
            name.length < shortestName ||
            name.length > longestName ||
            (await this.isTaken(name))
        )
            throw new LoginRefused(
                `incorrect username or password (names here have ${shortestName} to ${longestName} lower-case letters and digits and differ from those of official images)`,
            );
        if (password.length < shortestPassword)
            throw new LoginRefused(
                `incorrect username or password (passwords here have at least ${shortestPassword} characters)`,
            );
        const quick = digestOf(encodeText(`${name}\n${password}`));
        if (this.#recent.get(name) === quick) return name;
        const known = await this.records.get("accounts", name);
        const salt = known?.salt ?? toHex(crypto.getRandomValues(new Uint8Array(16)));
        const hash = toHex(await pbkdf2Async(sha256, password, salt, { c: rounds, dkLen: 32 }));
        if (known && known.hash !== hash) throw new LoginRefused("incorrect username or password");
        if (!known) await this.records.write([{ table: "accounts", key: name, row: { salt, hash } }]);
        this.#recent.set(name, quick);
        return name;
    }

    /** A token that stands for the password, even after a reload. */
    async refreshToken(name: string): Promise<string> {
        const account = await this.records.get("accounts", name);
        return `${name}:${digestOf(encodeText(`refresh\n${account?.salt}\n${account?.hash}`))}`;
    }

    /** Resolves to the account's name; throws `LoginRefused`. */
    async logInByToken(token: string): Promise<string> {
        const name = token.slice(0, Math.max(token.indexOf(":"), 0));
        if (!(await this.records.get("accounts", name)) || (await this.refreshToken(name)) !== token)
            throw new LoginRefused("incorrect username or password");
        return name;
    }
}
