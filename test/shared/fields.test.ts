import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fields } from "../../shared/push/fields.ts";
import { quote, readFields } from "../../shared/push/fields.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";
import type { Seeded } from "../support/seeded.ts";

const OBJECTS = 5000;

function octetsOf(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

/** Any text that JSON can hold; surrogates only in pairs, for half a pair has no UTF-8. */
function randomText(random: Seeded): string {
    const points = Array.from({ length: random.below(20) }, () => {
        const span = random.pick([0x20, 0x80, 0x800, 0xd800, 0x110000]);
        const point = random.below(span);
        return point >= 0xd800 && point < 0xe000 ? 0x20ac : point;
    });
    return String.fromCodePoint(...points) + random.pick(["", '"', "\\", '\\"', ",", "}", '":'] as const);
}

function randomObject(random: Seeded): Record<string, string | number> {
    const object: Record<string, string | number> = {};
    const keys = 1 + random.below(6);
    for (let i = 0; i < keys; i++) {
        const value = random.percent(40) ? random.below(2 ** 31) : randomText(random);
        object[random.pick(["n", "b", "t", "u", "f", "k", "x", "route", "secret", "epoch"])] = value;
    }
    return object;
}

test("any flat object that JSON.stringify writes is read back, octet for octet", () => {
    const random = seeded(chooseSeed());
    for (let i = 0; i < OBJECTS; i++) {
        const object = randomObject(random);
        const json = JSON.stringify(object);
        const expected: Fields = {};
        for (const [key, value] of Object.entries(object)) {
            expected[key] = typeof value === "string" ? octetsOf(value) : value;
        }
        assert.deepEqual(readFields(octetsOf(json)), expected, `TOQUE_SEED=${random.seed}: ${json}`);
    }
});

test("any text that a device quotes is read back by JSON.parse, and by the device", () => {
    const random = seeded(chooseSeed());
    for (let i = 0; i < OBJECTS; i++) {
        const text = randomText(random);
        const json = `{"b":${quote(octetsOf(text))}}`;
        const why = `TOQUE_SEED=${random.seed}: ${json}`;
        assert.deepEqual(JSON.parse(Buffer.from(json, "latin1").toString("utf8")), { b: text }, why);
        assert.deepEqual(readFields(json), { b: octetsOf(text) }, why);
    }
});

test("any octets at all end in fields or in nothing, and soon", () => {
    const random = seeded(chooseSeed());
    const alphabet = '{}":,\\ub0n19x\u0000\u00ff';
    for (let i = 0; i < OBJECTS * 4; i++) {
        let json = "{";
        for (let rest = random.below(40); rest > 0; rest--) json += alphabet.charAt(random.below(alphabet.length));
        const fields = readFields(json);
        if (fields === undefined) continue;
        for (const value of Object.values(fields)) assert.match(typeof value, /^(string|number)$/);
    }
});

test("every beginning of an object is nothing", () => {
    const whole = octetsOf('{"n":12,"b":"Café \\"€5\\" \\u000a 😀","x":1767225600}');
    assert.notEqual(readFields(whole), undefined);
    for (let length = 0; length < whole.length; length++) {
        assert.equal(readFields(whole.slice(0, length)), undefined, whole.slice(0, length));
    }
});
