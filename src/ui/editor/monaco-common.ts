/** Monaco's model, languages and cursors layer, as a step of its own: any module of the chunk brings all of it. See `loadMonaco` in code.svelte.ts, and `editorLayers` in vite.config.ts. */
import "monaco-editor/editor/common/core/position";
