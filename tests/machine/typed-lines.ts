/**
 * Lines that a student types, and what each gave. One program in the guest types them all and hears what they say: a call for each would
 * cost as much again.
 */
import type { StartedMachine } from "./machine";

export interface TypedLine {
    /** As it is typed. Each line has a bash of its own, so that `cd` and variables end with it. */
    type: string;
    /** Folder below the set's. */
    in?: string;
    /** Another line, tried until it ends with 0; only then is the line typed. */
    once?: string;
    /** Keys for a program that wants a terminal; "\n" is the Enter key. The line has a terminal only if it has keys. */
    keys?: string;
    /** Another line. The typed one goes on for ever, and gets Ctrl-C as soon as this one ends with 0. */
    until?: string;
    /** Exit status; 0 when left out. */
    ends?: number | "badly";
    /** What must be in both streams together. */
    says?: RegExp | readonly RegExp[];
    /** What must not. */
    never?: RegExp;
}

export interface TypedSet {
    /** Paths below the folder in which all is typed. */
    files?: Readonly<Record<string, string>>;
    lines: readonly TypedLine[];
}

export interface Heard {
    line: TypedLine;
    code: number;
    /** Both streams, trimmed; the end of it if it is long. */
    said: string;
    milliseconds: number;
}

/** Seconds that a line may take. */
const LIMIT = 900;
/** Exit status of a line that took longer, as `timeout` has it, or that ended before what it was to do. */
const UNHEARD = 124;
/** Characters of what a line says that are kept. */
const MOST_SAID = 6000;

/** Behind each line's answer, and behind each part of one; the bytes that ASCII has for it. */
const END = "\x1e";
const PART = "\x1f";

/** Takes away containers, volumes and networks of the lines before; images stay. */
const TIDY = `docker ps -aq | xargs -r docker rm -fv >/dev/null
docker volume prune -af >/dev/null
docker network prune -f >/dev/null`;

/**
 * Separates what is heard from each other. An interactive shell without a terminal complains of that in two lines, which are left out
 * below.
 */
const START = `export HOME=/root TERM=dumb BUILDKIT_PROGRESS=plain DOCKER_CLI_HINTS=false COMPOSE_ANSI=never COMPOSE_PROGRESS=plain
shell() { timeout -k 5 ${LIMIT} bash -ic "$1"; }
hears() {
    "$@" >/tmp/heard 2>&1 </dev/null
    code=$?
}
typed() { hears shell "$1"; }
keyed() { hears shell "printf %b $(printf %q "$2") | script -qec $(printf %q "$1") /dev/null"; }
# line, process without which there is nothing to wait for
awaits() {
    end=$((SECONDS + ${LIMIT}))
    until bash -c "$1" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] && kill -0 \${2:-$$} 2>/dev/null || return 1
        sleep 0.3
    done
}
ends_once() {
    # Ctrl-C reaches the program alone, and once; Compose takes a second one for impatience
    env --default-signal=INT timeout --foreground -k 5 ${LIMIT} bash -ic "exec $1" >/tmp/heard 2>&1 </dev/null &
    line=$!
    awaits "$2" $line
    held=$?
    # again after half a minute, as a student does
    while kill -INT $line 2>/dev/null; do
        for turn in {1..100}; do kill -0 $line 2>/dev/null || break; sleep 0.3; done
    done
    wait $line
    code=$?
    [ $held = 0 ] || code=${UNHEARD}
}
tell() { printf '%s\\037%s\\037' $code $(((\${EPOCHREALTIME/[.,]/} - began) / 1000)); tail -c ${MOST_SAID} /tmp/heard; printf '\\036'; }`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function scriptOf(folder: string, { files = {}, lines }: TypedSet): string {
    const write = Object.entries(files).map(
        ([path, text]) => `mkdir -p "$(dirname ${quoted(path)})" && printf %s ${quoted(text)} >${quoted(path)} || exit`,
    );
    const typed = lines.map(({ type, keys, until, in: below = ".", once }) => {
        const call =
            keys !== undefined
                ? `keyed ${quoted(type)} ${quoted(keys.replaceAll("\n", "\\n"))}`
                : until !== undefined
                  ? `ends_once ${quoted(type)} ${quoted(until)}`
                  : `typed ${quoted(type)}`;
        const wait = once === undefined ? "" : `awaits ${quoted(once)}; `;
        return `cd ${folder}/${below}; began=\${EPOCHREALTIME/[.,]/}; ${wait}${call}; tell`;
    });
    return [START, TIDY, `rm -rf ${folder}; mkdir -p ${folder}; cd ${folder} || exit`, ...write, ...typed].join("\n");
}

/** Types a set in a folder of its own. `onHeard` hears of each line at once, so that a set that never ends can be told as far as it came. */
export async function typeAll(
    { agent }: Pick<StartedMachine, "agent">,
    set: TypedSet,
    onHeard: (heard: Heard) => void = () => undefined,
): Promise<Heard[]> {
    const script = "/tmp/typed.sh";
    await agent.exec(["sh", "-c", `cat >${script}`], { stdin: scriptOf("/workspace/typed", set) });
    const bash = await agent.spawn(["bash", script]);
    await bash.stdin.close();
    const complaints = new Response(bash.stderr).text();
    const all: Heard[] = [];
    let text = "";
    for await (const piece of bash.stdout.pipeThrough(new TextDecoderStream())) {
        const parts = (text + piece).split(END);
        text = parts.pop()!;
        for (const part of parts) {
            const heard = parsed(part, set.lines[all.length]!);
            all.push(heard);
            onHeard(heard);
        }
    }
    const code = await bash.exit;
    if (code !== 0) throw new Error(`The lines were not typed to the end (${code}): ${await complaints}`);
    return all;
}

function parsed(text: string, line: TypedLine): Heard {
    const [code = "", milliseconds = "", ...said] = text.split(PART);
    return {
        line,
        code: Number(code),
        milliseconds: Number(milliseconds),
        said: said
            .join(PART)
            .replaceAll("\r", "")
            .replace(/^bash: (cannot set terminal process group|no job control in this shell).*\n/gm, "")
            .trim(),
    };
}

/** What of a line was not as it should be; undefined when all was. */
export function wrongWith({ line, code, said }: Heard): string | undefined {
    const { type, ends = line.until === undefined ? 0 : code, says = [], never } = line;
    const lacking = [says].flat().filter(pattern => !pattern.test(said));
    const right =
        (ends === "badly" ? code > 0 : code === ends) && code !== UNHEARD && lacking.length === 0 && !never?.test(said);
    return right
        ? undefined
        : `${type}\n  ended with ${code}, not ${ends}${lacking.length > 0 ? `, without ${lacking.join(" ")}` : ""}, and said:\n${said.replace(/^/gm, "  | ")}`;
}
