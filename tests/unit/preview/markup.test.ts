import { describe, expect, test } from "vitest";
import { encodeText, decodeText, readAll, type Bytes } from "../../../src/base/bytes";
import { rewriteMarkup } from "../../../src/preview/markup";

const here = { origin: "http://preview.localhost:5174", session: "k3", page: "http://localhost:5173" };
const script = `<script src="/drydock-addresses.js"></script>`;
const at = (port: number) => `${here.origin}/p/${port}~k3`;

/** Sent in parts of `size` bytes. */
async function rewritten(html: string, size = 1e6): Promise<string> {
    const bytes = encodeText(html);
    const source = new ReadableStream<Bytes>({
        start(controller) {
            for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.slice(from, from + size));
            controller.close();
        },
    });
    return decodeText(await readAll(source.pipeThrough(rewriteMarkup(here))));
}

describe("HTML of the guest", () => {
    test.each([
        [
            "<!doctype html><html><head><title>a</title></head></html>",
            `<!doctype html><html><head>${script}<title>a</title></head></html>`,
        ],
        ["<!-- x --><!DOCTYPE html><p>a", `<!-- x --><!DOCTYPE html>${script}<p>a`],
        ["<html><body onload='x()'>a", `<html>${script}<body onload='x()'>a`],
        ["only text", "only text"],
    ])("the script comes first: %s", async (html, expected) => expect(await rewritten(html)).toBe(expected));

    test.each([
        [`<a href="http://localhost:8000/x?a=1&amp;b=2#c">`, `<a href="${at(8000)}/x?a=1&amp;b=2#c">`],
        [`<a href=http://127.0.0.1:8000>`, `<a href=${at(8000)}/>`],
        [
            `<img srcset="//localhost:8000/a 1x, http://localhost:9000/b 2x">`,
            `<img srcset="${at(8000)}/a 1x, ${at(9000)}/b 2x">`,
        ],
        [
            `<meta http-equiv=refresh content="3; url=http://localhost:8000/">`,
            `<meta http-equiv=refresh content="3; url=${at(8000)}/">`,
        ],
        [`<form action='http://preview.localhost:8000/f'>`, `<form action='${at(8000)}/f'>`],
        [
            `<p title="http://localhost:8000/">http://localhost:8000/`,
            `<p title="http://localhost:8000/">http://localhost:8000/`,
        ],
        [`<a href="/go?to=http://localhost:8000/">`, `<a href="/go?to=http://localhost:8000/">`],
        [`<a href="https://example.com/">`, `<a href="https://example.com/">`],
        [
            `<script>let a = '<a href="http://localhost:8000/">'</script>`,
            `<script>let a = '<a href="http://localhost:8000/">'</script>`,
        ],
        [`<a title="Größe" href="http://localhost:8000/ü">ü</a>`, `<a title="Größe" href="${at(8000)}/ü">ü</a>`],
    ])("addresses in attributes, in parts of any size: %s", async (html, expected) => {
        for (const size of [1, 2, 3, 7, 1e6]) expect(await rewritten(html, size)).toBe(script + expected);
    });

    test("complete parts are passed on before the page has ended", async () => {
        const { readable, writable } = rewriteMarkup(here);
        const writer = writable.getWriter();
        const reader = readable.getReader();
        void writer.write(encodeText("<p>one</p>two"));
        expect(decodeText((await reader.read()).value!)).toBe(`${script}<p>one</p>two`);
    });
});
