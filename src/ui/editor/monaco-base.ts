/**
 * Monaco's base layer, loaded as a separate step: importing any module of the chunk loads all of it. See `loadMonaco`
 * in code.svelte.ts, and `editorLayers` in vite.config.ts.
 */
import "monaco-editor/base/common/event";
