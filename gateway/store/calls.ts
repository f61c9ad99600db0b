import type { BacklogSize } from "../ports/backlog.ts";
import type { Ports } from "../ports/store.ts";
import { backlogCalls } from "./backlog.ts";
import { codeCalls } from "./codes.ts";
import { contactCalls } from "./contacts.ts";
import type { AnyCall, CallsOf } from "./call.ts";
import { Places } from "./places.ts";
import type { CallName } from "./protocol.ts";
import { receiptCalls } from "./receipts.ts";
import { registrationCalls } from "./registrations.ts";
import { settingCalls } from "./settings.ts";
import type { Sql } from "./sql.ts";
import { tokenCalls } from "./tokens.ts";
import { upkeepCalls } from "./upkeep.ts";

/** All calls on a connection, and what they keep in memory. */
export interface Calls {
    byName: ReadonlyMap<CallName, AnyCall>;
    places: Places;
}

/**
 * @param start which start of the gateway this is, 1 and up
 * @param most what may wait for one route
 */
export function createCalls(sql: Sql, file: string, start: number, most?: BacklogSize): Calls {
    const places = new Places(sql, start);
    const ports: { [P in keyof Ports]: CallsOf<Ports[P]> } = {
        registrations: registrationCalls(sql, places),
        contacts: contactCalls(sql, places),
        backlog: backlogCalls(sql, places, most),
        receipts: receiptCalls(sql, places),
        codes: codeCalls(sql, places),
        tokens: tokenCalls(sql),
        settings: settingCalls(sql),
        upkeep: upkeepCalls(sql, places, file),
    };
    const byName = new Map<CallName, AnyCall>();
    for (const [port, ofPort] of Object.entries(ports)) {
        for (const [name, call] of Object.entries(ofPort)) byName.set(`${port}.${name}` as CallName, call as AnyCall);
    }
    return { byName, places };
}
