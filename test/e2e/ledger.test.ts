import assert from "node:assert/strict";
import { test } from "node:test";
import type { Push } from "../../device/core/events.ts";
import { Ledger } from "./ledger.ts";

const NUMBER = "+34600111222";

function push(sequence: number, body: string): Push {
    const octets = Buffer.from(body, "utf8").toString("latin1");
    return {
        sequence,
        body: octets,
        title: undefined,
        urgency: undefined,
        from: undefined,
        collapseKey: undefined,
    };
}

/** Three attempted; "a" and "€" acknowledged with 1 and 2, "c" not. */
function books(): Ledger {
    const ledger = new Ledger();
    for (const body of ["a", "€", "c"]) ledger.attempted(NUMBER, body);
    ledger.acknowledged(NUMBER, "a", 1);
    ledger.acknowledged(NUMBER, "€", 2);
    return ledger;
}

const CASES: [what: string, shown: Push[], faults: string[]][] = [
    ["all that was acknowledged, in order", [push(1, "a"), push(2, "€")], []],
    ["and what was attempted only", [push(1, "a"), push(2, "€"), push(3, "c")], []],
    ["a message that was acknowledged is missing", [push(2, "€")], [`${NUMBER}: lost "a"`]],
    [
        "a message twice under one sequence",
        [push(1, "a"), push(2, "€"), push(2, "€")],
        [`${NUMBER}: shown twice "€" (2 and 2)`, `${NUMBER}: shown 2 after 2`],
    ],
    [
        "a message twice under two sequences",
        [push(1, "a"), push(2, "€"), push(3, "c"), push(4, "c")],
        [`${NUMBER}: shown twice "c" (3 and 4)`],
    ],
    ["out of order", [push(2, "€"), push(1, "a")], [`${NUMBER}: shown 1 after 2`]],
    [
        "under another sequence than accepted",
        [push(1, "a"), push(3, "€")],
        [`${NUMBER}: "€" was accepted as 2 and shown as 3`],
    ],
    ["what nobody sent", [push(1, "a"), push(2, "€"), push(3, "x")], [`${NUMBER}: nobody sent "x"`]],
    ["a body that was changed", [push(1, "a"), push(2, "¬")], [`${NUMBER}: lost "€"`, `${NUMBER}: nobody sent "¬"`]],
];

for (const [what, shown, faults] of CASES) {
    test(`the checker, shown ${what}`, () => assert.deepEqual(books().faults(NUMBER, { shown }), faults));
}

test("the checker: a message that was sent when another had been acknowledged comes after it", () => {
    const ledger = new Ledger();
    for (const body of ["a", "b"]) ledger.attempted(NUMBER, body);
    ledger.acknowledged(NUMBER, "b");
    ledger.attempted(NUMBER, "c");
    ledger.acknowledged(NUMBER, "a");
    ledger.acknowledged(NUMBER, "c");
    const shown = (bodies: string) => ({ shown: [...bodies].map((body, index) => push(index + 1, body)) });
    for (const right of ["abc", "bac", "bca"]) assert.deepEqual(ledger.faults(NUMBER, shown(right)), [], right);
    const fault = `${NUMBER}: shown before what was acknowledged before it was sent: "c"`;
    for (const wrong of ["acb", "cab", "cba"]) assert.deepEqual(ledger.faults(NUMBER, shown(wrong)), [fault], wrong);
});
