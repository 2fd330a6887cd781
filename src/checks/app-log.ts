/** Advice for a beginner on the last lines of an app's log. "" when we do not know them. */
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
            `Python cannot find the module ${name}. Is it in requirements.txt, and does the Dockerfile copy that file and run \`pip install\`?`,
    ],
    [
        /can't open file '([^']+)'/,
        ([, path]) =>
            `Python cannot find ${path} in the container. Compare WORKDIR and COPY with the file name in ENTRYPOINT and CMD.`,
    ],
    [
        /File "([^"]+)", line (\d+)[\s\S]*?\b((?:Syntax|Indentation|Tab)Error): (.*)/,
        ([, path, line, kind, words]) =>
            `Python cannot read line ${line} of ${path} (${kind}: ${words}). Fix it, build the image again and run it again.`,
    ],
    [
        /NameError: name '([^']+)' is not defined/,
        ([, name]) => `The app uses the name ${name} but never defines or imports it.`,
    ],
    [
        /(?:ImportError): cannot import name '([^']+)' from '([^']+)'/,
        ([, name, module]) =>
            `The module ${module} has no ${name}. Check the spelling, including upper and lower case.`,
    ],
    [/Address already in use/, () => "The port is already in use inside the container. Is the app started twice?"],
    [
        /Permission denied/,
        () => "The program lacks the permission to read or run a file. Look at the file's permissions and at USER.",
    ],
    [
        /exec .*: exec format error/,
        () =>
            "The program was built for a different processor than this machine's (386), or it is a script without a #! in its first line.",
    ],
    [
        /(?:^|\n)(?:[\w/]+: )?(?:sh|bash): (?:\d+: |line \d+: )?(\S+): (?:command )?not found/,
        ([, name]) => `The shell in the container cannot find the program ${name}.`,
    ],
];
