import { failer } from "./outcome";

export const httpFailures = {
    "http.refused": "Nothing listens on that port of the machine.",
    "http.no-answer": "The port leads to a container, but no program in it answers.",
    "http.only-inside": "The app listens on 127.0.0.1 in its container, where nobody outside can reach it.",
    "http.other-port": "The app listens on another port in its container than the one published.",
    "http.exited": "The container that should answer has ended.",
    "http.timeout": "The connection was taken, but no answer came.",
    "http.not-found": "The app answers, but knows no such page (404).",
    "http.not-allowed": "The app answers, but takes no such method (405).",
    "http.server-error": "The app failed while it answered (5xx).",
    "http.wrong-status": "It answered with another status.",
    "http.wrong-text": "The body does not hold the text.",
    "http.wrong-header": "A header is missing or different.",
};

export const fail = failer(httpFailures);
