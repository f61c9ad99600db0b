import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../gateway/error.ts";
import { isE164, maskNumber, parseE164 } from "../../gateway/number.ts";

// Typed form, country, canonical form. National plans as the ITU-T national numbering documents give them.
const ACCEPTED: [typed: string, country: string | undefined, number: string][] = [
    ["+34600111222", undefined, "+34600111222"],
    ["+34 600 111 222", undefined, "+34600111222"],
    ["  +34 600-111-222 ", undefined, "+34600111222"],
    ["+34 (600) 111/222", undefined, "+34600111222"],
    ["+34.600.111.222", undefined, "+34600111222"],
    ["+34\u00a0600\u2011111\u2013222", undefined, "+34600111222"],
    ["\u202a+34 600 111 222\u202c", undefined, "+34600111222"],
    ["\uff0b\uff13\uff14 600 111 222", undefined, "+34600111222"],
    ["+\u0663\u0664 \u0666\u0660\u0660 111 222", undefined, "+34600111222"],
    ["tel:+34-600-111-222", undefined, "+34600111222"],
    ["+34 600 111 222", "DE", "+34600111222"],
    // the trunk zero: left out abroad, kept in Italy
    ["+49 (0)171 1234567", undefined, "+491711234567"],
    ["+49 0171 1234567", undefined, "+491711234567"],
    ["+44 (0)20 7946 0958", undefined, "+442079460958"],
    ["+39 (0)6 1234 5678", undefined, "+390612345678"],
    ["+39 06 1234 5678", undefined, "+390612345678"],
    // nobody's numbers, the shortest and the longest
    ["+12", undefined, "+12"],
    ["+999 123", undefined, "+999123"],
    ["+999 (0)123", undefined, "+999123"],
    ["+123456789012345", undefined, "+123456789012345"],
    ["+1 555 0100", undefined, "+15550100"],
    ["+34 000 000 000", undefined, "+34000000000"],
    // with a country
    ["600 111 222", "ES", "+34600111222"],
    ["600 111 222", "es", "+34600111222"],
    ["0034600111222", "ES", "+34600111222"],
    ["011 34 600 111 222", "US", "+34600111222"],
    ["0171/1234567", "DE", "+491711234567"],
    ["06 12 34 56 78", "FR", "+33612345678"],
    ["(555) 010-0000", "US", "+15550100000"],
];

for (const [typed, country, number] of ACCEPTED) {
    test(`number: ${JSON.stringify(typed)} ${country ?? ""} is ${number}`, () => {
        assert.equal(parseE164(typed, country), number);
        assert.equal(parseE164(number), number, "reading the canonical form again changes nothing");
        assert.equal(isE164(number), true);
    });
}

const REFUSED: [typed: string, country: string | undefined, sentence: RegExp][] = [
    ["", undefined, /missing/],
    ["   ", "ES", /missing/],
    ["600 111 222", undefined, /\+ and the country code.*--country/],
    ["600 111 222", "", /--country/],
    ["0034600111222", undefined, /--country/],
    ["600 111 222", "XX", /two letters/],
    ["600 111 222", "__proto__", /two letters/],
    ["12345", "ES", /whole number of the country ES/],
    ["+1", undefined, /2 to 15 digits/],
    ["+", undefined, /not a phone number/],
    ["+ ", undefined, /not a phone number/],
    ["+0171 1234567", undefined, /not 0/],
    ["+1234567890123456", undefined, /2 to 15 digits/],
    ["++34600111222", undefined, /not a phone number/],
    ["+34+600111222", undefined, /not a phone number/],
    ["+34600111222 ext. 5", undefined, /not a phone number/],
    ["+34600111222#", undefined, /not a phone number/],
    ["mum", undefined, /not a phone number/],
    ["+34\u0000600111222", undefined, /not a phone number/],
    ["+" + "1".repeat(100), undefined, /not a phone number/],
];

for (const [typed, country, sentence] of REFUSED) {
    test(`number: ${JSON.stringify(typed).slice(0, 40)} ${country ?? ""} is refused with a sentence`, () => {
        assert.throws(
            () => parseE164(typed, country),
            (error) => error instanceof GatewayError && error.code === "invalid_number" && sentence.test(error.message),
        );
    });
}

test("number: a value that is not a string is refused like any other bad number", () => {
    for (const value of [undefined, null, 34600111222, {}, []]) {
        assert.throws(() => parseE164(value as string), { code: "invalid_number" });
    }
});

test("number: a refusal shows nothing of the number", () => {
    for (const typed of ["612 345 678", "+0612345678", "612345678 x"]) {
        assert.throws(
            () => parseE164(typed),
            (error: Error) => !/6\s?1\s?2\s?3/.test(error.message),
        );
    }
});

const MASKS: [number: string, mask: string][] = [
    ["+34600111222", "+34***222"],
    ["+34 600-111 (222)", "+34***222"],
    ["+12025550123", "+12***123"],
    ["+12345678", "+12***678"],
    ["+1234567", "***"],
    ["+12", "***"],
    ["", "***"],
];

for (const [number, mask] of MASKS) {
    test(`number: ${JSON.stringify(number)} is masked as ${mask}`, () => assert.equal(maskNumber(number), mask));
}
