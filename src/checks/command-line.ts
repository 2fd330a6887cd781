/** Command lines as a student may type them: order of flags, spaces, quotes and the long names of flags do not count. */

export interface Command {
    /** Program and subcommands: ["docker", "run"]. */
    verb: string[];
    /** Flags in their short, sorted spelling: ["-d", "-p=5000:5000"]. */
    flags: string[];
    /** Everything else, in order. */
    words: string[];
}

/** Commands of a line: what `;`, `&&`, `||` and `|` part. Each a list of words without their quotes. */
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

/** Management spellings and their short ones. */
const synonyms: Record<string, string> = {
    "container ls": "ps", "container list": "ps", "container ps": "ps",
    "image ls": "images", "image list": "images", "image rm": "rmi", "image remove": "rmi", "image build": "build", "buildx build": "build", "builder build": "build",
    "image tag": "tag", "image pull": "pull", "image push": "push", "image history": "history",
    "container run": "run", "container create": "create", "container start": "start", "container stop": "stop", "container restart": "restart", "container kill": "kill",
    "container rm": "rm", "container remove": "rm", "container logs": "logs", "container exec": "exec", "container inspect": "inspect", "image inspect": "inspect",
    "container port": "port", "container top": "top", "container diff": "diff", "container commit": "commit", "container pause": "pause", "container unpause": "unpause", "container rename": "rename",
    "volume list": "volume ls", "volume remove": "volume rm", "network list": "network ls", "network remove": "network rm",
};

const groups = ["container", "image", "network", "volume", "system", "compose", "buildx", "builder", "context", "manifest", "plugin", "swarm", "service", "node", "stack", "secret", "config"];

/** One-letter names of flags, by subcommand. An upper or lower case letter after = says that the flag takes a value. */
const shortFlags: Record<string, Record<string, string>> = {
    run: { detach: "d", publish: "p=", env: "e=", volume: "v=", interactive: "i", tty: "t", memory: "m=", "publish-all": "P", hostname: "h=", label: "l=", user: "u=", workdir: "w=", attach: "a=", "cpu-shares": "c=" },
    exec: { detach: "d", env: "e=", interactive: "i", tty: "t", user: "u=", workdir: "w=" },
    build: { tag: "t=", file: "f=", quiet: "q", memory: "m=" },
    ps: { all: "a", filter: "f=", last: "n=", latest: "l", quiet: "q", size: "s" },
    images: { all: "a", filter: "f=", quiet: "q" },
    rm: { force: "f", link: "l", volumes: "v" },
    rmi: { force: "f" },
    logs: { follow: "f", tail: "n=", timestamps: "t" },
    stop: { time: "t=", signal: "s=" },
    restart: { time: "t=", signal: "s=" },
    kill: { signal: "s=" },
    start: { attach: "a", interactive: "i" },
    inspect: { format: "f=", size: "s" },
    history: { human: "H", quiet: "q" },
    pull: { "all-tags": "a", quiet: "q" },
    push: { "all-tags": "a", quiet: "q" },
    "network create": { driver: "d=" },
    "volume create": { driver: "d=" },
    "compose up": { detach: "d" },
    "compose down": { volumes: "v", timeout: "t=" },
    "compose logs": { follow: "f", tail: "n=", timestamps: "t" },
};
shortFlags["create"] = shortFlags["run"]!;

/** Long flags without a short name that take a value. */
const valued = ["name", "network", "net", "restart", "entrypoint", "mount", "env-file", "cpus", "pids-limit", "ip", "network-alias", "add-host", "cap-add", "cap-drop", "health-cmd", "log-driver", "platform", "runtime", "stop-timeout", "build-arg", "target", "format", "since", "until", "subnet", "gateway", "opt", "label", "filter", "scale", "tail", "profile", "project-name", "no-cache-filter", "progress", "cache-from", "output", "secret", "volumes-from", "tmpfs", "ulimit", "device", "shm-size", "memory-swap", "workdir", "dns", "expose", "cidfile", "gpus", "isolation", "userns", "uts", "pid", "ipc", "security-opt", "sysctl"];

/** Parses the words of one command. `sudo` and variables set in front do not count. */
export function parseCommand(words: readonly string[]): Command {
    let rest = [...words];
    while (rest[0] === "sudo" || rest[0] === "time" || /^[A-Za-z_]\w*=/.test(rest[0] ?? "")) rest = rest.slice(1);
    const program = rest.shift();
    if (program === undefined) return { verb: [], flags: [], words: [] };
    if (program === "docker-compose") return parseDocker(["compose", ...rest]);
    return program === "docker" || program.endsWith("/docker") ? parseDocker(rest) : { verb: [program], ...parseFlags(rest, {}, false) };
}

function parseDocker(rest: readonly string[]): Command {
    const [first = "", second = ""] = rest;
    const two = groups.includes(first) && second !== "" && !second.startsWith("-");
    const typed = two ? `${first} ${second}` : first;
    const name = synonyms[typed] ?? typed;
    // After the image's name, everything belongs to the program in the container.
    const stopsAtWord = name === "run" || name === "create" || name === "exec";
    return { verb: ["docker", ...name.split(" ")].filter(word => word !== ""), ...parseFlags(rest.slice(two ? 2 : 1), shortFlags[name] ?? {}, stopsAtWord) };
}

function parseFlags(rest: readonly string[], known: Record<string, string>, stopsAtWord: boolean): Pick<Command, "flags" | "words"> {
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

/** What `given` lacks of `wanted`, as typed: flags it does not have, or words that differ. Flags beyond the wanted ones do no harm. */
export function lackOf(wanted: Command, given: Command): string[] {
    const lacking = wanted.flags.filter(flag => !given.flags.includes(flag)).map(flag => flag.replace("=", " "));
    const plain = (words: readonly string[]) => words.map(word => (word === "./" ? "." : word)).join("\0");
    if (wanted.words.length > 0 && plain(wanted.words) !== plain(given.words)) lacking.push(wanted.words.join(" "));
    return lacking;
}
