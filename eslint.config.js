import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { CORE, EVERYWHERE, NO_GLOBALS, dialect } from "./bundler/dialect.js";

const restrictedGlobals = NO_GLOBALS.map((name) => ({ name, message: "Not in the core: make it an argument." }));

/** Rules of every file that runs on a board: shared by the core and the boards' folders. */
const board = {
    "dialect/max-locals": "error",
    "dialect/loop-closure": "error",
    "no-loop-func": "error",
    "@typescript-eslint/no-use-before-define": [
        "error",
        { functions: true, variables: true, ignoreTypeReferences: true },
    ],
    "@typescript-eslint/strict-boolean-expressions": [
        "error",
        {
            allowString: false,
            allowNumber: false,
            allowNullableObject: true,
            allowNullableBoolean: true,
            allowAny: false,
        },
    ],
};

export default defineConfig(
    { ignores: ["dist/", "node_modules/", "**/*.d.ts"] },
    {
        files: ["**/*.ts"],
        extends: [...tseslint.configs.recommendedTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            eqeqeq: "error",
            "max-lines": ["error", { max: 300 }],
            "no-restricted-syntax": [
                "error",
                { selector: "ExportAllDeclaration", message: "No barrels: import a name from where it lives." },
            ],
            "@typescript-eslint/consistent-type-imports": "error",
            "@typescript-eslint/no-floating-promises": [
                "error",
                {
                    allowForKnownSafeCalls: [
                        { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
                    ],
                },
            ],
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
            "@typescript-eslint/require-await": "off",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
        },
    },
    {
        files: ["shared/**/*.ts", "device/core/**/*.ts", "device/*.ts"],
        plugins: { dialect },
        rules: {
            ...board,
            "no-restricted-syntax": ["error", ...EVERYWHERE, ...CORE],
            "no-restricted-globals": ["error", ...restrictedGlobals],
            "no-restricted-properties": [
                "error",
                { object: "Math", property: "random", message: "Make it an argument." },
            ],
        },
    },
    // What an application did wrong is thrown to it, as a text: that is what Lua throws, and an object would take variables.
    {
        files: ["device/application.ts"],
        rules: {
            "no-restricted-syntax": [
                "error",
                ...EVERYWHERE,
                ...CORE.filter(({ selector }) => selector !== "ThrowStatement"),
            ],
            "@typescript-eslint/only-throw-error": "off",
        },
    },
    {
        files: ["device/espruino/**/*.ts", "device/nodemcu/**/*.ts"],
        plugins: { dialect },
        rules: {
            ...board,
            "no-restricted-syntax": ["error", ...EVERYWHERE],
            "@typescript-eslint/no-require-imports": "off", // the firmware's own modules
        },
    },
    // What people copy: `toque build` tells what a board cannot run, and only what it cannot see is checked here.
    {
        files: ["device/examples/**/*.ts"],
        plugins: { dialect },
        rules: {
            "dialect/loop-closure": "error",
            "@typescript-eslint/strict-boolean-expressions": board["@typescript-eslint/strict-boolean-expressions"],
        },
    },
    {
        files: ["**/*.js", "**/*.mjs"],
        extends: [tseslint.configs.disableTypeChecked],
        rules: { eqeqeq: "error" },
    },
);
