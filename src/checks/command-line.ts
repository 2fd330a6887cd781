/** Compares command lines as students type them: the order of flags, spaces, quotes and long flag names make no difference. */
import { groups, shortFlags, synonyms, valued } from "./docker-flags";

export interface Command {
    /** Program and subcommands: ["docker", "run"]. */
    verb: string[];
    /** Flags in their short, sorted spelling: ["-d", "-p=5000:5000"]. */
    flags: string[];
    /** Everything else, in order. */
    words: string[];
}

/** The commands of a line, as separated by `;`, `&&`, `||` and `|`. Each is a list of words without their quotes. */
export function splitLine(line: string): string[][] {
    const commands: string[][] = [[]];
    let word: string | undefined;
    let quote = "";
    const endWord = () => {
        if (word !== undefined) commands.at(-1)!.push(word);
        word = undefined;
    };
    for (let at = 0; at < line.length; at++) {
        const sign = line[at]!;
        if (quote !== "") {
            if (sign === quote) quote = "";
            else if (sign === "\\" && quote === '"' && /["\\$`]/.test(line[at + 1] ?? "")) word += line[++at]!;
            else word += sign;
        } else if (sign === "'" || sign === '"') {
            quote = sign;
            word ??= "";
        } else if (sign === "\\" && at + 1 < line.length) {
            if (line[++at] !== "\n") word = (word ?? "") + line[at]!;
        } else if (/[;|&\n]/.test(sign)) {
            endWord();
            commands.push([]);
        } else if (/\s/.test(sign)) endWord();
        else if (sign === "#" && word === undefined) break;
        else word = (word ?? "") + sign;
    }
    endWord();
    return commands.filter(words => words.length > 0);
}

/** Parses the words of one command. A leading `sudo` and variable assignments are ignored. */
export function parseCommand(words: readonly string[]): Command {
    let rest = [...words];
    while (rest[0] === "sudo" || rest[0] === "time" || /^[A-Za-z_]\w*=/.test(rest[0] ?? "")) rest = rest.slice(1);
    const program = rest.shift();
    if (program === undefined) return { verb: [], flags: [], words: [] };
    if (program === "docker-compose") return parseDocker(["compose", ...rest]);
    return program === "docker" || program.endsWith("/docker")
        ? parseDocker(rest)
        : { verb: [program], ...parseFlags(rest, {}, false) };
}

function parseDocker(rest: readonly string[]): Command {
    const [first = "", second = ""] = rest;
    const two = groups.includes(first) && second !== "" && !second.startsWith("-");
    const typed = two ? `${first} ${second}` : first;
    const name = synonyms[typed] ?? typed;
    // After the image's name, everything belongs to the program in the container.
    const stopsAtWord = name === "run" || name === "create" || name === "exec";
    return {
        verb: ["docker", ...name.split(" ")].filter(word => word !== ""),
        ...parseFlags(rest.slice(two ? 2 : 1), shortFlags[name] ?? {}, stopsAtWord),
    };
}

function parseFlags(
    rest: readonly string[],
    known: Record<string, string>,
    stopsAtWord: boolean,
): Pick<Command, "flags" | "words"> {
    const flags: string[] = [];
    const words: string[] = [];
    const takesValue = (letter: string) => Object.values(known).includes(`${letter}=`);
    for (let at = 0; at < rest.length; at++) {
        const word = rest[at]!;
        if (word === "--") {
            words.push(...rest.slice(at + 1));
            break;
        }
        if (word.startsWith("--")) {
            const [name = "", given] = splitOnce(word.slice(2));
            const short = known[name];
            const wants = short ? short.endsWith("=") : valued.includes(name);
            const value = given ?? (wants ? rest[++at] : undefined);
            const spelled = short ? `-${short.replace("=", "")}` : `--${name === "net" ? "network" : name}`;
            flags.push(value === undefined || (!wants && value === "true") ? spelled : `${spelled}=${value}`);
        } else if (/^-[A-Za-z]/.test(word)) {
            for (let letter = 1; letter < word.length; letter++) {
                if (!takesValue(word[letter]!)) {
                    flags.push(`-${word[letter]}`);
                    continue;
                }
                const tail = word.slice(letter + 1).replace(/^=/, "");
                flags.push(`-${word[letter]}=${tail === "" ? (rest[++at] ?? "") : tail}`);
                break;
            }
        } else if (stopsAtWord) {
            words.push(...rest.slice(at));
            break;
        } else words.push(word);
    }
    return { flags: flags.sort(), words };
}

function splitOnce(word: string): [string, string | undefined] {
    const at = word.indexOf("=");
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

export const sameVerb = (a: Command, b: Command): boolean => a.verb.join(" ") === b.verb.join(" ");

/** What `given` lacks of `wanted`, as typed: missing flags, or words that differ. Additional flags are accepted. */
export function lackOf(wanted: Command, given: Command): string[] {
    const lacking = wanted.flags.filter(flag => !given.flags.includes(flag)).map(flag => flag.replace("=", " "));
    const plain = (words: readonly string[]) => words.map(word => (word === "./" ? "." : word)).join("\0");
    if (wanted.words.length > 0 && plain(wanted.words) !== plain(given.words)) lacking.push(wanted.words.join(" "));
    return lacking;
}
