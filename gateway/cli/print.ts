/** Controls of a terminal, and marks that nobody sees which turn the direction of writing or begin a line. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

/** Text for a terminal: characters that a label, a board's name of its firmware or an error could carry are shown, not obeyed. */
export function plain(text: string): string {
    return text.replace(UNSEEN, (char) => {
        const code = char.codePointAt(0) ?? 0;
        return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
    });
}

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
    process.stdout.write((json === true ? asJson(document) : text) + "\n");
}

/** One line of JSON. It escapes the controls of ASCII; a terminal obeys those above as well. */
export function asJson(document: unknown): string {
    return JSON.stringify(document).replace(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
