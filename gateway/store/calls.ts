import { statfsSync, statSync } from "node:fs";
import type { BacklogSize } from "../ports.ts";
import * as backlog from "./backlog.ts";
import { clockStepped } from "./clock-step.ts";
import * as codes from "./codes.ts";
import { forget } from "./forget.ts";
import * as meta from "./meta.ts";
import { overflowTold } from "./overflow.ts";
import * as publications from "./publications.ts";
import * as receipts from "./receipts.ts";
import type { Calls } from "./protocol.ts";
import * as registrations from "./registrations.ts";
import type { Sql } from "./sql.ts";
import * as tokens from "./tokens.ts";

/** The store's calls on a connection. @param start which start of the gateway this is, 1 and up @param most what may wait for one route */
export function createCalls(sql: Sql, file: string, start: number, most: BacklogSize = backlog.MAX_BACKLOG): Calls {
    return {
        register: (registration) => registrations.register(sql, start, registration),
        byNumber: (number) => registrations.byNumber(sql, number),
        byRoute: (route) => registrations.byRoute(sql, route),
        registrations: (page) => registrations.registrations(sql, page),
        unregister: (number, atMs) => registrations.unregister(sql, number, atMs),
        retire: (beforeMs, atMs, limit) => registrations.retire(sql, beforeMs, atMs, limit),
        wasRegistered: (number) => registrations.wasRegistered(sql, number),
        contact: (route, seen) => registrations.contact(sql, start, route, seen),
        endpoints: (route) => registrations.endpoints(sql, route),
        liveSince: (sinceMs) => registrations.liveSince(sql, sinceMs),
        credentials: (route, expected, change) => registrations.credentials(sql, route, expected, change),

        append: (message) => backlog.append(sql, start, message, most),
        backlog: (route, afterSequence, limit) => backlog.backlog(sql, route, afterSequence, limit),
        backlogSize: (route) => backlog.backlogSize(sql, route),
        sent: (route, sequence, atMs) => backlog.sent(sql, route, sequence, atMs),
        settle: (route, sequence, state, atMs, why, sentMs) =>
            backlog.settle(sql, route, sequence, { state, atMs, why, sentMs }),
        settleUpTo: (route, sequence, atMs) => backlog.settleUpTo(sql, route, sequence, atMs),
        publisherCame: (publisher) => publications.publisherCame(sql, publisher),
        publisherKnows: (publisher, untilMs) => publications.publisherKnows(sql, publisher, untilMs),
        overflowTold: (route, told) => overflowTold(sql, route, told),
        read: (route, sequence, atMs) => receipts.read(sql, route, sequence, atMs),
        receipt: (id, range) => receipts.receipt(sql, id, range),
        expire: (nowMs, limit) => backlog.expire(sql, nowMs, limit),
        forget: (beforeMs, limit) => forget(sql, beforeMs, limit),
        clockStepped: (step) => clockStepped(sql, step),

        putCode: (code) => codes.putCode(sql, code),
        codes: (number, sinceMs) => codes.codes(sql, number, sinceMs),
        redeem: (number, codeHash, chip, registration) =>
            codes.redeem(sql, start, number, codeHash, chip, registration),

        putToken: (token) => tokens.putToken(sql, token),
        tokenByHash: (hash) => tokens.tokenByHash(sql, hash),
        tokens: () => tokens.tokens(sql),
        deleteToken: (id) => tokens.deleteToken(sql, id),

        meta: (key) => meta.meta(sql, key),
        setMeta: (key, value) => meta.setMeta(sql, key, value),
        size: () => ({ octets: octetsOf(file) + octetsOf(file + "-wal"), freeOctets: freeOctets(file) }),
    };
}

function octetsOf(file: string): number {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function freeOctets(file: string): number | undefined {
    try {
        const { bavail, bsize } = statfsSync(file);
        return bavail * bsize;
    } catch {
        return undefined; // not every file system says
    }
}
