import { describe, expect, test } from "vitest";
import { CookieJar } from "../../../src/preview/cookies";
import { pageHtml, pages } from "../../../src/preview/pages";
import { parseFrameReport, type RequestMessage } from "../../../src/preview/protocol";
import { locationFor, policyHere, requestHeaders, responseHeaders } from "../../../src/preview/translate";

const origin = "http://localhost:5174";
const here = { origin, session: "k3", page: "http://localhost:5173" };
const message: RequestMessage = {
    kind: "request",
    protocol: 1,
    port: 5000,
    method: "GET",
    path: "/a/b",
    headers: [],
    referrer: "",
    navigation: true,
    hasBody: false,
};
const get = (headers: readonly (readonly [string, string])[], name: string) =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

describe("request headers", () => {
    test("the guest sees its own address in Referer and Origin, never the preview's", () => {
        const headers = requestHeaders(
            { ...message, method: "POST", referrer: `${origin}/p/7000/x?y` },
            origin,
            new CookieJar(),
            undefined,
            "Browser/1",
        );
        expect(get(headers, "referer")).toEqual(["http://localhost:7000/x?y"]);
        expect(get(headers, "origin")).toEqual(["http://localhost:7000"]);
        expect(JSON.stringify(headers)).not.toContain("5174");
    });

    test("a GET has no Origin; a foreign referrer is not passed on", () => {
        const headers = requestHeaders(
            { ...message, referrer: "http://localhost:5173/" },
            origin,
            new CookieJar(),
            undefined,
            "Browser/1",
        );
        expect(get(headers, "origin")).toEqual([]);
        expect(get(headers, "referer")).toEqual([]);
    });

    test("cookies, length, browser's name; no compression", () => {
        const jar = new CookieJar();
        jar.keep(5000, "/", ["a=1; Path=/"]);
        const headers = requestHeaders(
            {
                ...message,
                headers: [
                    ["Accept", "*/*"],
                    ["accept-encoding", "br"],
                    ["Host", "evil"],
                    ["cookie", "x=y"],
                ],
            },
            origin,
            jar,
            7,
            "Browser/1",
        );
        expect(get(headers, "cookie")).toEqual(["a=1"]);
        expect(get(headers, "content-length")).toEqual(["7"]);
        expect(get(headers, "user-agent")).toEqual(["Browser/1"]);
        expect(get(headers, "accept-encoding")).toEqual(["identity"]);
        expect(get(headers, "host")).toEqual([]);
        expect(get(headers, "accept")).toEqual(["*/*"]);
    });
});

describe("response headers", () => {
    test("what would refuse the frame or outlive the page is taken out, the rest is kept", () => {
        const headers = responseHeaders(
            [
                ["X-Frame-Options", "DENY"],
                ["Set-Cookie", "a=1"],
                ["Service-Worker-Allowed", "/"],
                ["Clear-Site-Data", "*"],
                ["X-Own", "kept"],
                ["Content-Type", "text/html"],
                ["Content-Length", "5"],
            ],
            message,
            here,
            { unpacked: false, rewritten: false },
        );
        for (const name of ["x-frame-options", "set-cookie", "service-worker-allowed", "clear-site-data"])
            expect(get(headers, name)).toEqual([]);
        expect(get(headers, "x-own")).toEqual(["kept"]);
        expect(get(headers, "content-length")).toEqual(["5"]);
        expect(get(headers, "referrer-policy")).toEqual(["same-origin"]);
    });

    test("the guest's policy stays without what breaks the frame, and ours comes on top", () => {
        const headers = responseHeaders(
            [["Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; upgrade-insecure-requests"]],
            message,
            here,
            { unpacked: false, rewritten: false },
        );
        expect(get(headers, "content-security-policy")[0]).toBe(`default-src 'self' ${origin}/drydock-addresses.js`);
        expect(get(headers, "content-security-policy")[1]).toContain("object-src 'none'");
        expect(policyHere("frame-ancestors 'none'", origin)).toBe("");
    });

    test("our policy names the preview's origin and no other, and blocks every other connection", () => {
        const headers = responseHeaders([["Connection-Allowlist", '("*")']], message, here, {
            unpacked: false,
            rewritten: false,
        });
        const policy = get(headers, "content-security-policy")[0]!;
        const sources = policy.split(/[;\s]+/).filter(part => /[.:*]/.test(part));
        expect(new Set(sources)).toEqual(new Set(["data:", "blob:", here.page]));
        expect(policy).toContain(`frame-ancestors 'self' ${here.page};`);
        for (const directive of ["form-action 'self'", "base-uri 'self'", "object-src 'none'", "webrtc 'block'"])
            expect(policy).toContain(directive);
        expect(get(headers, "connection-allowlist")).toEqual(["(response-origin); redirects=allow"]);
        expect(get(headers, "origin-agent-cluster")).toEqual(["?1"]);
        expect(get(headers, "x-dns-prefetch-control")).toEqual(["off"]);
    });

    test.each([
        ["connect-src http://localhost:5000 http://127.0.0.1:*/x 'self'", "connect-src 'self'"],
        ["script-src 'none'", "script-src 'none'"],
        [
            "script-src 'nonce-a'; default-src 'self'",
            `script-src 'nonce-a' ${origin}/drydock-addresses.js; default-src 'self'`,
        ],
    ])("the guest's policy %j holds here as %j", (policy, expected) =>
        expect(policyHere(policy, origin)).toBe(expected),
    );

    test("a decompressed body loses the compressed one's length and encoding", () => {
        const headers = responseHeaders(
            [
                ["Content-Encoding", "gzip"],
                ["Content-Length", "5"],
            ],
            message,
            here,
            { unpacked: true, rewritten: false },
        );
        expect(get(headers, "content-encoding")).toEqual([]);
        expect(get(headers, "content-length")).toEqual([]);
    });

    test.each([
        ["/about", `${origin}/p/5000~k3/about`],
        ["c?d#e", `${origin}/p/5000~k3/a/c?d#e`],
        ["http://localhost:5000/x", `${origin}/p/5000~k3/x`],
        ["http://127.0.0.1:7000/x", `${origin}/p/7000~k3/x`],
        ["//localhost:8000/", `${origin}/p/8000~k3/`],
        ["https://example.com/", undefined],
        ["javascript:alert(1)", undefined],
        ["http://[broken", undefined],
    ])("Location %s leads to %s", (location, expected) => expect(locationFor(location, message, here)).toBe(expected));
});

describe("reports from the preview's origin", () => {
    test.each<[unknown]>([
        [null],
        ["text"],
        [{}],
        [{ kind: "else" }],
        [{ kind: "location", href: 1, title: "" }],
        [{ ...message, port: "22" }],
        [{ ...message, port: 70_000 }],
        [{ ...message, path: "a" }],
        [{ ...message, method: "GET /x" }],
        [{ ...message, headers: [["a"]] }],
        [{ ...message, headers: [["a", 1]] }],
        [{ ...message, hasBody: undefined }],
    ])("%j is no report", report => expect(parseFrameReport(report)).toBeUndefined());

    test("a whole one is, without what does not belong to it", () => {
        expect(parseFrameReport({ ...message, extra: 1 })).toEqual(message);
    });
});

test("our pages escape what comes from outside", () => {
    const html = pageHtml(pages.outside(`<script>"&'`));
    expect(html).not.toContain("<script>");
    expect(html).toContain("&lt;script&gt;&quot;&amp;&#39;");
});
