import { describe, expect, test } from "vitest";
import { type Asked, guestOf, route } from "../../../src/preview/route";

const origin = "http://localhost:5174";
const asked = (path: string, rest: Partial<Asked> = {}): Asked => ({
    url: path.startsWith("http") ? path : origin + path,
    navigation: false,
    referrer: "",
    client: "",
    alone: false,
    windows: [],
    ...rest,
});
const at = (path: string) => `${origin}${path}`;

describe("route", () => {
    test.each<[string, Asked, ReturnType<typeof route>]>([
        [
            "prefix names port and path",
            asked("/p/5000/a/b?x=1&y=%20"),
            { kind: "guest", port: 5000, session: "", path: "/a/b?x=1&y=%20" },
        ],
        [
            "prefix wins over the asking page",
            asked("/p/7000/a", { client: at("/p/5000/") }),
            { kind: "guest", port: 7000, session: "", path: "/a" },
        ],
        ["the tab goes with it", asked("/p/5000~ab1/a?b"), { kind: "guest", port: 5000, session: "ab1", path: "/a?b" }],
        [
            "and with links from the root",
            asked("/x", { navigation: true, referrer: at("/p/5000~ab1/y") }),
            { kind: "redirect", to: at("/p/5000~ab1/x") },
        ],
        [
            "and with full addresses",
            asked("http://localhost:7000/x", { client: at("/p/5000~ab1/y") }),
            { kind: "guest", port: 7000, session: "ab1", path: "/x" },
        ],
        [
            "a folder of a tab without its slash",
            asked("/p/5000~ab1", { navigation: true }),
            { kind: "redirect", to: at("/p/5000~ab1/") },
        ],
        ["no tab is called that", asked("/p/5000~A.B/x"), { kind: "unknown" }],
        [
            "no referrer, one port open in two tabs",
            asked("/about", { navigation: true, windows: [at("/p/5000~a/"), at("/p/5000~b/")] }),
            { kind: "unknown" },
        ],
        ["root", asked("/p/80/"), { kind: "guest", port: 80, session: "", path: "/" }],
        [
            "a folder without its slash is sent to it",
            asked("/p/5000?a=1", { navigation: true }),
            { kind: "redirect", to: at("/p/5000/?a=1") },
        ],
        [
            "absolute link of a page",
            asked("/static/x.css", { client: at("/p/5000/about") }),
            { kind: "guest", port: 5000, session: "", path: "/static/x.css" },
        ],
        [
            "absolute link, placed by referrer",
            asked("/x.js?v=2", { client: "blob:null/1", referrer: at("/p/7000/") }),
            { kind: "guest", port: 7000, session: "", path: "/x.js?v=2" },
        ],
        [
            "navigation to the root's path",
            asked("/about?q=1", { navigation: true, referrer: at("/p/5000/") }),
            { kind: "redirect", to: at("/p/5000/about?q=1") },
        ],
        [
            "no referrer, one port open",
            asked("/about", { navigation: true, windows: [at("/bridge.html"), at("/p/5000/"), at("/p/5000/x")] }),
            { kind: "redirect", to: at("/p/5000/about") },
        ],
        [
            "no referrer, two ports open",
            asked("/about", { navigation: true, windows: [at("/p/5000/"), at("/p/7000/")] }),
            { kind: "unknown" },
        ],
        ["nobody knows", asked("/about"), { kind: "unknown" }],
        ["no such port", asked("/p/70000/a"), { kind: "unknown" }],
        ["port 0", asked("/p/0/a"), { kind: "unknown" }],
        ["not a port", asked("/p/50a/"), { kind: "unknown" }],
        [
            "our own file",
            asked("/bridge.html", { navigation: true, referrer: "http://localhost:5173/" }),
            { kind: "own" },
        ],
        ["our own script", asked("/bridge-frame.js", { client: at("/bridge.html") }), { kind: "own" }],
        [
            "a guest's file of the same name",
            asked("/bridge.html", { client: at("/p/5000/") }),
            { kind: "guest", port: 5000, session: "", path: "/bridge.html" },
        ],
        [
            "localhost in full",
            asked("http://localhost:8000/api?x", { client: at("/p/5000/") }),
            { kind: "guest", port: 8000, session: "", path: "/api?x" },
        ],
        ["127.0.0.1, port 80", asked("http://127.0.0.1/api"), { kind: "guest", port: 80, session: "", path: "/api" }],
        ["https on localhost", asked("https://localhost/"), { kind: "guest", port: 443, session: "", path: "/" }],
        [
            "the internet",
            asked("https://cdn.example/x.js", { client: at("/p/5000/") }),
            { kind: "outside", host: "cdn.example" },
        ],
        [
            "a name that only begins like it",
            asked("http://localhost.example:5000/", { client: at("/p/5000/") }),
            { kind: "outside", host: "localhost.example:5000" },
        ],
    ])("%s", (_name, question, answer) => expect(route(question, origin)).toEqual(answer));

    test("an address of another origin names no guest", () => {
        expect(guestOf("http://elsewhere:5174/p/5000/", origin)).toBeUndefined();
        expect(guestOf("no address", origin)).toBeUndefined();
    });
});
