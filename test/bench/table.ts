import { median, type Row, type Table } from "./rows.ts";

function short(value: number): string {
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The median, and the least and the most if there are several values. */
function cell(values: number[]): string {
    const middle = short(median(values));
    return values.length === 1 ? middle : `${middle} (${short(Math.min(...values))}–${short(Math.max(...values))})`;
}

/** Median of the ratios, run by run: what the machine does at that time hits both. */
function ratio(row: Row, peer: Row | undefined, figure: string): string {
    const [ours, theirs] = [row.figures[figure], peer?.figures[figure]];
    if (ours === undefined || theirs === undefined || row === peer) return "";
    const ratios = ours.slice(0, theirs.length).map((value, run) => value / theirs[run]!);
    return median(ratios).toFixed(2);
}

/** A table as Markdown. @param whole with the details */
export function markdownOf(
    { title, note, compared, peer = "Mosquitto", details = [], rows }: Table,
    whole: boolean,
): string {
    const figures = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))].filter(
        (figure) => whole || !details.includes(figure),
    );
    const peerOf = ({ load }: Row) => rows.find((row) => row.load === load && row.server === peer);
    const hasPeer = rows.some((row) => row.server === peer);
    const columns = figures.flatMap((figure) => [
        { head: figure, of: (row: Row) => (row.figures[figure] === undefined ? "" : cell(row.figures[figure])) },
        ...(hasPeer && compared.includes(figure)
            ? [{ head: `× ${peer}`, of: (row: Row) => ratio(row, peerOf(row), figure) }]
            : []),
    ]);
    const loads = [...new Set(rows.map(({ load }) => load))];
    const lines = rows.map((row) => [row.load, row.server, ...columns.map(({ of }) => of(row))]);
    const heads = ["load", "server", ...columns.map(({ head }) => head)];
    const kept =
        loads.length === 1 && loads[0] === "" ? (words: string[]) => words.slice(1) : (words: string[]) => words;
    const all = [heads, heads.map((_, index) => (index < 2 ? "---" : "--:")), ...lines].map(kept);
    const widths = all[0]!.map((_, column) => Math.max(...all.map((words) => words[column]!.length)));
    const text = all.map((words) => `| ${words.map((word, column) => padded(word, widths[column]!)).join(" | ")} |`);
    return `**${title}.** ${note}\n\n${text.join("\n")}\n`;
}

function padded(word: string, width: number): string {
    return word === "---" ? "-".repeat(width) : word === "--:" ? `${"-".repeat(width - 1)}:` : word.padEnd(width);
}
