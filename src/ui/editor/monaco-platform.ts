/** Monaco's platform layer, as a step of its own: any module of the chunk brings all of it. See `loadMonaco` in code.svelte.ts, and `editorLayers` in vite.config.ts. */
import "monaco-editor/platform/instantiation/common/instantiation";
