import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";
import { lessonFiles } from "./src/authoring/lesson-files.ts";
import { previewFiles } from "./src/server/preview-build.ts";

/** Monaco, split into its own layers, each built on those before it: the page evaluates them one at a time (see `loadMonaco`). */
const editorLayers = ["base", "platform", "editor/common"].map(layer => ({
    name: `monaco-${layer.replace("/", "-")}`,
    test: new RegExp(`/monaco-editor/esm/vs/${layer}/`),
}));

/** Vite's chunk loader, which the first script needs: inside one of Monaco's layers, it would make the machine wait for Monaco. */
const loader = { name: "loader", test: /vite\/preload-helper/, priority: 1 };

export default defineConfig({
    root: "src/app",
    publicDir: "../../static",
    plugins: [svelte(), svelteTesting(), lessonFiles(), previewFiles()],
    build: {
        outDir: "../../dist",
        emptyOutDir: true,
        target: "es2022",
        sourcemap: true,
        rolldownOptions: { output: { codeSplitting: { groups: [loader, ...editorLayers] } } },
    },
    worker: { format: "es" },
    test: {
        root: ".",
        projects: [
            {
                extends: true,
                test: {
                    name: "unit",
                    root: ".",
                    include: ["tests/unit/**/*.test.ts", "tests/architecture.test.ts"],
                    environment: "node",
                },
            },
            {
                extends: true,
                test: {
                    name: "machine",
                    root: ".",
                    include: ["tests/machine/**/*.test.ts"],
                    environment: "node",
                    maxWorkers: 2, // a guest keeps one core busy, and 600 MB
                    testTimeout: 600_000,
                    hookTimeout: 600_000,
                },
            },
            {
                extends: true,
                test: {
                    name: "e2e",
                    root: ".",
                    include: ["tests/e2e/**/*.test.ts"],
                    environment: "node",
                    fileParallelism: false,
                    testTimeout: 1_200_000,
                    hookTimeout: 600_000,
                },
            },
        ],
    },
});
