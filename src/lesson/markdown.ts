/**
 * Renders lesson Markdown as HTML that is safe to put into the page: no raw HTML, no links but ours and http(s), no styles and
 * no scripts. The interface finds the parts that it makes active by their data attributes:
 *
 * - `<figure class="fence" data-fence="run" data-language="bash" data-terminal="2" data-interrupt="true">`,
 *   `data-fence="save" data-path="app.py"`, `data-fence="copy"`, `data-fence="plain"`; the code is the text content of the
 *   `<code>` within, exactly as written, without the last line end.
 * - `<a data-link="file" data-path="Dockerfile" data-line="3">`, `data-link="port" data-port="5000" data-path="/"`,
 *   `data-link="lesson" data-lesson="images/layers" data-step="…">`, `data-link="step" data-step="build"`; web links have a
 *   real `href` and open a new tab.
 */
import createMarkdownIt, { type Env, type MarkdownIt, type Token } from "markdown-it";
import { parseFence } from "./fences";
import { parseLink, type LessonLink } from "./links";

export interface MarkdownOptions {
    /** Address of a picture in lesson.md's folder; undefined shows its alternative text instead. */
    picture?: ((path: string) => string | undefined) | undefined;
}

/** State of one rendering: how to find pictures, and the end tags of the open links. */
interface Environment {
    picture?: MarkdownOptions["picture"];
    closers: string[];
}

const environments = new WeakMap<Env, Environment>();

export const markdownParser = createParser();

export function renderMarkdown(markdown: string, options: MarkdownOptions = {}): string {
    const key: Env = {};
    environments.set(key, { picture: options.picture, closers: [] });
    return markdownParser.render(markdown, key);
}

function createParser(): MarkdownIt {
    const parser = createMarkdownIt({ html: false, linkify: false, typographer: false });
    // the parser would drop file: links; links that are not ours become plain text below
    parser.validateLink = () => true;
    parser.normalizeLink = address => address;
    const escape = parser.utils.escapeHtml;
    const attributes = (values: Record<string, string | number | undefined>) =>
        Object.entries(values)
            .map(([name, value]) => (value === undefined ? "" : ` ${name}="${escape(String(value))}"`))
            .join("");

    parser.renderer.rules.fence = (tokens, index) => {
        const { content, info } = tokens[index]!;
        const { language, action } = parseFence(info);
        const marks = attributes({
            "data-fence": action.kind,
            "data-language": language,
            "data-terminal": action.kind === "run" ? action.terminal : undefined,
            "data-interrupt": action.kind === "run" && action.interrupt ? "true" : undefined,
            "data-path": action.kind === "save" ? action.path : undefined,
        });
        return `<figure class="fence"${marks}><pre tabindex="0"><code class="language-${escape(language)}">${escape(content.replace(/\n$/, ""))}</code></pre></figure>\n`;
    };
    parser.renderer.rules.code_block = (tokens, index) =>
        `<figure class="fence" data-fence="plain" data-language="text"><pre tabindex="0"><code class="language-text">${escape(tokens[index]!.content.replace(/\n$/, ""))}</code></pre></figure>\n`;

    parser.renderer.rules.link_open = (tokens, index, _options, key) => {
        const address = attribute(tokens[index]!, "href");
        const link = parseLink(address);
        environmentOf(key).closers.push(link ? "</a>" : "</span>");
        return link ? `<a${attributes(linkAttributes(link, address))}>` : '<span class="dead-link">';
    };
    parser.renderer.rules.link_close = (_tokens, _index, _options, key) => environmentOf(key).closers.pop() ?? "";

    parser.renderer.rules.image = (tokens, index, options, key, renderer) => {
        const token = tokens[index]!;
        const alternative = renderer.renderInlineAsText(token.children ?? [], options, key);
        const path = attribute(token, "src");
        const address = isPicturePath(path) ? environmentOf(key).picture?.(path) : undefined;
        return address === undefined
            ? `<span class="picture">${escape(alternative)}</span>`
            : `<img${attributes({ src: address, alt: alternative, loading: "lazy" })}>`;
    };

    // the page has its own heading levels above a step's prose
    parser.renderer.rules.heading_open = (tokens, index) => `<h${deeper(tokens[index]!.tag)}>`;
    parser.renderer.rules.heading_close = (tokens, index) => `</h${deeper(tokens[index]!.tag)}>\n`;
    return parser;
}

const environmentOf = (key: Env | undefined): Environment => (key && environments.get(key)) ?? { closers: [] };

export const attribute = (token: Token, name: string): string => String(token.attrGet(name) ?? "");

const deeper = (tag: string) => Math.max(3, Number(tag.slice(1)));

function linkAttributes(link: LessonLink, address: string): Record<string, string | number | undefined> {
    switch (link.kind) {
        case "file":
            return { href: `#${address}`, "data-link": "file", "data-path": link.path, "data-line": link.line };
        case "port":
            return { href: `#${address}`, "data-link": "port", "data-port": link.port, "data-path": link.path };
        case "lesson":
            return { href: `#${address}`, "data-link": "lesson", "data-lesson": link.lesson, "data-step": link.step };
        case "step":
            return { href: address, "data-link": "step", "data-step": link.step };
        case "web":
            return { href: address, "data-link": "web", target: "_blank", rel: "noopener noreferrer" };
    }
}

/** Pictures are in the lesson's folder: "pictures/layers.svg". */
export function isPicturePath(path: string): boolean {
    return /^[a-z0-9][\w./-]*\.(svg|png|jpg|webp)$/i.test(path) && !path.includes("..");
}
