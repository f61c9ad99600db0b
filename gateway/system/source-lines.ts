import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a built file, as a stack names it: "file:///…/app-XYZ.mjs:12:3456". */
const PLACE = /(file:\/\/\/[^\s():]+\.mjs):(\d+):(\d+)/g;

/**
 * A stack with the sources' lines instead of the built files'. Their maps are read only here: Node would keep them from the start, in some
 * megabytes, in case that a bug is found.
 */
export function withSourceLines(stack: string): string {
    const maps = new Map<string, SourceMap | undefined>();
    return stack.replace(PLACE, (place, url: string, line: string, column: string) => {
        if (!maps.has(url)) maps.set(url, readMap(url));
        const entry = maps.get(url)?.findEntry(Number(line) - 1, Number(column) - 1);
        if (entry === undefined || !("originalSource" in entry)) return place;
        const path = fileURLToPath(new URL(entry.originalSource, url));
        return `${relative(process.cwd(), path)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}

function readMap(url: string): SourceMap | undefined {
    try {
        return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), "utf8")) as SourceMapPayload);
    } catch {
        return undefined; // it is no built file, or was taken away
    }
}
