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
}

/**
 * The books of a test: what publishers attempted and what was acknowledged to them, number by number, against what was shown. It holds
 * when acknowledged ⊆ shown ⊆ attempted, nothing was shown twice, and everything in the order of sequences. Each message has a body
 * of its own.
 */
export class Ledger {
    readonly #entries = new Map<string, Map<string, Entry>>();

    /** Before the first try of a message. */
    attempted(number: string, body: string): void {
        const entries = this.#of(number);
        if (entries.has(body)) throw new Error(`"${body}" is the body of two messages to ${number}`);
        entries.set(body, { acknowledged: false, sequence: undefined });
    }

    acknowledged(number: string, body: string, sequence?: number): void {
        const entry = this.#of(number).get(body);
        if (entry === undefined) throw new Error(`"${body}" was never attempted`);
        entry.acknowledged = true;
        entry.sequence = sequence;
    }

    #of(number: string): Map<string, Entry> {
        let entries = this.#entries.get(number);
        if (entries === undefined) this.#entries.set(number, (entries = new Map<string, Entry>()));
        return entries;
    }

    /** Bodies that were acknowledged. */
    accepted(number: string): string[] {
        return [...this.#of(number)].filter(([, { acknowledged }]) => acknowledged).map(([body]) => body);
    }

    /** Acknowledged messages in all. */
    get total(): number {
        return [...this.#entries.keys()].reduce((sum, number) => sum + this.accepted(number).length, 0);
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
            const entry = this.#of(number).get(body);
            if (entry === undefined) faults.push(`${number}: nobody sent "${body}"`);
            else if (entry.sequence !== undefined && entry.sequence !== sequence)
                faults.push(`${number}: "${body}" was accepted as ${entry.sequence} and shown as ${sequence}`);
            if (seen.has(body)) faults.push(`${number}: shown twice "${body}" (${seen.get(body)} and ${sequence})`);
            if (sequence <= last) faults.push(`${number}: shown ${sequence} after ${last}`);
            seen.set(body, sequence);
            last = sequence;
        }
        return faults;
    }
}
