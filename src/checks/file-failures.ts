import { failer } from "./outcome";

export const fileFailures = {
    "file.missing": "There is no such file in the workspace.",
    "file.other-case": "There is one whose name differs in capital and small letters.",
    "file.other-folder": "There is one of that name in another folder.",
    "file.similar-name": "There is one with nearly that name.",
    "file.is-folder": "It is a folder.",
    "file.still-there": "The file exists, and should be gone.",
    "file.empty": "It is empty.",
    "file.lacks-text": "It does not hold a text.",
    "file.holds-text": "It holds a text that it should not hold.",
    "file.no-match": "It does not match the regular expression.",
    "file.unknown-instruction": "A line of the Dockerfile begins with a word that is no instruction.",
    "file.no-arguments": "An instruction of the Dockerfile has no arguments.",
    "file.broken-list": "A list in the Dockerfile is not well formed.",
    "file.no-from": "The Dockerfile does not begin with FROM.",
    "file.no-instruction": "The Dockerfile has no such instruction.",
    "file.wrong-arguments": "It has the instruction, with other arguments.",
    "file.wrong-form": "The instruction is in shell form and should be in exec form, or the other way round.",
    "file.wrong-order": "The instruction stands in the wrong place.",
    "file.wrong-count": "It has the instruction more or less often than wanted.",
};

export const fail = failer(fileFailures);
