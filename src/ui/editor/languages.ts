/** The language of a file by its name, and how that language is indented. */
export interface Language {
    id: string;
    label: string;
    tabSize: number;
    spaces: boolean;
}

const plain: Language = { id: "plaintext", label: "Text", tabSize: 4, spaces: true };
const dockerfile: Language = { id: "dockerfile", label: "Dockerfile", tabSize: 4, spaces: true };
const python: Language = { id: "python", label: "Python", tabSize: 4, spaces: true };
const yaml: Language = { id: "yaml", label: "YAML", tabSize: 2, spaces: true };
const shell: Language = { id: "shell", label: "Shell", tabSize: 4, spaces: true };
const markdown: Language = { id: "markdown", label: "Markdown", tabSize: 4, spaces: true };
const json: Language = { id: "json", label: "JSON", tabSize: 2, spaces: true };
const javascript: Language = { id: "javascript", label: "JavaScript", tabSize: 2, spaces: true };
const html: Language = { id: "html", label: "HTML", tabSize: 2, spaces: true };
const css: Language = { id: "css", label: "CSS", tabSize: 2, spaces: true };
const go: Language = { id: "go", label: "Go", tabSize: 4, spaces: false };
const ini: Language = { id: "ini", label: "Settings", tabSize: 4, spaces: true };

const byExtension: Readonly<Record<string, Language>> = {
    dockerfile,
    py: python,
    yaml,
    yml: yaml,
    sh: shell,
    bash: shell,
    md: markdown,
    json,
    js: javascript,
    mjs: javascript,
    html,
    htm: html,
    css,
    go,
    ini,
    conf: ini,
    cfg: ini,
    toml: ini,
    env: ini,
};

const byFence: Readonly<Record<string, string>> = {
    bash: "shell",
    sh: "shell",
    console: "shell",
    python: "python",
    py: "python",
    dockerfile: "dockerfile",
    yaml: "yaml",
    yml: "yaml",
    json: "json",
    javascript: "javascript",
    js: "javascript",
    html: "html",
    css: "css",
    go: "go",
    ini: "ini",
    markdown: "markdown",
    md: "markdown",
};

export function languageOf(path: string): Language {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^(Docker|Container)file(\..+)?$/i.test(name)) return dockerfile;
    if (name === ".env") return ini;
    return byExtension[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? plain;
}

/** The editor's language for a fence's first word; undefined if it has no colours. */
export const languageOfFence = (word: string): string | undefined => byFence[word.toLowerCase()];
