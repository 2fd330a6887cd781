/** What the last lines of an app tell a beginner. "" where they tell nothing we know. */
export function adviceFromLog(log: string): string {
    for (const [pattern, advice] of known) {
        const found = pattern.exec(log);
        if (found) return advice(found);
    }
    return "";
}

const known: [pattern: RegExp, advice: (found: RegExpExecArray) => string][] = [
    [
        /(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?/,
        ([, name]) =>
            `Python does not find the module ${name}. Is it in requirements.txt, and does the Dockerfile copy that file and run \`pip install\` before the app starts?`,
    ],
    [
        /can't open file '([^']+)'/,
        ([, path]) =>
            `Python does not find ${path} in the container. Compare WORKDIR, COPY and the file's name in ENTRYPOINT and CMD.`,
    ],
    [
        /File "([^"]+)", line (\d+)[\s\S]*?\b((?:Syntax|Indentation|Tab)Error): (.*)/,
        ([, path, line, kind, words]) =>
            `Python cannot read line ${line} of ${path} (${kind}: ${words}). Correct it, build again and run again.`,
    ],
    [
        /NameError: name '([^']+)' is not defined/,
        ([, name]) => `The app uses the name ${name} but never defines or imports it.`,
    ],
    [
        /(?:ImportError): cannot import name '([^']+)' from '([^']+)'/,
        ([, name, module]) => `The module ${module} has no ${name}. Capital and small letters count.`,
    ],
    [/Address already in use/, () => "Inside the container the port is taken already: is the app started twice?"],
    [/Permission denied/, () => "The program may not read or run a file. Look at the file's rights and at USER."],
    [
        /exec .*: exec format error/,
        () => "The program is for another processor than this machine's (386), or a script without its first line #!.",
    ],
    [
        /(?:^|\n)(?:[\w/]+: )?(?:sh|bash): (?:\d+: |line \d+: )?(\S+): (?:command )?not found/,
        ([, name]) => `The shell in the container does not find the program ${name}.`,
    ],
];
