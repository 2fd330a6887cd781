/** What a student gets wrong, as shell commands for the guest. `$rt` is the runtime, `$n` a name for the container. */
export interface Row {
    /** What is wrong. */
    what: string;
    command: string;
    /** Exit status of the command, in Docker's documentation or, where that says nothing, runc's. */
    code: number;
}

function rows(
    command: (rest: string) => string,
    table: readonly (readonly [what: string, rest: string, code: number])[],
): Row[] {
    return table.map(([what, rest, code]) => ({ what, command: command(rest), code }));
}

/** Makes image `rows`, busybox with programs that cannot run, and images whose health checks cannot. */
export const PREPARATION = `
mkdir -p /tmp/rows && cd /tmp/rows
printf 'echo started\\n' >noexec
printf 'echo started\\n' >noshebang
printf '#!/bin/sh\\r\\necho started\\n' >crlf
printf '#!/no/such/interpreter\\n' >nointerpreter
{ printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0\\1\\0\\0\\0'; head -c 200 /dev/zero; } >arm64
chmod 644 noexec; chmod 755 noshebang crlf nointerpreter arm64
ln -sfn loop loop; ln -sfn /nowhere dangling
printf 'FROM busybox\\nCOPY . /\\n' >/tmp/rows.Dockerfile
DOCKER_BUILDKIT=0 docker build -q -t rows -f - . </tmp/rows.Dockerfile
for program in foo /noexec; do
    printf 'FROM rows\\nHEALTHCHECK --interval=1s --retries=1 CMD ["%s"]\\n' $program | DOCKER_BUILDKIT=0 docker build -q -t health-$(basename $program) -
done`;

/** The program, its file and its folder. */
const PROGRAM = rows(
    rest => `docker run --name $n --network none --runtime $rt ${rest}`,
    [
        ["a program that is not in PATH", "rows foo", 127],
        ["a path that is not there", "rows /nope", 127],
        ["a path relative to the working directory", "rows ./nope", 127],
        ["a folder", "rows /etc", 126],
        ["a file without x bit", "rows /noexec", 126],
        ["a file without x bit in PATH", "-e PATH=/:/bin rows noexec", 127],
        ["a path behind a file", "rows /etc/passwd/x", 125],
        ["a link to itself", "rows /loop", 125],
        ["an empty name", 'rows ""', 127],
        ["no command", '--entrypoint "" rows', 125],
        ["a script without shebang", "rows /noshebang", 1],
        ["a script with CRLF line ends", "rows /crlf", 1],
        ["a script whose interpreter is missing", "rows /nointerpreter", 1],
        ["a program of another architecture", "rows /arm64", 1],
        ["a missing program on a terminal", "-t rows foo", 127],
        ["a script with CRLF line ends on a terminal", "-t rows ./crlf", 1],
        ["a missing program in the background", "-d rows foo", 127],
        ["a missing program below an init", "--init rows foo", 127],
        ["a missing program of a shell", "rows sh -c foo", 127],
        ["a program's own status", "rows sh -c 'exit 3'", 3],
        ["a working directory that is a file", "-w /etc/passwd rows true", 125],
        ["an unknown user", "-u nope rows true", 125],
        ["an unknown group", "-u 1000:nope rows true", 125],
        ["a flag that does not exist", "--foo rows", 125],
    ],
);

/** What the container is given. */
const SURROUNDINGS = rows(
    rest => `docker run --name $n --network none --runtime $rt ${rest}`,
    [
        ["a mount whose source is missing", "--mount type=bind,src=/nope,dst=/x rows true", 125],
        ["a folder mounted on a file", "-v /etc:/etc/passwd rows true", 125],
        ["a file mounted on a folder", "-v /etc/passwd:/etc rows true", 125],
        ["a mount behind a file", "-v /tmp:/etc/passwd/x rows true", 125],
        ["a mount on a link to nowhere, which runc follows", "-v /etc:/dangling rows ls /nowhere/passwd", 0],
        ["a mount in /proc, which crun allows", "-v /tmp:/proc/sys rows true", 125],
        ["a tmpfs on a file", "--tmpfs /etc/passwd rows true", 125],
        ["a read-only root", "--read-only rows touch /x", 1],
        ["a capability that does not exist", "--cap-add FOO rows true", 125],
        ["a capability that was dropped", "--cap-drop ALL rows chown 1 /etc", 1],
        ["a device that does not exist", "--device /dev/nope rows true", 127],
        ["a device behind a file", "--device /dev/null:/etc/passwd/x rows true", 125],
        ["a soft limit above the hard one", "--ulimit nofile=10:5 rows true", 125],
        ["a limit that the kernel refuses", "--ulimit nofile=5000000 rows true", 125],
        ["a limit that leaves no file to open", "--ulimit nofile=3 rows true", 125],
        ["a limit that crun itself cannot live with", "--ulimit fsize=0 rows sh -c 'echo > /x'", 1],
        ["too little memory", "-m 4m rows true", 125],
        ["more processors than there are, which the kernel does not count", "--cpuset-cpus 99 rows true", 0],
        ["a kernel setting that does not exist", "--sysctl net.foo=1 rows true", 127],
        ["a kernel setting with a bad value", "--sysctl kernel.shmmax=abc rows true", 125],
        ["a host name that is too long", `--hostname ${"a".repeat(65)} rows true`, 125],
    ],
);

const EXEC = rows(
    rest => `docker exec ${rest.replace(" C ", " running-$rt ")}`,
    [
        ["exec: a program that is not in PATH", " C foo", 126],
        ["exec: a path that is not there", " C /nope", 126],
        ["exec: a folder", " C /etc", 126],
        ["exec: a file without x bit", " C /noexec", 126],
        ["exec: a path behind a file", " C /etc/passwd/x", 126],
        ["exec: a script without shebang", " C /noshebang", 1],
        ["exec: a script with CRLF line ends", " C /crlf", 1],
        ["exec: a program of another architecture", " C ./arm64", 1],
        ["exec: a missing program on a terminal", "-t C foo", 126],
        ["exec: a missing program in the background", "-d C foo", 1],
        ["exec: a working directory that is missing", "-w /nope C true", 126],
        ["exec: a working directory that is a file", "-w /etc/passwd C true", 126],
        ["exec: a working directory without a slash", "-w nope C true", 126],
        ["exec: an unknown user", "-u nope C true", 126],
        ["exec: a program's own status", " C sh -c 'exit 5'", 5],
    ],
);

const START = rows(
    rest => `docker create --name $n --network none --runtime $rt rows foo >/dev/null; docker start ${rest} $n`,
    [
        ["start: a missing program", "", 1],
        ["start: a missing program, attached", "-a", 1],
    ],
);

const KILL: Row = {
    what: "kill: the number of the signal",
    command:
        "docker run -d --name $n --network none --runtime $rt rows sleep 1000 >/dev/null; docker kill $n >/dev/null; docker wait $n",
    code: 0,
};

export const RUN: readonly Row[] = [...PROGRAM, ...SURROUNDINGS];

/** Those of `docker exec` expect a container `running-$rt`. */
export const ROWS: readonly Row[] = [...EXEC, ...START, KILL];

/** Commands that a health check runs, as arguments of `docker run`. */
export const HEALTH: readonly (readonly [what: string, run: string])[] = [
    ["a missing program", "health-foo"],
    ["a file without x bit", "health-noexec"],
    ["a missing program of a shell", "--health-cmd foo --health-interval 1s --health-retries 1 rows"],
];

/** What a Dockerfile says after `FROM rows`. */
export const BUILDS: readonly (readonly [what: string, dockerfile: string])[] = [
    ["a missing program", 'RUN ["foo"]'],
    ["a missing program of the shell", "RUN foo"],
    ["a folder, of which runc says what it is", 'RUN ["/etc"]'],
    ["a script with CRLF line ends", 'RUN ["/crlf"]'],
    ["a shell that is missing", 'SHELL ["/bin/nosh", "-c"]\nRUN true'],
    ["an unknown user", "USER nope\nRUN true"],
];
