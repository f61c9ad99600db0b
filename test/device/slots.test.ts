import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, frame } from "../../device/slots.ts";

const hex = (octets: string): string => Buffer.from(octets, "latin1").toString("hex");

/** By hand, with integers of any size: 1 and the content's octets as the digits of a number of base 257, and its remainder by 65521. */
const CHECKSUMS: [sequence: number, text: string, framed: string][] = [
    [1, "", "00010211"],
    [1, "Wikipedia", "000157696b69706564696170a1"],
    [65535, '{"epoch":5}', "ffff7b2265706f6368223a357d9ad1"],
];

for (const [sequence, text, framed] of CHECKSUMS) {
    test(`slots: sequence, "${text}" and checksum`, () => assert.equal(hex(frame(sequence, text)), framed));
}

test("slots: nothing was written, or garbage: nothing is chosen", () => {
    const erased = "\xff".repeat(64);
    const zeros = "\0".repeat(64);
    for (const garbage of [undefined, "", "short", erased, zeros, "\0".repeat(8), "\xff".repeat(8), "x".repeat(300)]) {
        const nothing = { sequence: 0, text: "", slot: 1 }; // so that the first write is number 1, to the first slot
        assert.deepEqual(choose(garbage, undefined), nothing);
        assert.deepEqual(choose(undefined, garbage), nothing);
        assert.deepEqual(choose(garbage, garbage), nothing);
    }
});

test("slots: one is whole: that one, whichever it is", () => {
    const whole = frame(7, "text");
    assert.deepEqual(choose(whole, undefined), { sequence: 7, text: "text", slot: 0 });
    assert.deepEqual(choose("garbage!", whole), { sequence: 7, text: "text", slot: 1 });
});

const ORDER: [first: number, second: number, slot: number][] = [
    [1, 2, 1],
    [2, 1, 0],
    [65_535, 65_536, 1], // sequences go round
    [65_536, 65_535, 0],
    [65_535, 65_537, 1],
    [0, 32_767, 1],
    [32_768, 1, 0],
];
for (const [first, second, slot] of ORDER) {
    test(`slots: of sequences ${first} and ${second} the ${slot === 0 ? "first" : "second"} is newer`, () => {
        assert.equal(choose(frame(first, "a"), frame(second, "b"))?.slot, slot);
    });
}

test("slots: 1,200 writes in a row across the turn of the sequence, each the newest", () => {
    const slots: [string, string] = [frame(65_000, "65000"), ""];
    for (let sequence = 65_001; sequence < 66_200; sequence++) {
        const found = choose(...slots);
        slots[1 - found.slot] = frame(found.sequence + 1, String(sequence));
        assert.equal(choose(...slots)?.text, String(sequence));
    }
});

test("slots: torn after any octet, and any octet changed in any bit: the other slot counts", () => {
    const old = frame(1, "the state before");
    const whole = frame(2, "the state after \x00\x80\xff");
    for (let octets = 0; octets < whole.length; octets++) {
        assert.equal(choose(old, whole.slice(0, octets))?.text, "the state before");
        for (let bit = 1; bit < 256; bit *= 2) {
            const changed = String.fromCharCode(whole.charCodeAt(octets) ^ bit);
            const damaged = whole.slice(0, octets) + changed + whole.slice(octets + 1);
            assert.equal(choose(old, damaged)?.text, "the state before", `octet ${octets}, bit ${bit}`);
        }
    }
});

test("slots: what Storage leaves when power fails: a new file behind erased or old octets", () => {
    const old = frame(5, "old");
    const whole = frame(6, "new and longer");
    for (let octets = 0; octets < whole.length; octets++) {
        const erasedTail = whole.slice(0, octets) + "\xff".repeat(whole.length - octets);
        assert.equal(choose(old, erasedTail)?.text, "old");
        assert.equal(choose(old, whole + "\xff".repeat(octets + 1))?.text, "old");
    }
});

test("slots: text of every octet, of none, and of 65,535", () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet));
    for (const text of ["", all, "x".repeat(65_535)]) assert.equal(choose(frame(1, text), undefined)?.text, text);
});
