/** Monaco's larger features, in a module of their own: see `loadMonaco` in code.svelte.ts. */
import "monaco-editor/features/codeEditor/register";
import "monaco-editor/features/diffEditor/register";
import "monaco-editor/features/find/register";
import "monaco-editor/features/hover/register";
import "monaco-editor/features/snippet/register";
import "monaco-editor/features/suggest/register";
