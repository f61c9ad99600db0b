import type { Route } from "../registration.ts";
import { countUp, getSetting, setSetting } from "./settings.ts";
import type { Row, Sql } from "./sql.ts";

/** What the store's thread knows of one registration's messages. A message costs no statement for it. */
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
     * registered since this start of the gateway (`met`); otherwise those given before the start. A device that reports a higher one got it
     * from a later store, which was lost. Up to the last seeable sequence both stores hold the same messages, because both come from the
     * copied file; so those that still wait here were dealt with there.
     */
    met: boolean;
    lastSeeable: number;
    /** not written yet */
    changed: boolean;
}

/** Places kept in memory. Beyond that those without unwritten changes are read again when they are needed. */
const MAX_KEPT = 50_000;
/** After so many changes the places are written, some in each transaction. */
const WRITE_EVERY = 20_000;
const WRITTEN_AT_ONCE = 250;
/** The setting that has up to which message's row they are written. */
const WRITTEN = "places written";

/**
 * The places of registrations that have not ended.
 *
 * They are written now and then: a message changes no row but its own. What a run of the gateway left unwritten, the next start finds in the
 * messages behind the last one that was written.
 */
export class Places {
    readonly #sql: Sql;
    readonly #start: number;
    readonly #kept = new Map<Route, Place>();
    readonly #byNum = new Map<number, Place>();
    /** places as they were before what the transaction does to them, the oldest first; undefined: not in memory */
    #before: [Place, Place | undefined][] = [];
    /** since what is written now was begun */
    #changes = 0;
    /** what is being written, and up to which row that is */
    #writing: Place[] = [];
    #writingUpTo = 0;
    #writtenUpTo: number;
    #writtenBefore: number;
    /** of all messages' rows; undefined: not read yet */
    #lastNum: number | undefined;

    /** @param start which start of the gateway this is, 1 and up */
    constructor(sql: Sql, start: number) {
        this.#sql = sql;
        this.#start = start;
        this.#writtenUpTo = this.#writtenBefore = Number(getSetting(sql, WRITTEN) ?? 0);
    }

    /** Undefined: no such registration, or it has ended. */
    of(route: Route): Place | undefined {
        const place = this.#kept.get(route);
        if (place === undefined) return this.#read(route);
        this.#before.push([place, { ...place }]);
        return place;
    }

    /** Does something with a place, if it is in memory. @param num its number */
    keptAs(num: number, work: (place: Place) => void): void {
        const place = this.#byNum.get(num);
        if (place !== undefined) work(this.of(place.route)!);
    }

    #read(route: Route): Place | undefined {
        const row = this.#sql.get(READ, route);
        if (row === undefined) return undefined;
        if (this.#kept.size >= MAX_KEPT) {
            for (const place of this.#kept.values()) if (!place.changed) this.#drop(place);
        }
        const place = this.#toPlace(route, row);
        this.#before.push([place, undefined]);
        this.#keep(place);
        return place;
    }

    #toPlace(route: Route, row: Row): Place {
        const messages = row.messages as number;
        return {
            num: row.num as number,
            route,
            lastSequence: row.last_sequence as number,
            lastNum: row.last_num as number,
            met: row.met_start === this.#start,
            lastSeeable: row.last_seeable as number,
            messages,
            octets: messages === 0 ? 0 : Infinity,
            changed: false,
        };
    }

    /** The last sequence of a place in memory: its row may have an older one. */
    lastSequence(route: Route): number | undefined {
        return this.#kept.get(route)?.lastSequence;
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
        this.#sql.run("UPDATE places SET ended = 1 WHERE num = ?", place.num);
        this.#drop(place);
    }

    #drop(place: Place): void {
        this.#kept.delete(place.route);
        this.#byNum.delete(place.num);
    }

    #keep(place: Place): void {
        this.#kept.set(place.route, place);
        this.#byNum.set(place.num, place);
    }

    /** Gives the next sequence to a message. @param num of its row @returns the sequence, and the row of the message before it */
    give(place: Place, num: number): { sequence: number; before: number } {
        const before = place.lastNum;
        place.lastSequence++;
        place.lastNum = num;
        if (place.met) place.lastSeeable = place.lastSequence;
        this.#change(place);
        return { sequence: place.lastSequence, before };
    }

    /** The number of the next message's row. */
    nextNum(): number {
        this.#lastNum = this.#last() + 1;
        return this.#lastNum;
    }

    /** Rows up to the one that is noted as written are never given again, forgotten or not: the next start does not look at them. */
    #last(): number {
        return (this.#lastNum ??= Math.max(lastMessage(this.#sql), this.#writtenUpTo));
    }

    /** From now on, until the next start, the device may have seen every sequence given. @returns this start, for its registration's row */
    meet(place: Place): number {
        if (!place.met) this.#change(place);
        place.met = true;
        if (place.lastSeeable < place.lastSequence) {
            place.lastSeeable = place.lastSequence;
            this.write(place); // the next start could not find it
        }
        return this.#start;
    }

    #change(place: Place): void {
        place.changed = true;
        this.#changes++;
    }

    write(place: Place): void {
        const { lastSequence, lastNum, lastSeeable, met, num } = place;
        const text = "UPDATE places SET last_sequence = ?, last_num = ?, last_seeable = ?, met_start = ? WHERE num = ?";
        this.#sql.run(text, lastSequence, lastNum, lastSeeable, met ? this.#start : 0, num);
        place.changed = false;
    }

    /** Writes some of what has changed, if it is time. To be called in each transaction. */
    writeSome(): void {
        if (this.#writing.length > 0 || this.#changes >= WRITE_EVERY) this.writeChanged();
    }

    /** Writes what has changed. @returns up to which message's row all is written: the others must not be forgotten */
    writeChanged(most = WRITTEN_AT_ONCE): number {
        if (this.#writing.length === 0) {
            // in the order of their rows: many lie on one page
            this.#writing = [...this.#kept.values()].filter(({ changed }) => changed).sort((a, b) => b.num - a.num);
            this.#writingUpTo = this.#last();
            this.#changes = 0;
        }
        for (const place of this.#writing.splice(-most)) {
            this.#before.push([place, { ...place }]);
            if (place.changed) this.write(place);
        }
        if (this.#writing.length === 0 && this.#writtenUpTo < this.#writingUpTo) {
            setSetting(this.#sql, WRITTEN, this.#writingUpTo);
            this.#writtenUpTo = this.#writingUpTo;
        }
        return this.#writtenUpTo;
    }

    /** To be called before a transaction. */
    begin(): void {
        this.#before = [];
        this.#writtenBefore = this.#writtenUpTo;
    }

    /** How much was done in the transaction, for `undo`. */
    get done(): number {
        return this.#before.length;
    }

    /** To be called after a rollback. @param done what was not rolled back */
    undo(done = 0): void {
        for (const [place, before] of this.#before.splice(done).reverse()) {
            if (before === undefined) this.#drop(place);
            else this.#keep(Object.assign(place, before));
        }
        this.#lastNum = undefined;
        this.#writing = [];
        this.#writtenUpTo = this.#writtenBefore;
    }
}

const READ = `SELECT *, (SELECT count(*) FROM messages WHERE place = places.num AND ended_ms IS NULL) AS messages
    FROM places WHERE route = ? AND ended = 0`;

/** Begins a run of the gateway: counts it, and writes what the one before left unwritten. @returns which it is, 1 and up */
export function beginRun(sql: Sql): number {
    sql.exec("BEGIN IMMEDIATE");
    const start = countUp(sql, "starts");
    sql.run(CATCH_UP, Number(getSetting(sql, WRITTEN) ?? 0), start - 1);
    notePlacesWritten(sql);
    sql.exec("COMMIT");
    return start;
}

/** Notes that all places are written. */
export function notePlacesWritten(sql: Sql): void {
    setSetting(sql, WRITTEN, lastMessage(sql));
}

/** The number of the last message's row. */
function lastMessage(sql: Sql): number {
    return Number(sql.get("SELECT max(num) AS num FROM messages")?.num ?? 0);
}

/** A device that was met in that run may have seen all that it was given there: its registration's row has that from the moment on. */
const CATCH_UP = `UPDATE places SET last_sequence = max(last_sequence, tail.sequence), last_num = max(last_num, tail.num),
    last_seeable = CASE WHEN EXISTS (SELECT 1 FROM registrations WHERE registrations.route = places.route AND met_start = ?2)
        THEN max(last_sequence, tail.sequence) ELSE last_seeable END
    FROM (SELECT place, max(sequence) AS sequence, max(num) AS num FROM messages WHERE num > ?1 GROUP BY place) AS tail
    WHERE places.num = tail.place`;
