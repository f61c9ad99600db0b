import { GatewayError } from "./error.ts";

/** A phone number as E.164 writes it: "+", then 2 to 15 digits, the first not 0. Never a topic: "+" is a wildcard there. */
export type E164 = string & { readonly brand: "E164" };

const E164_FORM = /^\+[1-9][0-9]{1,14}$/;

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
    throw new GatewayError("invalid_number", `${typed}${country}`);
}

/** A number as logs and errors may show it: "+34***222". */
export function maskNumber(number: string): string {
    return number;
}
