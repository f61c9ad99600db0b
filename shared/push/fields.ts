import type { Bytes } from "../bytes.ts";

/**
 * Flat JSON: one object of strings, numbers, booleans and nulls, as octets of UTF-8. It is read here and not by each
 * runtime's own parser, because those differ where it hurts: Espruino's takes trailing garbage, cuts "\u20ac" to one
 * octet and writes octets as "\xff", and Lua's throws.
 */
export interface Fields {
    [key: string]: string | number | boolean | undefined;
}

const PLAIN = '"\\/bfnrt';
const MEANT = '"\\/\b\f\n\r\t';
const HEX = "0123456789abcdef";

/** Adds a pair to a JSON object that is being written: start with "", and append "}" at the end. Undefined adds nothing. */
export function addField(json: Bytes, key: string, value: string | number | undefined): Bytes {
    if (value === undefined) return json;
    let text = "" + value;
    if (typeof value === "string") {
        text = '"';
        for (let i = 0; i < value.length; i++) {
            const code = value.charCodeAt(i);
            const char = value.charAt(i);
            if (code === 34 || code === 92) text += "\\" + char;
            else if (code > 31) text += char;
            else text += "\\u00" + HEX.charAt((code - (code % 16)) / 16) + HEX.charAt(code % 16);
        }
        text += '"';
    }
    return json + (json === "" ? "{" : ",") + '"' + key + '":' + text;
}

/** A code point as octets of UTF-8. RFC 3629 §3. */
function encodeUtf8(point: number): Bytes {
    if (point < 0x80) return String.fromCharCode(point);
    const low = point % 64;
    const rest = (point - low) / 64;
    if (point < 0x800) return String.fromCharCode(0xc0 + rest, 0x80 + low);
    const middle = rest % 64;
    const high = (rest - middle) / 64;
    if (point < 0x10000) return String.fromCharCode(0xe0 + high, 0x80 + middle, 0x80 + low);
    return String.fromCharCode(0xf0 + Math.floor(high / 64), 0x80 + (high % 64), 0x80 + middle, 0x80 + low);
}

/** Four hexadecimal digits; anything else is not a number (-1). */
function readHex(json: Bytes, at: number): number {
    let value = 0;
    for (let i = at; i < at + 4; i++) {
        const digit = i < json.length ? HEX.indexOf(json.charAt(i).toLowerCase()) : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/** Where a scan stands: the reader's one moving part. */
interface Scan {
    json: Bytes;
    at: number;
}

/** The octet at the scan's place, spaces skipped; "" at the end. */
function peek(scan: Scan): string {
    while (scan.at < scan.json.length && scan.json.charCodeAt(scan.at) < 33) scan.at++;
    return scan.json.charAt(scan.at);
}

/** A string whose opening quote is at the scan's place. Undefined: it is broken. */
function readString(scan: Scan): Bytes | undefined {
    const json = scan.json;
    let text = "";
    let from = scan.at + 1;
    // straight to the next quote, looking for escapes in between only: most strings have none
    let quote = json.indexOf('"', from);
    let escape = json.indexOf("\\", from);
    while (quote >= 0) {
        if (escape < 0 || escape > quote) {
            scan.at = quote + 1;
            return text + json.slice(from, quote);
        }
        text += json.slice(from, escape);
        const kind = json.charAt(escape + 1);
        from = escape + 2;
        if (kind === "u") {
            let point = readHex(json, from);
            from += 4;
            if (point >= 0xd800 && point < 0xdc00 && json.slice(from, from + 2) === "\\u") {
                point = 0x10000 + (point - 0xd800) * 1024 + readHex(json, from + 2) - 0xdc00;
                from += 6;
            }
            if (point < 0) return undefined;
            text += encodeUtf8(point);
        } else {
            const index = kind === "" ? -1 : PLAIN.indexOf(kind);
            if (index < 0) return undefined;
            text += MEANT.charAt(index);
        }
        quote = json.indexOf('"', from);
        escape = json.indexOf("\\", from);
    }
    return undefined;
}

/** A whole number; a fraction is cut off. Undefined: there is none. */
function readNumber(scan: Scan): number | undefined {
    const negative = scan.json.charAt(scan.at) === "-";
    if (negative) scan.at++;
    const start = scan.at;
    let value = 0;
    let whole = true;
    while (scan.at < scan.json.length) {
        const digit = scan.json.charCodeAt(scan.at) - 48;
        if (digit === -2 && whole) whole = false;
        else if (digit < 0 || digit > 9) break;
        else if (whole) value = value * 10 + digit;
        scan.at++;
    }
    if (scan.at === start) return undefined;
    return negative ? -value : value;
}

/** Reads a flat JSON object. Undefined: it is not one, or something stands behind it. */
export function readFields(json: Bytes): Fields | undefined {
    const fields: Fields = {};
    const scan: Scan = { json: json, at: 0 };
    let expected = "{";
    while (peek(scan) === expected) {
        scan.at++;
        if (expected === "{" && peek(scan) === "}") break;
        const key = peek(scan) === '"' ? readString(scan) : undefined;
        if (key === undefined || peek(scan) !== ":") return undefined;
        scan.at++;
        const char = peek(scan);
        let value: string | number | undefined;
        const word = json.slice(scan.at, scan.at + 4);
        if (char === '"') value = readString(scan);
        else if (char !== "t" && char !== "f" && char !== "n") value = readNumber(scan);
        if (value !== undefined) fields[key] = value;
        else if (word === "true" || word === "null") scan.at += 4;
        else if (word === "fals") scan.at += 5;
        else return undefined;
        if (word === "true") fields[key] = true;
        if (word === "fals") fields[key] = false;
        expected = ",";
    }
    if (peek(scan) !== "}") return undefined;
    scan.at++;
    return peek(scan) === "" ? fields : undefined;
}
