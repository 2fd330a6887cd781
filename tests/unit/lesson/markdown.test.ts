import { expect, test } from "vitest";
import { parseFence } from "../../../src/lesson/fences";
import { parseLink } from "../../../src/lesson/links";
import { renderMarkdown } from "../../../src/lesson/markdown";

test("fences carry what the interface needs, and the code exactly", () => {
    const code = `docker run -e A="<b>&amp;" x \\\n  'y'\t{{.Names}}`;
    const html = renderMarkdown(`\`\`\`bash run terminal=2 interrupt\n${code}\n\`\`\``);
    expect(html).toContain(
        '<figure class="fence" data-fence="run" data-language="bash" data-terminal="2" data-interrupt="true">',
    );
    const escaped = /<code class="language-bash">([^]*)<\/code>/.exec(html)![1]!;
    const text = escaped
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, "&");
    expect(text).toBe(code);
    expect(renderMarkdown("```python save=app/main.py\nx\n```")).toContain(
        'data-fence="save" data-language="python" data-path="app/main.py"',
    );
});

test("links of ours become marks, others text", () => {
    expect(renderMarkdown("[a](file:Dockerfile#L3)")).toContain(
        '<a href="#file:Dockerfile#L3" data-link="file" data-path="Dockerfile" data-line="3">a</a>',
    );
    expect(renderMarkdown("[a](port:5000/x?y=1)")).toContain('data-link="port" data-port="5000" data-path="/x?y=1"');
    expect(renderMarkdown("[a](lesson:images/layers#order)")).toContain(
        'data-link="lesson" data-lesson="images/layers" data-step="order"',
    );
    expect(renderMarkdown("[a](https://docs.docker.com/x)")).toContain(
        'href="https://docs.docker.com/x" data-link="web" target="_blank" rel="noopener noreferrer"',
    );
    expect(renderMarkdown("[a **b**](javascript:alert(1)) [c](file:x)")).toContain(
        '<span class="dead-link">a <strong>b</strong></span> <a href="#file:x"',
    );
});

test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '[x](javascript:alert(1) "t")',
    "[x](data:text/html;base64,AAAA)",
    "![x](https://example.com/spy.png)",
    "![x](javascript:alert(1))",
    '```bash run" onclick="alert(1)\nx\n```',
    '[x](https://example.com/"onmouseover="alert(1))',
    '[x](file:a"onclick="b)',
    "<style>*{display:none}</style>",
    "&lt;script&gt;",
])("nothing active comes through: %s", markdown => {
    const html = renderMarkdown(markdown, { picture: path => `pictures/${path}` });
    const tags = [...html.matchAll(/<([a-z0-9]+)([^>]*)>/g)];
    for (const [, tag, attributes] of tags) {
        expect(["p", "a", "span", "figure", "pre", "code", "strong"]).toContain(tag);
        expect(attributes).not.toMatch(/\son\w+=|javascript:|data:|style=|src=/);
    }
});

test("pictures beside the lesson are asked for, and fall back to their text", () => {
    expect(renderMarkdown("![two layers](parts.svg)", { picture: path => `/lessons/${path}` })).toContain(
        '<img src="/lessons/parts.svg" alt="two layers" loading="lazy">',
    );
    expect(renderMarkdown("![two layers](parts.svg)")).toContain('<span class="picture">two layers</span>');
});

test.each([
    ["", "plain", 0],
    ["copy", "copy", 0],
    ["bash run", "run", 0],
    ["dockerfile save=web/Dockerfile", "save", 0],
    ["bash run terminal=0", "run", 1],
    ["bash run copy", "run", 1],
    ["bash terminal=2", "plain", 1],
    ["python save=/etc/passwd", "plain", 1],
])("fence %j is %s with %d mistakes", (info, kind, mistakes) => {
    const fence = parseFence(info);
    expect(fence.action.kind).toBe(kind);
    expect(fence.mistakes).toHaveLength(mistakes);
});

test.each([
    "file:../x",
    "file:/etc/passwd",
    "file:",
    "port:0",
    "port:70000",
    "port:abc",
    "lesson:images",
    "ftp://x",
    "//x",
    "app.py",
    "#",
    "https://",
])("%s is no link", address => {
    expect(parseLink(address)).toBeUndefined();
});
