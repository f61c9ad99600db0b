import type { Bytes } from "../bytes.ts";
import { HEAD_OCTETS, joinPieces } from "../wire/decode.ts";
import type { Octets } from "../wire/decode.ts";

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

/** Octets of "\u001f" behind its backslash. */
const ESCAPE_OCTETS = 5;

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
 * Takes a flat object as `JSON.stringify` writes it, with no space between tokens and no "\u" but for control characters: the `skip` octets
 * of a packet, which are all there. A text is put together while the octets it came in are let go, so that there is one of it. Keys are short.
 * @param fields what was read, even when it is no such object as a whole: false
 */
export function takeFields(octets: Octets, fields: Fields): boolean {
    const pieces = octets.pieces;
    let piece = pieces[0]!;
    let at = octets.at;
    let end = at + octets.skip;
    let before = "{";
    let key = "";
    let text: Bytes | undefined;
    let stop = 0;
    let value = 0;
    let good = false;
    for (;;) {
        // a key, a number or an escape is in one piece
        if (at + HEAD_OCTETS > piece.length && piece.length < end) {
            octets.at = at;
            joinPieces(octets);
            piece = pieces[0]!;
            end -= at;
            at = 0;
        }
        if (text !== undefined) {
            const quote = piece.indexOf('"', at);
            const escape = piece.indexOf("\\", at);
            stop = quote < 0 ? piece.length : quote;
            if (escape >= 0 && escape < stop) stop = escape;
            if (stop >= end) break;
            text += piece.slice(at, stop);
            at = stop + 1;
            if (stop === quote) {
                fields[key] = text;
                text = undefined;
            } else if (stop === escape) {
                if (at + ESCAPE_OCTETS > piece.length && piece.length < end) {
                    at = escape; // again, with the next piece
                } else {
                    const char = piece.charAt(at);
                    const short = ESCAPES.indexOf(char);
                    at++;
                    if (char === "u") {
                        value = HEX.indexOf(piece.charAt(at + 2)) * 16 + HEX.indexOf(piece.charAt(at + 3));
                        text += String.fromCharCode(Math.max(0, value));
                        at += 4;
                    } else {
                        text += short < 0 ? char : MEANT.charAt(short);
                    }
                }
            } else {
                at = stop;
            }
        } else if (piece.charAt(at) !== before) {
            good = at === end - 1 && piece.charAt(at) === "}";
            break;
        } else {
            before = ",";
            stop = piece.indexOf('":', at + 2);
            if (stop < 0) break;
            key = piece.slice(at + 2, stop);
            at = stop + 2;
            if (piece.charAt(at) === '"') {
                at++;
                text = "";
            } else {
                stop = at;
                value = 0;
                for (let digit = 0; digit >= 0 && digit < 10; at++) {
                    value = value * 10 + digit;
                    digit = piece.charCodeAt(at) - 48;
                }
                at--;
                if (at === stop || at >= end) break;
                fields[key] = value;
            }
        }
    }
    if (good || at > end) at = end;
    octets.at = at;
    octets.skip = end - at;
    return good;
}

/** The same of a text. Undefined: it is something else. */
export function readFields(json: Bytes): Fields | undefined {
    const fields: Fields = {};
    return takeFields({ pieces: [json], at: 0, skip: json.length }, fields) ? fields : undefined;
}
