/** Connects dockerfile-language-service to Monaco: diagnostics, completion and hover in Dockerfiles. */
import { DockerfileLanguageServiceFactory } from "dockerfile-language-service";
import type { CompletionItem, Diagnostic, MarkupContent, Range, TextEdit } from "vscode-languageserver-types";
import type * as Monaco from "monaco-editor/editor/editor.api";

const LANGUAGE = "dockerfile";
const OWNER = "dockerfile-language-service";

/** Milliseconds without typing after which the file is checked. */
const VALIDATE_AFTER_MILLISECONDS = 300;

/** The service counts from 0, Monaco from 1. */
function rangeOf({ start, end }: Range): Monaco.IRange {
    return {
        startLineNumber: start.line + 1,
        startColumn: start.character + 1,
        endLineNumber: end.line + 1,
        endColumn: end.character + 1,
    };
}

function textOf(documentation: string | MarkupContent | undefined): { value: string } | undefined {
    if (documentation === undefined) return undefined;
    return { value: typeof documentation === "string" ? documentation : documentation.value };
}

export function serveDockerfiles(monaco: typeof Monaco): void {
    const service = DockerfileLanguageServiceFactory.createLanguageService();
    service.setCapabilities({
        completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
        hover: { contentFormat: ["markdown"] },
    });

    const markerOf = ({ range, severity, message }: Diagnostic): Monaco.editor.IMarkerData => ({
        ...rangeOf(range),
        message,
        severity: severity === 1 ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
    });

    const follow = (model: Monaco.editor.ITextModel) => {
        if (model.getLanguageId() !== LANGUAGE) return;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const look = () => {
            if (!model.isDisposed())
                monaco.editor.setModelMarkers(model, OWNER, service.validate(model.getValue()).map(markerOf));
        };
        model.onDidChangeContent(() => {
            clearTimeout(timer);
            timer = setTimeout(look, VALIDATE_AFTER_MILLISECONDS);
        });
        model.onWillDispose(() => clearTimeout(timer));
        if (model.getValue().trim() !== "") look(); // an empty file is not an error yet
    };
    monaco.editor.onDidCreateModel(follow);
    monaco.editor.onDidChangeModelLanguage(({ model }) => {
        monaco.editor.setModelMarkers(model, OWNER, []);
        follow(model);
    });

    monaco.languages.registerCompletionItemProvider(LANGUAGE, {
        triggerCharacters: ["=", " ", "$", "-"],
        async provideCompletionItems(model, position) {
            const items = await service.computeCompletionItems(model.getValue(), {
                line: position.lineNumber - 1,
                character: position.column - 1,
            });
            const word = model.getWordUntilPosition(position);
            const fallback = new monaco.Range(
                position.lineNumber,
                word.startColumn,
                position.lineNumber,
                word.endColumn,
            );
            return { suggestions: items.map(item => suggestionOf(service.resolveCompletionItem(item), fallback)) };
        },
    });

    function suggestionOf(item: CompletionItem, fallback: Monaco.IRange): Monaco.languages.CompletionItem {
        const edit = item.textEdit as TextEdit | undefined;
        const snippet = item.insertTextFormat === 2;
        return {
            label: item.label,
            kind: snippet ? monaco.languages.CompletionItemKind.Snippet : monaco.languages.CompletionItemKind.Keyword,
            detail: item.detail,
            documentation: textOf(item.documentation),
            insertText: edit?.newText ?? item.insertText ?? item.label,
            insertTextRules: snippet ? monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
            range: edit ? rangeOf(edit.range) : fallback,
            sortText: item.sortText,
        };
    }

    monaco.languages.registerHoverProvider(LANGUAGE, {
        provideHover(model, position) {
            const hover = service.computeHover(model.getValue(), {
                line: position.lineNumber - 1,
                character: position.column - 1,
            });
            const contents = hover?.contents;
            if (!contents || Array.isArray(contents)) return null;
            const text = typeof contents === "string" ? contents : contents.value;
            return { contents: [{ value: text }], range: hover.range && rangeOf(hover.range) };
        },
    });
}
