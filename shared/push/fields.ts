import type { Bytes } from "../bytes.ts";

/**
 * Flat JSON: one object of strings, numbers, booleans and nulls, as octets of UTF-8. It is read here and not by each
 * runtime's own parser, because those differ where it hurts: Espruino's takes trailing garbage, cuts "\u20ac" to one
 * octet, writes octets as "\xff", and Lua's throws.
 */
export interface Fields {
    [key: string]: string | number | boolean | undefined;
}
