import { timingSafeEqual } from "node:crypto";
import type { CodeStore, EnrolCode, TriedFrom } from "../ports/codes.ts";
import type { NewRegistration, Registered } from "../ports/registrations.ts";
import type { E164 } from "../number.ts";
import type { Places } from "./places.ts";
import { byNumber, register } from "./registrations.ts";
import { countUp } from "./settings.ts";
import { read, write, type CallsOf } from "./call.ts";
import { optional, readJson, type Row, type Sql } from "./sql.ts";

export function codeCalls(sql: Sql, places: Places): CallsOf<CodeStore> {
    return {
        add: write((code) => {
            sql.insert("codes", {
                number: code.number,
                code_hash: code.codeHash,
                created_ms: code.createdMs,
                expires_ms: code.expiresMs,
                tries_left: code.triesLeft,
                keep_backlog: code.keepBacklog,
                chip: code.chip,
            });
        }),
        list: read((number, sinceMs) =>
            sql
                .all("SELECT * FROM codes WHERE number = ? AND created_ms >= ? ORDER BY num DESC", number, sinceMs)
                .map(toCode),
        ),
        redeem: write((number, codeHash, chip, from, registration) =>
            redeem(sql, places, number, codeHash, chip, from, registration),
        ),
    };
}

function toCode(row: Row): EnrolCode {
    return {
        number: row.number as E164,
        codeHash: row.code_hash as string,
        createdMs: row.created_ms as number,
        expiresMs: row.expires_ms as number,
        triesLeft: row.tries_left as number,
        chip: optional(row.chip),
        keepBacklog: row.keep_backlog === 1,
    };
}

/**
 * A wrong try counts, a right one does not: a device that loses power during enrolment may redeem its code again, also after the code's ten
 * minutes, until something has connected with the secret.
 */
function redeem(
    sql: Sql,
    places: Places,
    number: E164,
    codeHash: string,
    chip: string,
    { network, mostTries }: TriedFrom,
    registration: NewRegistration,
): Registered | undefined {
    const newest = sql.get("SELECT * FROM codes WHERE number = ? ORDER BY num DESC LIMIT 1", number);
    const again = newest !== undefined && newest.chip !== null;
    const tries = readJson<Record<string, number>>(newest?.tries ?? "{}");
    const tried = tries[network] ?? 0;
    const open =
        newest !== undefined &&
        (newest.tries_left as number) > 0 &&
        tried < mostTries &&
        (again
            ? isUnfinished(sql, places, number, newest, chip)
            : (newest.expires_ms as number) > registration.createdMs);
    const fits = sameHash(codeHash, (newest?.code_hash as string | undefined) ?? "");
    if (open && fits) {
        // What was sent since the first redemption was meant for this device.
        const backlog = again || newest.keep_backlog === 1 ? "keep" : "drop";
        const made = register(sql, places, { ...registration, number, backlog });
        sql.run(
            "UPDATE codes SET chip = ?, route = ? WHERE num = ?",
            chip,
            made.registration.route,
            newest.num as number,
        );
        return made;
    }
    if (open) {
        sql.run(
            "UPDATE codes SET tries_left = tries_left - 1, tries = ? WHERE num = ?",
            JSON.stringify({ ...tries, [network]: tried + 1 }),
            newest.num as number,
        );
    }
    // Every refusal writes, also for an unknown number, so that its duration reveals nothing.
    countUp(sql, "codes refused");
    return undefined;
}

/** Whether this chip redeemed the code and its secret was not used yet. */
function isUnfinished(sql: Sql, places: Places, number: E164, code: Row, chip: string): boolean {
    const registration = byNumber(sql, places, number);
    return registration?.provisional === true && registration.route === code.route && code.chip === chip;
}

function sameHash(one: string, other: string): boolean {
    const [a, b] = [Buffer.from(one), Buffer.from(other)];
    return a.length === b.length && timingSafeEqual(a, b);
}
