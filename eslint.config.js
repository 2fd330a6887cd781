import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

/** The projects of `npm run check`: each file belongs to one of them. */
const projects = [
    "src/tsconfig.json",
    "src/tsconfig.node.json",
    "src/app/tsconfig.json",
    "src/preview/tsconfig.json",
    "src/preview/worker/tsconfig.json",
    "tests/tsconfig.json",
];

/** What the compiler does not find: promises nobody waits for, cases nobody handles. tests/architecture.test.ts checks layers and circles. */
export default ts.config(
    { ignores: ["dist/", "node_modules/", "coverage/", "tests/output/"] },
    js.configs.recommended,
    ...ts.configs.recommendedTypeChecked,
    ...svelte.configs.recommended,
    {
        languageOptions: {
            parserOptions: {
                project: projects,
                extraFileExtensions: [".svelte"],
                tsconfigRootDir: import.meta.dirname,
            },
        },
        rules: {
            "no-undef": "off", // TypeScript knows the names of each environment better
            "no-control-regex": "off", // terminals are made of control characters
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
            "@typescript-eslint/require-await": "off", // an interface may promise what one implementation has at once
            "@typescript-eslint/unbound-method": "off", // our interfaces hold functions that need no `this`
            // an abort's reason is passed on unchanged
            "@typescript-eslint/prefer-promise-reject-errors": "off",
            "@typescript-eslint/only-throw-error": "off",
            // JSON arrives as `any` and is parsed on arrival
            "@typescript-eslint/no-unsafe-assignment": "off",
            "@typescript-eslint/no-unsafe-member-access": "off",
            "@typescript-eslint/no-unsafe-return": "off",
            "@typescript-eslint/no-unsafe-argument": "off",
            "@typescript-eslint/restrict-template-expressions": "off", // numbers, addresses and headers go into sentences
            // an assertion that one environment's types make unnecessary, another's need
            "@typescript-eslint/no-unnecessary-type-assertion": "off",
            "svelte/prefer-svelte-reactivity": "off", // large data is raw state on purpose
            "svelte/no-useless-mustaches": "off", // a space between two tags is written {" "}
        },
    },
    { files: ["**/*.svelte", "**/*.svelte.ts"], languageOptions: { parserOptions: { parser: ts.parser } } },
    {
        files: ["**/*.{js,mjs}", "vite.config.ts"],
        extends: [ts.configs.disableTypeChecked],
        languageOptions: { parserOptions: { project: null } },
    },
);
