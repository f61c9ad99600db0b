import type { Push } from "../../device/core/events.ts";
import { decodeText } from "../../emulator/screen.ts";

/** What one device's screen showed. */
export interface Screenful {
    readonly shown: readonly Push[];
}

interface Entry {
    /** its 202 or its PUBACK came */
    acknowledged: boolean;
    /** from the 202; a PUBACK has none */
    sequence: number | undefined;
    /** how many messages to the number had been acknowledged before its first try */
    readonly after: number;
}

interface Book {
    /** by body */
    readonly entries: Map<string, Entry>;
    /** bodies in the order in which they were acknowledged */
    readonly acknowledged: string[];
}

/**
 * The books of a test: what publishers attempted and what was acknowledged to them, number by number, against what was shown. It holds
 * when acknowledged ⊆ shown ⊆ attempted, nothing was shown twice, everything in the order of sequences, and nothing before what was
 * acknowledged before its first try. Each message to a number has a body of its own.
 */
export class Ledger {
    readonly #books = new Map<string, Book>();
    #total = 0;

    /** Before the first try of a message. */
    attempted(number: string, body: string): void {
        const { entries, acknowledged } = this.#of(number);
        if (entries.has(body)) throw new Error(`"${body}" is the body of two messages to ${number}`);
        entries.set(body, { acknowledged: false, sequence: undefined, after: acknowledged.length });
    }

    acknowledged(number: string, body: string, sequence?: number): void {
        const { entries, acknowledged } = this.#of(number);
        const entry = entries.get(body);
        if (entry === undefined) throw new Error(`"${body}" was never attempted`);
        if (entry.acknowledged) throw new Error(`"${body}" was acknowledged to its publisher before`);
        entry.acknowledged = true;
        entry.sequence = sequence;
        acknowledged.push(body);
        this.#total++;
    }

    #of(number: string): Book {
        let book = this.#books.get(number);
        if (book === undefined)
            this.#books.set(number, (book = { entries: new Map<string, Entry>(), acknowledged: [] }));
        return book;
    }

    /** Bodies that were acknowledged, in that order. */
    accepted(number: string): readonly string[] {
        return this.#of(number).acknowledged;
    }

    /** Acknowledged messages in all. */
    get total(): number {
        return this.#total;
    }

    /** Acknowledged to the number and not shown yet. */
    missing(number: string, screen: Screenful): string[] {
        const shown = new Set(screen.shown.map(({ body }) => decodeText(body)));
        return this.accepted(number).filter((body) => !shown.has(body));
    }

    /** Everything that does not hold, a sentence each. */
    faults(number: string, screen: Screenful): string[] {
        const faults = this.missing(number, screen).map((body) => `${number}: lost "${body}"`);
        const seen = new Map<string, number>();
        let last = 0;
        for (const push of screen.shown) {
            const { sequence } = push;
            const body = decodeText(push.body);
            const entry = this.#of(number).entries.get(body);
            if (entry === undefined) faults.push(`${number}: nobody sent "${body}"`);
            else if (entry.sequence !== undefined && entry.sequence !== sequence)
                faults.push(`${number}: "${body}" was accepted as ${entry.sequence} and shown as ${sequence}`);
            if (seen.has(body)) faults.push(`${number}: shown twice "${body}" (${seen.get(body)} and ${sequence})`);
            if (sequence <= last) faults.push(`${number}: shown ${sequence} after ${last}`);
            seen.set(body, sequence);
            last = sequence;
        }
        return [...faults, ...this.#overtaken(number, screen)];
    }

    /** A publisher that waited for an acknowledgement before it sent the next message counts on their order. */
    #overtaken(number: string, screen: Screenful): string[] {
        const { entries, acknowledged } = this.#of(number);
        const places = new Map(screen.shown.map(({ body }, place) => [decodeText(body), place]));
        /** where the last of the first so many acknowledged messages was shown */
        const lastOf = [-1];
        for (const body of acknowledged) lastOf.push(Math.max(lastOf.at(-1)!, places.get(body) ?? -1));
        return [...entries]
            .filter(([body, { after }]) => (places.get(body) ?? Infinity) < lastOf[after]!)
            .map(([body]) => `${number}: shown before what was acknowledged before it was sent: "${body}"`);
    }
}
