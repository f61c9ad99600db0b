import { plain, plainJson } from "../../shared/terminal.ts";

/** Rows as columns, two spaces between, the first row being the titles. */
export function columns(rows: string[][]): string {
    const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => plain(row[at] ?? "").length)));
    const line = (row: string[]) => row.map((cell, at) => plain(cell).padEnd(widths[at] ?? 0)).join("  ");
    return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** Names and values below each other. Values that are undefined are left out. */
export function pairs(values: Record<string, string | number | undefined>): string {
    const rows = Object.entries(values).filter(([, value]) => value !== undefined);
    return columns(rows.map(([name, value]) => [name, String(value)]));
}

/** Writes what a command found: one JSON document, or what a person reads. */
export function print(json: boolean | undefined, document: unknown, text: string): void {
    process.stdout.write((json === true ? plainJson(JSON.stringify(document)) : text) + "\n");
}
