import { encodeUint16, readUint16 } from "../../shared/bytes.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { encodePacket } from "../../shared/wire/encode.ts";
import type { Input, Output, Push } from "../../device/core/events.ts";
import { createSession } from "../../device/core/session.ts";
import type { Session } from "../../device/core/session.ts";
import { step, wakeAfterMs } from "../../device/core/step.ts";
import { encodeMessage, encodeRead } from "../../device/say.ts";
import { fromHex, toHex, toNumber } from "../runtimes/vector-player.ts";

type Write = (this: void, line: string) => void;

/**
 * Plays a golden script (see STYLE.md) against the core, on whatever runtime this is compiled for, and gives the script back with
 * the outputs that came. Inputs stand flush left as `t=<ms> <input> …`, outputs are indented; what a timer brought stands as
 * `  [<ms>] output`. `device <key> <value>` lines come first; `handler throws <times>` and `handler postpones <times>` change what the
 * application does.
 */
interface Play {
    write: Write;
    session: Session;
    nowMs: number;
    throws: number;
    postpones: number;
    /** what the board's random number is, where the span allows it */
    dice: { shows: number };
    inputs: Input[];
    /** messages to other numbers so far */
    sent: number;
}

/** What the `device` lines set. */
type Given = Record<string, string | undefined>;

/** The registration's pairs that only the board knows. */
const ABOUT = '"r":"test","v":"0"';

/** Cuts a line at its first space. */
function cut(line: string): string[] {
    const at = line.indexOf(" ");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** A packet that the device wrote, in words. */
function describe(first: number, rest: Bytes): string {
    if (first === 0x10) {
        const idEnd = 12 + readUint16(rest, 10);
        return "CONNECT " + rest.slice(12, idEnd) + " keepalive " + readUint16(rest, 8);
    }
    if (first === 0x82) return "SUBSCRIBE #" + readUint16(rest, 0) + " " + rest.slice(4, rest.length - 1);
    if (first === 0x40) return "PUBACK #" + readUint16(rest, 0);
    if (first === 0xc0) return "PINGREQ";
    if (first === 0x32) {
        const end = 2 + readUint16(rest, 0);
        return "PUBLISH #" + readUint16(rest, end) + " " + rest.slice(2, end) + " " + rest.slice(end + 2);
    }
    return toHex(String.fromCharCode(first) + rest);
}

function describeAll(play: Play, data: Bytes, mark: string): void {
    let before = mark + "send ";
    let at = 0;
    while (at < data.length) {
        const low = data.charCodeAt(at + 1);
        const restAt = low > 127 ? at + 3 : at + 2; // what a device writes has two octets of length at most
        const end = restAt + (low > 127 ? low - 128 + data.charCodeAt(at + 2) * 128 : low);
        play.write(before + describe(data.charCodeAt(at), data.slice(restAt, end)));
        before = mark + "     ";
        at = end;
    }
}

function describePush(push: Push): string {
    let text = push.sequence + " " + push.body;
    if (push.title !== undefined) text += " title=" + push.title;
    if (push.urgency !== undefined) text += " urgency=" + push.urgency;
    if (push.from !== undefined) text += " from=" + push.from;
    return text;
}

/** An output other than `send`. */
function describeOutput(output: Output): string {
    if (output.type === "resolve") return "resolve " + output.host;
    if (output.type === "dial") return "dial " + output.address;
    if (output.type === "deliver") return "deliver " + describePush(output.message);
    if (output.type === "save") return "save " + output.slot + " " + output.json;
    if (output.type === "settled") return "settled " + (output.why ?? (output.id === undefined ? "accepted" : "accepted " + output.id));
    if (output.type === "state") return "state " + output.state + (output.text === undefined ? "" : " " + output.text);
    return output.type;
}

/** Notes an output, and does the application's and the flash's part. */
function perform(play: Play, output: Output, mark: string): void {
    if (output.type === "send") describeAll(play, output.data, mark);
    else play.write(mark + describeOutput(output));
    if (output.type === "deliver") {
        play.inputs.push({ type: "handled", taken: play.postpones > 0 ? "later" : play.throws === 0 });
        if (play.postpones > 0) play.postpones--;
        else if (play.throws > 0) play.throws--;
    }
    if (output.type === "describe") play.inputs.push({ type: "described", about: ABOUT });
    if (output.type === "save" && output.slot === "credentials") play.inputs.push({ type: "saved", safe: true });
}

function feed(play: Play, input: Input, mark: string): void {
    play.inputs.push(input);
    while (play.inputs.length > 0) {
        for (const output of step(play.session, play.inputs.shift()!, play.nowMs)) perform(play, output, mark);
    }
}

/** Lets the time pass, with every wake that the session asks for. */
function advance(play: Play, untilMs: number): void {
    for (;;) {
        const waitMs = wakeAfterMs(play.session, play.nowMs);
        if (play.nowMs + waitMs > untilMs) break;
        play.nowMs += waitMs;
        feed(play, { type: "tick" }, "  [" + play.nowMs + "] ");
    }
    play.nowMs = untilMs;
}

/** The octets of what the gateway sends. */
function encode(play: Play, kind: string, rest: string): Bytes {
    const parts = cut(rest);
    const id = parts[0]!;
    if (kind === "connack") return String.fromCharCode(0x20, 2, 0, toNumber(rest));
    if (kind === "suback") return encodePacket(0x90, encodeUint16(1) + String.fromCharCode(toNumber(rest)));
    if (kind === "puback") return encodePacket(0x40, encodeUint16(toNumber(rest)));
    if (kind === "pingresp") return String.fromCharCode(0xd0, 0);
    if (kind === "hex") return fromHex(rest);
    if (kind === "filler") {
        let data = "";
        for (let i = 0; i < toNumber(rest); i++) data += "x";
        return data;
    }
    const topic = play.session.route === undefined ? "enrol/chip1" : "in/" + play.session.route;
    const head = encodeUint16(topic.length) + topic;
    if (kind === "publish") return encodePacket(0x30, head + rest);
    // push <packet id> <json>, with a length of its own when the body is to follow as filler: push <id>+<octets> <json>
    const plus = id.indexOf("+");
    if (plus < 0) return encodePacket(0x32, head + encodeUint16(toNumber(id)) + parts[1]!);
    let filler = "";
    const octets = toNumber(id.slice(plus + 1));
    while (filler.length < octets) filler += "x";
    const packet = encodePacket(0x32, head + encodeUint16(toNumber(id.slice(0, plus))) + parts[1]! + filler);
    return packet.slice(0, packet.length - octets);
}

/** What the application is told stands in the script already. */
function said(): void {
    return;
}

function say(play: Play, text: string): void {
    const parts = cut(text);
    if (parts[0] === "read") {
        feed(play, { type: "say", topic: "read", payload: encodeRead(toNumber(parts[1]!)), done: said }, "  ");
        return;
    }
    play.sent++;
    const message = cut(parts[1]!);
    const payload = encodeMessage(play.sent, 7, { to: message[0]!, body: message[1]! });
    feed(play, { type: "say", topic: "msg", payload: payload, done: said }, "  ");
}

function act(play: Play, text: string): void {
    const parts = cut(text);
    const kind = parts[0]!;
    const rest = parts[1]!;
    switch (kind) {
        case "linkUp":
            feed(play, { type: "linkUp", address: rest }, "  ");
            break;
        case "linkDown":
        case "interrupted":
        case "closed":
            feed(play, { type: kind }, "  ");
            break;
        case "opened":
            feed(play, { type: "opened", about: ABOUT }, "  ");
            break;
        case "described":
            feed(play, { type: "described", about: ABOUT }, "  ");
            break;
        case "resolved":
            feed(play, { type: "resolved", address: rest === "" ? undefined : rest }, "  ");
            break;
        case "say":
            say(play, rest);
            break;
        case "handler":
            if (cut(rest)[0] === "postpones") play.postpones = toNumber(cut(rest)[1]!);
            else play.throws = toNumber(cut(rest)[1]!);
            break;
        case "random":
            play.dice.shows = toNumber(rest);
            break;
        case "pass":
            break;
        default:
            feed(play, { type: "bytes", data: encode(play, kind, rest) }, "  ");
    }
}

/** The device of a script: `device route r1`, `device host gw.local`, … */
function begin(write: Write, given: Given): Play {
    const dice = { shows: 0 };
    const gateway = given.gateway === undefined ? "" : given.gateway;
    const session = createSession(
        { chip: "chip1", packetOctets: 1024, window: 2, boot: 7, random: (span) => Math.min(span - 1, dice.shows) },
        { host: given.host!, port: 1883, number: given.number, code: given.code },
        given.route === undefined ? undefined : { route: given.route, secret: given.secret! },
        given.epoch === undefined
            ? undefined
            : {
                  epoch: toNumber(given.epoch),
                  sequence: toNumber(given.sequence!),
                  gateway: gateway,
                  tried: given.tried === undefined ? undefined : toNumber(given.tried),
                  times: given.times === undefined ? undefined : toNumber(given.times),
              },
        0,
    );
    // in Lua, where a program has one session, these are as the last script left them
    session.handling = undefined;
    session.offer = undefined;
    return { write: write, session: session, nowMs: 0, throws: 0, postpones: 0, dice: dice, inputs: [], sent: 0 };
}

/** Takes scripts line by line, each after the line "begin", so that a board need not hold a whole one. @param write is given each line of the script played */
export function createPlayer(write: Write): (this: void, line: string) => void {
    let given: Given = {};
    let play: Play | undefined;
    return (line: string) => {
        const parts = cut(line);
        const word = parts[0]!;
        if (line === "begin") {
            given = { host: "10.0.0.1", route: "route1", secret: "secret1" };
            play = undefined;
        } else if (word.slice(0, 2) === "t=") {
            if (play === undefined) play = begin(write, given);
            advance(play, toNumber(word.slice(2)));
            write(line);
            act(play, parts[1]!);
        } else if (line.slice(0, 2) !== "  ") {
            if (word === "device") {
                const pair = cut(parts[1]!);
                given[pair[0]!] = pair[1] === "" ? undefined : pair[1];
            }
            write(line);
        }
    };
}

/** @param script as it stands in the file, outputs included @returns the script with the outputs of this run */
export function playScript(script: string): string {
    let out = "";
    const play = createPlayer((line: string) => {
        out += line + "\n";
    });
    play("begin");
    let from = 0;
    while (from < script.length) {
        let end = script.indexOf("\n", from);
        if (end < 0) end = script.length;
        play(script.slice(from, end));
        from = end + 1;
    }
    return out;
}
