/** What each code means, for the reference of lessons. The sentence that a student reads is where the check fails. */
import { failer } from "./outcome";

export const fileFailures = {
    "file.missing": "There is no such file in the workspace.",
    "file.other-case": "There is a file whose name differs in upper and lower case.",
    "file.other-folder": "There is a file of that name in another folder.",
    "file.similar-name": "There is a file with a similar name.",
    "file.is-folder": "It is a folder.",
    "file.still-there": "The file exists, but should be gone.",
    "file.empty": "It is empty.",
    "file.lacks-text": "It does not contain a text.",
    "file.holds-text": "It contains a text that it should not contain.",
    "file.no-match": "It does not match the regular expression.",
    "file.unknown-instruction": "A line of the Dockerfile begins with a word that is not an instruction.",
    "file.no-arguments": "An instruction of the Dockerfile has no arguments.",
    "file.broken-list": "A list in the Dockerfile is malformed.",
    "file.no-from": "The Dockerfile does not begin with FROM.",
    "file.no-instruction": "The Dockerfile has no such instruction.",
    "file.wrong-arguments": "It has the instruction, but with different arguments.",
    "file.wrong-form": "The instruction is in shell form and should be in exec form, or the other way round.",
    "file.wrong-order": "The instruction is in the wrong place.",
    "file.wrong-count": "It has the instruction too often or not often enough.",
};

export const fail = failer(fileFailures);
