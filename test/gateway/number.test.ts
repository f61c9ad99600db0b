import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../gateway/error.ts";
import { isE164, parseE164 } from "../../gateway/number.ts";
import { chooseSeed, seeded } from "../support/seeded.ts";

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
    ["+91 98765 4321\u0966", undefined, "+919876543210"],
    ["+\u0e56\u0e56 81 234 5678", undefined, "+66812345678"],
    ["\u{1d7f2}\u{1d7ec}\u{1d7ec} 111 222", "ES", "+34600111222"],
    ["tel:+34-600-111-222", undefined, "+34600111222"],
    // as it is dialled from most of the world, and as address books write it
    ["00 34 600 111 222", undefined, "+34600111222"],
    ["(+44) 7911 123456", undefined, "+447911123456"],
    ["+34 600 111 222", "DE", "+34600111222"],
    ["+49.30.123.456.78", undefined, "+493012345678"],
    ["+49 30/1234567", undefined, "+49301234567"],
    ["+43 316 877-0", undefined, "+433168770"],
    // a national prefix is left out abroad; in Italy the 0 belongs to the number
    ["+49 (0)171 1234567", undefined, "+491711234567"],
    ["+49 0171 1234567", undefined, "+491711234567"],
    ["+44 (0)20 7946 0958", undefined, "+442079460958"],
    ["+36 06 30 123 4567", undefined, "+36301234567"],
    ["+54 11 15-2345-6789", undefined, "+5491123456789"],
    ["+7 8 912 345 67 89", undefined, "+79123456789"],
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
    ["0171 1234567", undefined, /--country/],
    ["0034600111222", "US", /whole number of the country US/],
    ["00 0 34 600", undefined, /not 0/],
    ["+49 30 1234567/68", undefined, /Something stands behind/],
    ["030 1234567/68", "DE", /Something stands behind/],
    ["+34600111222.0", undefined, /Something stands behind/],
    ["+34600111222 / 600111223", undefined, /Something stands behind/],
    ["+1 650 253 0000 (136)", undefined, /Something stands behind/],
    ["+1 650 253 0000 136", undefined, /Something stands behind/],
    ["+34 600 111 222\u00b2", undefined, /not a phone number/],
    ["+34 600 111 22\u4e8c", undefined, /not a phone number/],
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

/** Every decimal digit of Unicode, in order: they come in tens that begin with a zero. */
const DIGITS = Array.from({ length: 0x20000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
    .filter((char) => /\p{Nd}/u.test(char));

test("number: as many digits come out as went in, in any script; or it is refused", (t) => {
    const random = seeded(chooseSeed());
    t.diagnostic(`TOQUE_SEED=${random.seed}`);
    const signs = [
        "",
        "",
        "",
        " ",
        "-",
        ".",
        "/",
        "(",
        ")",
        "\u00a0",
        "\u2212",
        "\uff0f",
        "\u00ad",
        "\u202c",
        "\u00b2",
        "\u2460",
    ];
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
        const codes = Array.from({ length: 1 + random.below(15) }, () => random.below(DIGITS.length));
        codes[0]! += codes[0]! % 10 === 0 ? 1 : 0; // "(0)" behind the country code is a prefix
        const prefix = random.pick(["+999", "+999", "00888", "+34", "+54", ""]); // nobody's numbers have no national prefix
        const typed = prefix + codes.map((code) => random.pick(signs) + DIGITS[code]!).join("");
        const digits = prefix.replace(/^00|\+/, "") + codes.map((code) => code % 10).join("");
        let number: string;
        try {
            number = parseE164(typed, prefix === "" ? "ES" : undefined);
        } catch (error) {
            assert.ok(error instanceof GatewayError && error.code === "invalid_number", `${typed}: ${String(error)}`);
            continue;
        }
        read += 1;
        if (/^(\+999|00888|\+34)/.test(prefix)) assert.equal(number, `+${digits}`, typed);
        else if (prefix === "")
            assert.equal(number.replace(/^\+34/, ""), digits.replace(/^(00)?34(?=.{9})/, ""), typed);
        else assert.ok(number.length - 1 <= digits.length, typed);
    }
    assert.ok(read > 1_000, `${read} were read`);
});
