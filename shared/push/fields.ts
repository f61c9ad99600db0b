import type { Bytes } from "../bytes.ts";

/**
 * Flat JSON: one object of strings and whole numbers, compact, as octets of UTF-8. It is read here and not by each runtime's
 * own parser, because those differ where it hurts: Espruino's takes trailing garbage, cuts "\u20ac" to one octet and writes
 * octets as "\xff", and Lua's is not in every firmware.
 */
export interface Fields {
    [key: string]: string | number | undefined;
}

const ESCAPES = "bfnrt";
const MEANT = "\b\f\n\r\t";
const HEX = "0123456789abcdef";

/** A JSON string. Only what must be escaped is: quote, backslash and control characters. */
export function quote(text: Bytes): Bytes {
    let json = '"';
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code < 32) json += (code < 16 ? "\\u000" : "\\u001") + HEX.charAt(code % 16);
        else json += (code === 34 || code === 92 ? "\\" : "") + String.fromCharCode(code); // not charAt: Espruino with Unicode would encode it
    }
    return json + '"';
}

/**
 * Reads a flat object as `JSON.stringify` writes it: no space between tokens, and no "\u" but for control characters.
 * Undefined: it is something else.
 */
export function readFields(json: Bytes): Fields | undefined {
    const fields: Fields = {};
    let at = 0;
    let end = 0;
    let before = "{";
    while (json.charAt(at) === before) {
        before = ",";
        const colon = json.indexOf('":', at + 2);
        const key = json.slice(at + 2, colon);
        at = colon + 2;
        if (colon < 0) return undefined;
        if (json.charAt(at) === '"') {
            let text = "";
            for (;;) {
                at++;
                end = json.indexOf('"', at);
                const escape = json.slice(at, end).indexOf("\\");
                if (end < 0) return undefined;
                if (escape < 0) break;
                text += json.slice(at, at + escape);
                at += escape + 1;
                const char = json.charAt(at);
                const short = ESCAPES.indexOf(char);
                if (char === "u") {
                    const code = HEX.indexOf(json.charAt(at + 3)) * 16 + HEX.indexOf(json.charAt(at + 4));
                    text += String.fromCharCode(Math.max(0, code));
                    at += 4;
                } else {
                    text += short < 0 ? char : MEANT.charAt(short);
                }
            }
            fields[key] = text + json.slice(at, end);
            at = end + 1;
        } else {
            let value = 0;
            end = at;
            let digit = 0;
            while (digit >= 0 && digit < 10) {
                value = value * 10 + digit;
                digit = json.charCodeAt(at) - 48;
                at++;
            }
            at--;
            if (at === end) return undefined;
            fields[key] = value;
        }
    }
    return at === json.length - 1 && json.charAt(at) === "}" ? fields : undefined;
}
