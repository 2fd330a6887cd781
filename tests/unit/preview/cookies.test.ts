import { describe, expect, test } from "vitest";
import { CookieJar } from "../../../src/preview/cookies";

function jarAt(start = 1_000_000) {
    const clock = { now: start };
    return { clock, jar: new CookieJar(() => clock.now) };
}

describe("cookie jar", () => {
    test("sends back what was set, on the same port only", () => {
        const { jar } = jarAt();
        jar.keep(5000, "/login", ["session=a%20b==; Path=/; HttpOnly; SameSite=Lax", "theme=dark; Path=/"]);
        expect(jar.header(5000, "/any/where?x=/y")).toBe("session=a%20b==; theme=dark");
        expect(jar.header(7000, "/")).toBeUndefined();
    });

    test("a later value replaces an earlier one with the same path", () => {
        const { jar } = jarAt();
        jar.keep(5000, "/", ["a=1; Path=/", "b=1; Path=/"]);
        jar.keep(5000, "/", ["a=2; Path=/"]);
        expect(jar.header(5000, "/")).toBe("a=2; b=1");
    });

    test.each([
        ["/docs", "/docs", true],
        ["/docs", "/docs/page", true],
        ["/docs/", "/docs/page", true],
        ["/docs", "/docsx", false],
        ["/docs", "/", false],
    ])("path %s for %s: %s", (path, asked, sent) => {
        const { jar } = jarAt();
        jar.keep(5000, "/", [`a=1; Path=${path}`]);
        expect(jar.header(5000, asked)).toBe(sent ? "a=1" : undefined);
    });

    test("without Path it belongs to the page's folder; longer paths go first", () => {
        const { jar } = jarAt();
        jar.keep(5000, "/", ["a=root"]);
        jar.keep(5000, "/shop/cart?x=/y/", ["a=shop"]);
        expect(jar.header(5000, "/shop/list")).toBe("a=shop; a=root");
        expect(jar.header(5000, "/shopping")).toBe("a=root");
    });

    test("Max-Age ends it, 0 deletes it, and takes precedence over Expires", () => {
        const { jar, clock } = jarAt();
        jar.keep(5000, "/", ["a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=1"]);
        expect(jar.header(5000, "/")).toBe("a=1; b=1");
        clock.now += 10_000;
        expect(jar.header(5000, "/")).toBe("b=1");
        jar.keep(5000, "/", ["b=; Max-Age=0"]);
        expect(jar.header(5000, "/")).toBeUndefined();
    });

    test("Expires in the past deletes; an unreadable one counts as absent", () => {
        const { jar } = jarAt(Date.UTC(2026, 0, 1));
        jar.keep(5000, "/", ["a=1", "b=1; Expires=soon", "c=1; Max-Age=many"]);
        jar.keep(5000, "/", ["a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
        expect(jar.header(5000, "/")).toBe("b=1; c=1");
    });

    test("a guest cannot fill the page's memory", () => {
        const { jar } = jarAt();
        jar.keep(
            5000,
            "/",
            Array.from({ length: 1000 }, (_, index) => `n${index}=1`),
        );
        jar.keep(5000, "/", [`long=${"x".repeat(10_000)}`]);
        expect(jar.header(5000, "/")!.split("; ").length).toBe(200);
        expect(jar.header(5000, "/")).not.toContain("long");
    });
});
