import type { Route } from "../registration.ts";
import { optional, type Row, type Sql } from "./sql.ts";

/**
 * What the store's thread knows of one registration's messages. A message costs no statement for it: it is written once for each
 * transaction, and the size of the backlog never.
 */
export interface Place {
    /** messages that wait, and at most so many octets of them: what ends is taken off when it is counted again */
    messages: number;
    octets: number;
    /** stands for the route in the table of messages */
    readonly num: number;
    readonly route: Route;
    /** the last sequence given, and the number of that message's row; 0: none yet */
    lastSequence: number;
    lastNum: number;
    /**
     * How the store recognises that it was restored from a backup. A device that has seen sequence 110 would take the restored store's next
     * 110 for a repeat and not show it. So each place keeps the last sequence that its device can have seen: any sequence, if the device has
     * registered since this start of the gateway (`metStart`); otherwise those before the first one given without it (`unmetSequence`).
     * A device that reports a higher one got it from a later store, which was lost. Up to the last seeable sequence both stores hold the
     * same messages, because both come from the copied file; so those that still wait here were dealt with there.
     */
    metStart: number;
    unmetSequence: number | undefined;
}

/** Places kept in memory. Beyond that those without unwritten changes are read again when they are needed. */
const MAX_KEPT = 50_000;

/** The places of registrations that have not ended. */
export class Places {
    readonly #sql: Sql;
    readonly #start: number;
    readonly #kept = new Map<Route, Place>();
    readonly #byNum = new Map<number, Place>();
    readonly #changed = new Set<Place>();
    /** of all messages' rows; undefined: not read yet */
    #lastNum: number | undefined;

    /** @param start which start of the gateway this is, 1 and up */
    constructor(sql: Sql, start: number) {
        this.#sql = sql;
        this.#start = start;
    }

    /** Undefined: no such registration, or it has ended. */
    of(route: Route): Place | undefined {
        return this.#kept.get(route) ?? this.#read(route);
    }

    /** Does something with a place, if it is in memory. @param num its number */
    keptAs(num: number, work: (place: Place) => void): void {
        const place = this.#byNum.get(num);
        if (place !== undefined) work(place);
    }

    #read(route: Route): Place | undefined {
        const row = this.#sql.get(
            `SELECT places.* FROM places JOIN registrations USING (route) WHERE route = ? AND ended_ms IS NULL`,
            route,
        );
        if (row === undefined) return undefined;
        if (this.#kept.size >= MAX_KEPT) {
            for (const place of this.#kept.values()) if (!this.#changed.has(place)) this.end(place);
        }
        const place = toPlace(route, row);
        this.count(place);
        this.#kept.set(route, place);
        this.#byNum.set(place.num, place);
        return place;
    }

    /** Counts what waits. */
    count(place: Place): void {
        const row = this.#sql.get(
            "SELECT count(*) AS messages, sum(octets) AS octets FROM messages WHERE place = ? AND ended_ms IS NULL",
            place.num,
        );
        place.messages = Number(row?.messages ?? 0);
        place.octets = Number(row?.octets ?? 0);
    }

    /** Makes the place of a new registration. */
    add(route: Route): void {
        this.#sql.run("INSERT INTO places (route) VALUES (?)", route);
    }

    /** The registration has ended. */
    end(place: Place): void {
        this.#kept.delete(place.route);
        this.#byNum.delete(place.num);
        this.#changed.delete(place);
    }

    /** Gives the next sequence to a message. @param num of its row @returns the sequence, and the row of the message before it */
    give(place: Place, num: number): { sequence: number; before: number } {
        const { lastSequence, lastNum: before, metStart } = place;
        place.unmetSequence = metStart === this.#start ? undefined : (place.unmetSequence ?? lastSequence);
        place.lastSequence = lastSequence + 1;
        place.lastNum = num;
        this.#changed.add(place);
        return { sequence: place.lastSequence, before };
    }

    /** The number of the next message's row. */
    nextNum(): number {
        this.#lastNum ??= Number(this.#sql.get("SELECT max(num) AS num FROM messages")?.num ?? 0);
        return ++this.#lastNum;
    }

    /** From now on, until the next start, the device may have seen every sequence given. */
    meet(place: Place): void {
        if (place.metStart === this.#start) return;
        place.metStart = this.#start;
        place.unmetSequence = undefined;
        this.#changed.add(place);
    }

    /** The last sequence that the device can have seen. */
    lastSeeable({ metStart, unmetSequence, lastSequence }: Place): number {
        return metStart === this.#start ? lastSequence : (unmetSequence ?? lastSequence);
    }

    /** To be called before a commit. */
    write(): void {
        for (const { num, lastSequence, lastNum, metStart, unmetSequence } of this.#changed) {
            this.#sql.run(
                "UPDATE places SET last_sequence = ?, last_num = ?, met_start = ?, unmet_sequence = ? WHERE num = ?",
                lastSequence,
                lastNum,
                metStart,
                unmetSequence,
                num,
            );
        }
        this.#changed.clear();
    }

    /** To be called after a rollback: what is kept may be what was not written. */
    forget(): void {
        this.#kept.clear();
        this.#byNum.clear();
        this.#changed.clear();
        this.#lastNum = undefined;
    }
}

function toPlace(route: Route, row: Row): Place {
    return {
        num: row.num as number,
        route,
        lastSequence: row.last_sequence as number,
        lastNum: row.last_num as number,
        metStart: row.met_start as number,
        unmetSequence: optional(row.unmet_sequence),
        messages: 0,
        octets: 0,
    };
}
