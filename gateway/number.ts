import {
    type CountryCode,
    isSupportedCountry,
    parsePhoneNumberFromString,
    type PhoneNumber,
} from "libphonenumber-js/min";
import { GatewayError } from "./error.ts";

/** A phone number as E.164 writes it: "+", then 2 to 15 digits, the first not 0. Never a topic: "+" is a wildcard there. */
export type E164 = string & { readonly brand: "E164" };

const E164_FORM = /^\+[1-9][0-9]{1,14}$/;
/** Digits and what people put between them. */
const TYPED_FORM = /^(?:tel:)?[\s([]*\+?[0-9\s\p{Pd}\u2212()[\]./]+$/iu;
/** "+", or what is dialled for it in most countries. */
const INTERNATIONAL = /^[\s([]*(?:\+|00)/;
const MAX_TYPED_CHARS = 64;

/** Whether text is a number in its canonical form. */
export function isE164(text: string): text is E164 {
    return E164_FORM.test(text);
}

/**
 * Reads a number as people type it: "+34 600 111 222", "00 34 600 111 222", "+49 (0)171 1234567", and with a country also "600 111 222".
 * As many digits come out as went in, less the prefixes that are dialled before a number.
 * A number need not be assigned to anybody: fictional ones are for tests and for homes.
 * @param country ISO 3166-1 code, "ES": what a number without "+" is read with
 * @throws GatewayError invalid_number
 */
export function parseE164(typed: string, country?: string): E164 {
    const text = typeof typed === "string" ? withAsciiDigits(typed) : "";
    if (text === "") throw invalid("The number is missing: write it with + and the country code, as in +34600111222.");
    if (text.length > MAX_TYPED_CHARS || !TYPED_FORM.test(text)) {
        throw invalid(
            "This is not a phone number: write + and the country code, then digits, as in +34600111222. " +
                "Spaces, dashes, dots, slashes and parentheses may stand in between.",
        );
    }
    const plain = text.replace(/^tel:/i, "");
    if (!plain.includes("+") && country !== undefined && country !== "") return parseNational(plain, country);
    const international = INTERNATIONAL.exec(plain)?.[0];
    if (international === undefined) {
        throw invalid(
            "This number has no country code: write it with + and the country code, as in +34600111222, or give its country, as in --country ES.",
        );
    }
    return parseInternational("+" + plain.slice(international.length));
}

/**
 * Without the invisible marks (Cf) that come along when a number is copied out of an address book, full-width signs as narrow ones, and the
 * digits of every script as ASCII's. What only looks like a digit, as the ² of a footnote does, stays what it is.
 */
function withAsciiDigits(typed: string): string {
    return typed
        .replace(/\p{Cf}/gu, "")
        .replace(/\P{N}+/gu, (signs) => signs.normalize("NFKC"))
        .replace(/\p{Nd}/gu, digitValue)
        .trim();
}

/** Unicode's decimal digits come in tens, each beginning with its zero; some tens follow one another. */
function digitValue(digit: string): string {
    const code = digit.codePointAt(0)!;
    let before = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
    return String(before % 10);
}

function parseInternational(text: string): E164 {
    const number = text.replace(/[^0-9+]/g, "");
    const known = read(number);
    refuseTail(text, known?.isValid() === true);
    if (
        known !== undefined &&
        (known.isValid() || isTrunkZeroLeftOut(number, known.number, known.countryCallingCode))
    ) {
        return known.number as E164;
    }
    // A country code that nobody has: "(0)" behind it can only be the trunk zero.
    const canonical =
        known === undefined ? text.replace(/^(\+[0-9]{1,3}\s*)\(0\)/, "$1").replace(/[^0-9+]/g, "") : number;
    if (isE164(canonical)) return canonical;
    throw invalid(
        "This number cannot be: after the + stand 2 to 15 digits, and the first, where the country code begins, is not 0.",
    );
}

/** "+49 0171…" and "+49 (0)171…" are written "+49171…": the 0 is dialled within the country only. In Italy it stays. */
function isTrunkZeroLeftOut(typed: string, canonical: string, callingCode: string): boolean {
    const prefix = "+" + callingCode;
    return typed === prefix + "0" + canonical.slice(prefix.length) && isE164(canonical);
}

function parseNational(text: string, country: string): E164 {
    const code = country.toUpperCase();
    if (!isSupportedCountry(code)) {
        throw invalid("This country is not known: give its two letters, as in --country ES.");
    }
    const known = read(text, code);
    refuseTail(text, known?.isValid() === true, code);
    if (known !== undefined && known.isPossible() && isE164(known.number)) return known.number;
    throw invalid(
        `This is not a whole number of the country ${code}: write it as it is dialled there, or with + and the country code.`,
    );
}

/**
 * Refuses a number with something behind it: an extension, "/68" for another ending, a spreadsheet's ".0". Then what stands before the sign is
 * a whole number already, and all together is none. With a slash or a parenthesis all together may be one, too: German numbers have any length.
 */
function refuseTail(text: string, valid: boolean, country?: CountryCode): void {
    for (const { 0: signs, index } of text.matchAll(/[^0-9+]+(?=[0-9])/g)) {
        if (valid && !/[/([]/.test(signs)) continue;
        const before = text.slice(0, index);
        if (read(before, country)?.isValid() !== true) continue;
        throw invalid("Something stands behind this number, an extension or another ending: write the number alone.");
    }
}

/** What libphonenumber makes of the digits alone: it would skip digits of scripts that it does not know. */
function read(text: string, country?: CountryCode): PhoneNumber | undefined {
    return parsePhoneNumberFromString(text.replace(/[^0-9+]/g, ""), country);
}

function invalid(sentence: string): GatewayError {
    return new GatewayError("invalid_number", sentence);
}
