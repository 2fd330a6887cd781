/** Monaco's core, loaded as a separate step: see `loadMonaco` in code.svelte.ts. */
import "monaco-editor/editor/editor.api";
