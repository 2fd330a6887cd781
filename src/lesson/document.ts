/** Splits lesson.md into front matter, introduction and steps, and lists what its Markdown refers to, with lines. */
import { parseFence, type Fence } from "./fences";
import { attribute, markdownParser } from "./markdown";

export interface DocumentStep {
    id: string | undefined;
    title: string;
    /** of the heading, from 1 */ line: number;
    prose: string;
}

export interface LessonDocument {
    /** undefined if the file does not begin with a front matter between two lines of three hyphens. */
    header: { text: string; /** of its first line, from 1 */ line: number } | undefined;
    introduction: string;
    steps: DocumentStep[];
    fences: (Fence & { line: number; code: string })[];
    links: { address: string; line: number }[];
    pictures: { path: string; alternative: string; line: number }[];
}

const stepHeading = /^(.*?)\s*\{#([^}]*)\}\s*$/;

export function parseDocument(text: string): LessonDocument {
    const lines = text.split(/\r?\n/);
    const end = lines[0] === "---" ? lines.indexOf("---", 1) : -1;
    const header = end < 0 ? undefined : { text: lines.slice(1, end).join("\n"), line: 2 };
    const bodyStart = end + 1;
    const body = lines.slice(bodyStart);

    const document: LessonDocument = { header, introduction: "", steps: [], fences: [], links: [], pictures: [] };
    const headings: { index: number; end: number; content: string }[] = [];
    const tokens = markdownParser.parse(body.join("\n"), {});
    tokens.forEach((token, index) => {
        const line = bodyStart + (token.map?.[0] ?? 0) + 1;
        if (token.type === "heading_open" && token.markup === "##" && token.level === 0)
            headings.push({ index: token.map![0], end: token.map![1], content: tokens[index + 1]!.content });
        if (token.type === "fence") document.fences.push({ ...parseFence(token.info), line, code: token.content });
        if (token.type !== "inline") return;
        let inlineLine = line;
        for (const child of token.children ?? []) {
            if (child.type === "softbreak" || child.type === "hardbreak") inlineLine++;
            if (child.type === "link_open")
                document.links.push({ address: attribute(child, "href"), line: inlineLine });
            if (child.type === "image")
                document.pictures.push({
                    path: attribute(child, "src"),
                    alternative: child.content.trim(),
                    line: inlineLine,
                });
        }
    });

    const prose = (from: number, to: number | undefined) => body.slice(from, to).join("\n").trim();
    document.introduction = prose(0, headings[0]?.index);
    document.steps = headings.map((heading, index) => {
        const [, title, id] = stepHeading.exec(heading.content) ?? [];
        return {
            id,
            title: title ?? heading.content,
            line: bodyStart + heading.index + 1,
            prose: prose(heading.end, headings[index + 1]?.index),
        };
    });
    return document;
}
