import { encodeString, encodeUint16, readUint16 } from "../../shared/bytes.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { quote, readFields } from "../../shared/push/fields.ts";
import { addPiece, joinPieces, nextPacket, readPublish } from "../../shared/wire/decode.ts";
import type { Decoder } from "../../shared/wire/decode.ts";
import {
    encodeConnect,
    encodePingreq,
    encodePuback,
    encodePublish,
    encodeSubscribe,
} from "../../shared/wire/encode.ts";
import { First } from "../../shared/wire/packets.ts";
import { encodeRemainingLength } from "../../shared/wire/remaining-length.ts";

/**
 * Answers one vector, on whatever runtime this is compiled for. A question is words with one space between; octets are hexadecimal,
 * "-" is none of them, and `78*1000` is a thousand of the same.
 */
type Write = (this: void, answer: string) => void;

const HEX = "0123456789abcdef";

export function toNumber(text: string): number {
    let value = 0;
    for (let i = 0; i < text.length; i++) value = value * 10 + text.charCodeAt(i) - 48;
    return value;
}

export function toHex(data: Bytes): string {
    let hex = "";
    for (let i = 0; i < data.length; i++) {
        const code = data.charCodeAt(i);
        hex += HEX.charAt(Math.floor(code / 16)) + HEX.charAt(code % 16);
    }
    return hex;
}

/** What one word means. */
export function fromHex(word: string): Bytes {
    const star = word.indexOf("*");
    const hex = star < 0 ? word : word.slice(0, star);
    const times = star < 0 ? 1 : toNumber(word.slice(star + 1));
    let data = "";
    for (let i = 0; i + 1 < hex.length; i += 2) {
        data += String.fromCharCode(HEX.indexOf(hex.charAt(i)) * 16 + HEX.indexOf(hex.charAt(i + 1)));
    }
    let all = "";
    for (let rest = times; rest > 0; rest = (rest - (rest % 2)) / 2) {
        if (rest % 2 === 1) all += data;
        data += data;
    }
    return all;
}

function wordsOf(line: string): string[] {
    const words: string[] = [];
    let from = 0;
    for (;;) {
        const end = line.indexOf(" ", from);
        if (end < 0) break;
        words.push(line.slice(from, end));
        from = end + 1;
    }
    words.push(line.slice(from));
    return words;
}

/** A filler stands as its number of octets: a long line costs a small board its memory. */
function describePayload(payload: Bytes): string {
    if (payload.length < 200) return payload === "" ? "-" : toHex(payload);
    let last = payload.length;
    while (last > 0 && payload.charCodeAt(last - 1) === 120) last--;
    return toHex(payload.slice(0, last)) + "+" + (payload.length - last);
}

/** Takes what follows a header. */
function takeRest(decoder: Decoder): Bytes {
    let rest = "";
    while (decoder.skip > 0) {
        const piece = decoder.pieces[0]!;
        const end = Math.min(decoder.at + decoder.skip, piece.length);
        rest += piece.slice(decoder.at, end);
        decoder.skip -= end - decoder.at;
        decoder.at = end;
        if (decoder.skip > 0) joinPieces(decoder);
    }
    return rest;
}

function describe(decoder: Decoder, type: First): string {
    if (type === First.garbled) return "garbled";
    const mark = decoder.oversize ? " oversize" : "";
    const first = toHex(String.fromCharCode(type));
    if (type < First.publish || type >= First.puback)
        return first + mark + " " + (decoder.skip === 0 ? "-" : toHex(takeRest(decoder)));
    const publish = readPublish(decoder, type);
    if (publish === undefined) return first + mark + " malformed";
    const topic = publish.topic === "" ? "-" : toHex(publish.topic);
    const payload = decoder.oversize ? "" : " " + describePayload(takeRest(decoder));
    return first + mark + " #" + publish.packetId + " " + topic + payload;
}

/** `decode <limit> <octets in a piece, 0: all at once> <octets>…` */
function decode(words: string[], write: Write): void {
    const decoder: Decoder = { limit: toNumber(words[1]!), pieces: [], at: 0, skip: 0, oversize: false };
    const pieceOctets = toNumber(words[2]!);
    let garbled = false;
    function take(data: Bytes): void {
        if (data !== "") addPiece(decoder, data);
        while (!garbled) {
            const first = nextPacket(decoder);
            if (first === undefined) return;
            garbled = first === First.garbled;
            write(describe(decoder, first));
        }
    }
    let all = "";
    for (let i = 3; i < words.length; i++) {
        const data = fromHex(words[i]!);
        if (pieceOctets === 0) all += data;
        else for (let at = 0; at < data.length; at += pieceOctets) take(data.slice(at, at + pieceOctets));
    }
    if (pieceOctets === 0) take(all);
    if (decoder.skip > 0 && !garbled) write("skip " + decoder.skip);
    decoder.skip = 0;
    for (const piece of decoder.pieces) decoder.skip += piece.length;
    decoder.skip -= decoder.at;
    if (decoder.skip > 0 && !garbled) write("left " + toHex(takeRest(decoder)));
}

/** `fields <octets> <key>…`: null, or the values, each a number or "=" and octets; "?" there is none of that key */
function read(words: string[], write: Write): void {
    const fields = readFields(fromHex(words[1]!));
    if (fields === undefined) {
        write("null");
        return;
    }
    let line = "fields";
    for (let i = 2; i < words.length; i++) {
        const key = fromHex(words[i]!);
        const value = fields[key];
        if (typeof value === "number") line += " " + value;
        else if (typeof value === "string") line += " =" + toHex(value);
        else line += " ?";
    }
    write(line);
}

function encode(words: string[]): Bytes {
    const kind = words[0]!;
    const octets = (index: number): Bytes => fromHex(words[index]!);
    const number = (index: number): number => toNumber(words[index]!);
    if (kind === "length") return encodeRemainingLength(number(1));
    if (kind === "integer") return encodeUint16(number(1));
    if (kind === "text") return encodeString(octets(1));
    if (kind === "quote") return quote(octets(1));
    if (kind === "connect") return encodeConnect(octets(1), octets(2), octets(3), number(4));
    if (kind === "subscribe") return encodeSubscribe(number(1), octets(2));
    if (kind === "publish") return encodePublish(number(1), octets(2), octets(3));
    if (kind === "puback") return encodePuback(number(1));
    return encodePingreq();
}

/** @param write is given one answer or several */
export function playVector(line: string, write: Write): void {
    const words = wordsOf(line);
    const kind = words[0]!;
    if (kind === "decode") decode(words, write);
    else if (kind === "fields") read(words, write);
    else if (kind === "read") write("" + readUint16(fromHex(words[1]!), 0));
    else write(describePayload(encode(words)));
}

/** The same, bound to one place to write to: what a runtime's program is made of. */
export function createPlayer(write: Write): (this: void, line: string) => void {
    return (line: string) => playVector(line, write);
}
