/** The commands that check a table of promises, and the reading of what they say. */
import type { ImagePromises } from "./image-promises";

/** No promise may wait for ever: seconds. */
const LIMIT = 120;

type Promises = Readonly<Record<string, string>> | undefined;

/** Each line in a shell of its own; "kept N", or "unkept N" and the end of what it wrote, in one line. */
function script(promises: Promises, shell: string): string {
    return Object.values(promises ?? {})
        .map(
            (line, index) =>
                `if timeout ${LIMIT} ${shell} -c ${quoted(line)} >/tmp/said.${index} 2>&1 </dev/null; then echo "kept ${index}"; else echo "unkept ${index} $? $(tail -n 5 /tmp/said.${index} | tr '\\n' ' ')"; fi`,
        )
        .join("\n");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All promises about the inside of an image in one container, as root. */
export function insideCommand({ ref, inside }: ImagePromises): string {
    return Object.keys(inside).length === 0
        ? "true"
        : `docker run --rm -i --entrypoint sh ${ref} -s <<'PROMISES'\n${script(inside, "sh")}\nPROMISES`;
}

export const outsideCommand = ({ outside }: ImagePromises): string => script(outside, "bash") || "true";

/** Takes away what the lines outside have made. */
export const tidyCommand =
    "docker ps -aq | xargs -r docker rm -fv >/dev/null; for name in $(docker volume ls -q); do docker volume rm $name >/dev/null; done; docker network rm promised >/dev/null 2>&1; rm -rf /tmp/p";

/** Titles of the promises that were not kept, each with what was said; and of those of which nothing was heard. */
export function unkeptIn(said: string, promises: Promises): string[] {
    const lines = said.split("\n");
    return Object.keys(promises ?? {}).flatMap((title, index) =>
        lines.includes(`kept ${index}`)
            ? []
            : [
                  `${title}: ${lines.find(line => line.startsWith(`unkept ${index} `))?.slice(`unkept ${index} `.length) ?? "no word of it"}`,
              ],
    );
}

interface ImageConfiguration {
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
    User?: string;
    WorkingDir?: string;
    ExposedPorts?: Record<string, unknown> | null;
    Volumes?: Record<string, unknown> | null;
    StopSignal?: string;
    Env?: string[];
}

/** Of an image's configuration what `promised` names, in the table's words. */
export function configurationOf(config: unknown, promised: ImagePromises["config"]): ImagePromises["config"] {
    const { Entrypoint, Cmd, User, WorkingDir, ExposedPorts, Volumes, StopSignal, Env } = config as ImageConfiguration;
    const variables = new Set(Env?.map(line => line.replace(/=.*/s, "")));
    const whole: Required<ImagePromises["config"]> = {
        entrypoint: Entrypoint ?? null,
        command: Cmd ?? null,
        user: User ?? "",
        folder: WorkingDir ?? "",
        ports: Object.keys(ExposedPorts ?? {}),
        volumes: Object.keys(Volumes ?? {}),
        stopSignal: StopSignal ?? "",
        variables: promised.variables?.filter(name => variables.has(name)) ?? [],
    };
    return Object.fromEntries(Object.entries(whole).filter(([name]) => name in promised)) as ImagePromises["config"];
}
