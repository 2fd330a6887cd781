/** What each code means, for the reference of lessons. The sentence that a student reads is where the check fails. */
import { failer } from "./outcome";

export const httpFailures = {
    "http.refused": "Nothing listens on that port of the machine.",
    "http.no-answer": "The port leads to a container, but no program in it answers.",
    "http.only-inside": "The app listens on 127.0.0.1 inside its container, where nothing outside can reach it.",
    "http.other-port": "The app does not listen on the published port of its container.",
    "http.exited": "The container that should answer is not running.",
    "http.timeout": "The connection was accepted, but no answer came.",
    "http.not-found": "The app answers, but has no such page (404).",
    "http.not-allowed": "The app answers, but does not accept the method (405).",
    "http.server-error": "The app failed to answer (5xx).",
    "http.wrong-status": "It answered with a different status.",
    "http.wrong-text": "The body does not contain the text.",
    "http.wrong-header": "A header is missing or different.",
};

export const fail = failer(httpFailures);
