import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";

/** A line and a column of what was built, both from 0. */
export interface Place {
    line: number;
    column: number;
}

interface Entry {
    originalSource: string;
    originalLine: number;
    originalColumn: number;
}

/**
 * Where the person wrote what stands there in what was built, as `app.ts:3:5`; of what a compiler put in, where the person's next piece is.
 * @param map of the built text @param file the person's first one, in the folder that the map's sources are named from
 */
export function placesOf(map: string, built: string, file: string): (place: Place) => string {
    const source = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
    const lines = built.split("\n");
    return (place) => {
        for (let { line, column } = place; line < lines.length; line++, column = 0) {
            for (; column <= lines[line]!.length; column++) {
                const { originalSource, originalLine, originalColumn } = source.findEntry(
                    line,
                    column,
                ) as Partial<Entry>;
                if (originalSource === undefined) continue;
                const path = relative(process.cwd(), resolve(folderOf(file), originalSource));
                return `${path}:${originalLine! + 1}:${originalColumn! + 1}`;
            }
        }
        return relative(process.cwd(), file);
    };
}

export function folderOf(file: string): string {
    return dirname(resolve(file));
}
