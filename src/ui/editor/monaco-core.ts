/** Monaco's core, as a step of its own: see `loadMonaco` in code.svelte.ts. */
import "monaco-editor/editor/editor.api";
