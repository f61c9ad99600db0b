import type { BacklogSize } from "../ports/backlog.ts";
import type { Ports } from "../ports/store.ts";
import { backlogCalls } from "./backlog.ts";
import { codeCalls } from "./codes.ts";
import { contactCalls } from "./contacts.ts";
import type { AnyCall, CallsOf } from "./call.ts";
import type { CallName } from "./protocol.ts";
import { receiptCalls } from "./receipts.ts";
import { registrationCalls } from "./registrations.ts";
import { settingCalls } from "./settings.ts";
import type { Sql } from "./sql.ts";
import { tokenCalls } from "./tokens.ts";
import { upkeepCalls } from "./upkeep.ts";

export type Calls = ReadonlyMap<CallName, AnyCall>;

/**
 * All calls on a connection, by name.
 * @param start which start of the gateway this is, 1 and up
 * @param most what may wait for one route
 */
export function createCalls(sql: Sql, file: string, start: number, most?: BacklogSize): Calls {
    const ports: { [P in keyof Ports]: CallsOf<Ports[P]> } = {
        registrations: registrationCalls(sql, start),
        contacts: contactCalls(sql, start),
        backlog: backlogCalls(sql, start, most),
        receipts: receiptCalls(sql),
        codes: codeCalls(sql, start),
        tokens: tokenCalls(sql),
        settings: settingCalls(sql),
        upkeep: upkeepCalls(sql, file),
    };
    const calls = new Map<CallName, AnyCall>();
    for (const [port, ofPort] of Object.entries(ports)) {
        for (const [name, call] of Object.entries(ofPort)) calls.set(`${port}.${name}` as CallName, call as AnyCall);
    }
    return calls;
}
