import { isSupportedCountry, parseDigits, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { GatewayError } from "./error.ts";

/** A phone number as E.164 writes it: "+", then 2 to 15 digits, the first not 0. Never a topic: "+" is a wildcard there. */
export type E164 = string & { readonly brand: "E164" };

const E164_FORM = /^\+[1-9][0-9]{1,14}$/;
/** Digits of any script and what people put between them. NFKC has already made the full-width plus a "+". */
const TYPED_FORM = /^(?:tel:)?\+?[\p{Nd}\s\p{Pd}\u2212()[\]./]+$/iu;
const MAX_TYPED_CHARS = 64;
/** Below that many digits a mask would show most of them. */
const MIN_MASKED_DIGITS = 8;

/** Whether text is a number in its canonical form. */
export function isE164(text: string): text is E164 {
    return E164_FORM.test(text);
}

/**
 * Reads a number as people type it: "+34 600 111 222", "+49 (0)171 1234567", and with a country also "600 111 222" or "0034600111222".
 * A number need not be assigned to anybody: fictional ones are for tests and for homes.
 * @param country ISO 3166-1 code, "ES": what a number without "+" is read with
 * @throws GatewayError invalid_number
 */
export function parseE164(typed: string, country?: string): E164 {
    // \p{Cf}: the invisible marks that come along when a number is copied out of an address book.
    const text =
        typeof typed === "string"
            ? typed
                  .normalize("NFKC")
                  .replace(/\p{Cf}/gu, "")
                  .trim()
            : "";
    if (text === "") throw invalid("The number is missing: write it with + and the country code, as in +34600111222.");
    if (text.length > MAX_TYPED_CHARS || !TYPED_FORM.test(text)) {
        throw invalid(
            "This is not a phone number: write + and the country code, then digits, as in +34600111222. " +
                "Spaces, dashes, dots, slashes and parentheses may stand in between.",
        );
    }
    const plain = text.replace(/^tel:/i, "");
    return plain.startsWith("+") ? parseInternational(plain) : parseNational(plain, country);
}

/** A number as logs and errors may show it: "+34***222"; of a short one nothing. */
export function maskNumber(number: string): string {
    const digits = parseDigits(number);
    return digits.length < MIN_MASKED_DIGITS ? "***" : `+${digits.slice(0, 2)}***${digits.slice(-3)}`;
}

function parseInternational(text: string): E164 {
    const number = "+" + parseDigits(text);
    const known = parsePhoneNumberFromString(number);
    if (known !== undefined && isTrunkZeroLeftOut(number, known.number, known.countryCallingCode)) {
        return known.number as E164;
    }
    // A country code that nobody has: there "(0)" can only be the trunk zero.
    const canonical = known === undefined ? "+" + parseDigits(text.replace("(0)", "")) : number;
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

function parseNational(text: string, country: string | undefined): E164 {
    if (country === undefined || country === "") {
        throw invalid(
            "This number has no country code: write it with + and the country code, as in +34600111222, or give its country, as in --country ES.",
        );
    }
    const code = country.toUpperCase();
    if (!isSupportedCountry(code)) {
        throw invalid("This country is not known: give its two letters, as in --country ES.");
    }
    const known = parsePhoneNumberFromString(text, code);
    if (known !== undefined && known.isPossible() && isE164(known.number)) return known.number;
    throw invalid(
        `This is not a whole number of the country ${code}: write it as it is dialled there, or with + and the country code.`,
    );
}

function invalid(sentence: string): GatewayError {
    return new GatewayError("invalid_number", sentence);
}
