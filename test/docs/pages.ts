import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Every document of the repository, by its path. */
export const PAGES = [
    "README.md",
    "SECURITY.md",
    "flash-scripts/README.md",
    ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
];

/** A fenced block. `language` is "" when it names none. */
export interface Block {
    language: string;
    text: string;
}

export function readPage(page: string): string {
    return readFileSync(join(ROOT, page), "utf8");
}

export function blocksOf(page: string): Block[] {
    return [...readPage(page).matchAll(/^( *)```(\w*)\n(.*?)\n\1```$/gms)].map(
        ([, indent = "", language = "", text]) => {
            return { language, text: text!.replaceAll(`\n${indent}`, "\n").slice(indent.length) };
        },
    );
}

/** The commands of an `sh` block, one a line, without comments. */
export function commandsIn({ language, text }: Block): string[] {
    if (language !== "sh") return [];
    const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
    return lines.map((line) => line.replace(/(^|\s+)#.*$/, "")).filter((line) => line !== "");
}

export function commandsOf(page: string): string[] {
    return blocksOf(page).flatMap(commandsIn);
}

/** Text of a page outside its blocks. */
export function proseOf(page: string): string {
    return readPage(page).replace(/^( *)```(\w*)\n(.*?)\n\1```$/gms, "");
}
