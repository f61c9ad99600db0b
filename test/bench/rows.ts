/** What a part measured: a line of its table. Each figure has one value a run, in the order of the runs. */
export interface Row {
    load: string;
    server: string;
    figures: Record<string, number[]>;
}

/** A table of the bench. */
export interface Table {
    title: string;
    /** what one has to know to read it, a sentence or two */
    note: string;
    /** figures that are also given as a ratio to those of `peer`, run by run */
    compared: string[];
    /** by default Mosquitto */
    peer?: string;
    /** figures that the page leaves out */
    details?: string[];
    rows: Row[];
}

export function median(values: number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const half = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** What one run measured; undefined: that does not exist for its server. */
export type Figures = Record<string, number | undefined>;

/** Rows from runs that came one by one. */
export class Rows {
    readonly #rows = new Map<string, Row>();

    add(load: string, server: string, figures: Figures): void {
        const key = `${load}\n${server}`;
        const row = this.#rows.get(key) ?? { load, server, figures: {} };
        this.#rows.set(key, row);
        for (const [name, value] of Object.entries(figures)) {
            if (value !== undefined) (row.figures[name] ??= []).push(value);
        }
    }

    /** Grouped by load. */
    all(): Row[] {
        const rows = [...this.#rows.values()];
        const loads = [...new Set(rows.map(({ load }) => load))];
        return loads.flatMap((load) => rows.filter((row) => row.load === load));
    }
}
