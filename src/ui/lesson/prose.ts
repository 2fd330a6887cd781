/**
 * Puts a lesson's Markdown into the page: sanitises it once more, gives code fences their buttons and colours, and makes
 * links work. The fences and links carry data attributes (see lesson/markdown.ts).
 */
import DOMPurify from "dompurify";
import { renderMarkdown } from "../../lesson/markdown";

export interface ProseActions {
    run(command: string, options: { terminal: number | undefined; interrupt: boolean }): void;
    save(path: string, text: string): void;
    /** Resolves to whether the text is on the clipboard; if not, the student has been told why. */
    copy(text: string): Promise<boolean>;
    openFile(path: string, line: number | undefined): void;
    openPort(port: number, path: string): void;
    openLesson(lesson: string, step: string | undefined): void;
    openStep(step: string): void;
}

/**
 * Returns `code` as HTML with colours: spans and line breaks only. undefined: not loaded yet, or not for this language.
 */
export type Colour = (code: string, language: string) => Promise<string | undefined>;

/** Markdown as HTML that is safe to put into the page. `picture`: the address of a picture in the lesson's folder. */
export function proseHtml(markdown: string, picture?: (path: string) => string | undefined): string {
    return DOMPurify.sanitize(renderMarkdown(markdown, { picture }), {
        USE_PROFILES: { html: true },
        ALLOW_DATA_ATTR: true,
        ADD_ATTR: ["target"],
        FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select"],
        FORBID_ATTR: ["style", "id", "name"],
    });
}

const codeOf = (figure: HTMLElement): string => figure.querySelector("code")?.textContent ?? "";

function button(
    text: string,
    label: string,
    primary: boolean,
    act: (button: HTMLButtonElement) => void,
): HTMLButtonElement {
    const made = document.createElement("button");
    made.type = "button";
    made.className = primary ? "fence-button primary" : "fence-button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => act(made));
    return made;
}

function copyButton(code: string, actions: ProseActions): HTMLButtonElement {
    return button("Copy", "Copy to the clipboard", false, made => {
        void actions.copy(code).then(copied => {
            if (!copied) return;
            made.textContent = "Copied";
            setTimeout(() => (made.textContent = "Copy"), 1_500);
        });
    });
}

function furnish(figure: HTMLElement, actions: ProseActions): void {
    const code = codeOf(figure);
    const { fence, path, terminal, interrupt, language } = figure.dataset;
    if (!fence || fence === "plain") return;
    const inTerminal = terminal && terminal !== "1" ? Number(terminal) : undefined;
    const head = document.createElement("figcaption");
    const name = document.createElement("span");
    name.className = "fence-name";
    name.textContent =
        fence === "save"
            ? (path ?? "")
            : fence === "run"
              ? inTerminal
                  ? `Terminal ${inTerminal}`
                  : "Terminal"
              : (language ?? "");
    head.append(name, copyButton(code, actions));
    if (fence === "run")
        head.append(
            button("Run", `Run ${code}`, true, () =>
                actions.run(code, { terminal: inTerminal, interrupt: interrupt === "true" }),
            ),
        );
    else if (fence === "save" && path)
        head.append(button("Save", `Save as ${path}`, true, () => actions.save(path, `${code}\n`)));
    figure.prepend(head);
}

async function colourIn(figure: HTMLElement, colour: Colour): Promise<void> {
    const code = figure.querySelector("code");
    const html = code && (await colour(codeOf(figure), figure.dataset.language ?? "text"));
    if (!html) return;
    // Monaco writes no-break spaces and <br/>, but copying must give the original text.
    const clean = DOMPurify.sanitize(html, { ALLOWED_TAGS: ["span", "br"], ALLOWED_ATTR: ["class"] });
    code.innerHTML = clean
        .replace(/<br\s*\/?>$/, "")
        .replace(/<br\s*\/?>/g, "\n")
        .replace(/&nbsp;|\u00a0/g, " ");
}

function follow(link: HTMLElement, actions: ProseActions): void {
    const { link: kind, path, line, port, lesson, step } = link.dataset;
    if (kind === "file" && path) actions.openFile(path, line ? Number(line) : undefined);
    else if (kind === "port" && port) actions.openPort(Number(port), path ?? "/");
    else if (kind === "lesson" && lesson) actions.openLesson(lesson, step);
    else if (kind === "step" && step) actions.openStep(step);
}

/** An attachment for the element that holds `proseHtml`. */
export const activate = (actions: ProseActions, colour: Colour | undefined) => (holder: HTMLElement) => {
    for (const figure of holder.querySelectorAll<HTMLElement>("figure.fence")) {
        if (!figure.querySelector("figcaption")) furnish(figure, actions);
        if (colour) void colourIn(figure, colour);
    }
    const onClick = (event: MouseEvent) => {
        const link = (event.target as Element).closest<HTMLElement>("a[data-link]");
        if (!link || link.dataset.link === "web") return;
        event.preventDefault();
        follow(link, actions);
    };
    holder.addEventListener("click", onClick);
    return () => holder.removeEventListener("click", onClick);
};
