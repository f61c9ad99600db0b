import type { Calls } from "./calls.ts";
import { toFailure } from "./failures.ts";
import type { Call, Outcome } from "./protocol.ts";
import type { Sql } from "./sql.ts";

/**
 * Runs the calls that have arrived, in order, and answers them after one commit. A call that fails is undone alone. When the transaction
 * cannot begin or commit, all writes fail, and the reads run again without it.
 * Reads before the first write are answered at once: they need not wait for the disk.
 * @param answer gets each call's outcome once
 */
export function runGroup(sql: Sql, calls: Calls, arrived: Call[], answer: (outcomes: Outcome[]) => void): void {
    calls.places.begin();
    const firstWrite = arrived.findIndex((call) => calls.byName.get(call.name)?.kind === "write");
    const reads = firstWrite < 0 ? arrived : arrived.slice(0, firstWrite);
    if (reads.length > 0) answer(runReads(sql, calls, reads));
    const rest = arrived.slice(reads.length);
    if (rest.length > 0) answer(runTransaction(sql, calls, rest));
}

/** In one transaction, so that SQLite takes its locks and looks at its log once: for each read that would be more than the read itself. */
function runReads(sql: Sql, calls: Calls, reads: Call[]): Outcome[] {
    if (reads.length > 1) sql.exec("BEGIN");
    const outcomes = reads.map((call) => run(calls, call));
    if (sql.inTransaction) sql.exec("COMMIT");
    return outcomes;
}

/** @param apart runs each call in a savepoint, at the cost of two more statements: after one has failed */
function runTransaction(sql: Sql, calls: Calls, group: Call[], apart = false): Outcome[] {
    let calling = false;
    try {
        sql.exec("BEGIN IMMEDIATE");
        calling = true;
        const outcomes = group.map((call) =>
            apart ? runAlone(sql, calls, call) : { id: call.id, value: invoke(calls, call) },
        );
        calling = false;
        calls.places.writeSome();
        sql.exec("COMMIT");
        return outcomes;
    } catch (error) {
        const ofOneCall = calling && !apart && sql.inTransaction;
        rollBack(sql);
        calls.places.undo();
        if (ofOneCall) return runTransaction(sql, calls, group, true);
        const failure = toFailure(error);
        return group.map((call) =>
            calls.byName.get(call.name)?.kind === "read" ? run(calls, call) : { id: call.id, failure },
        );
    }
}

/**
 * Runs a call in a savepoint of the group's transaction.
 * @throws an error that ended the whole transaction: SQLite rolls back on a full or failing disk
 */
function runAlone(sql: Sql, calls: Calls, call: Call): Outcome {
    const { done } = calls.places;
    sql.exec("SAVEPOINT one");
    try {
        const value = invoke(calls, call);
        sql.exec("RELEASE one");
        return { id: call.id, value };
    } catch (error) {
        if (!sql.inTransaction) throw error;
        sql.exec("ROLLBACK TO one; RELEASE one");
        calls.places.undo(done);
        return { id: call.id, failure: toFailure(error) };
    }
}

function run(calls: Calls, call: Call): Outcome {
    try {
        return { id: call.id, value: invoke(calls, call) };
    } catch (error) {
        return { id: call.id, failure: toFailure(error) };
    }
}

function invoke(calls: Calls, { name, args }: Call): unknown {
    const call = calls.byName.get(name);
    if (call === undefined) throw new TypeError(`the store has no call "${name}"`);
    return call.run(...args);
}

function rollBack(sql: Sql): void {
    try {
        if (sql.inTransaction) sql.exec("ROLLBACK");
    } catch {
        // the failure that led here is the one to report
    }
}
