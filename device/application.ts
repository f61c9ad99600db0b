import type { Bytes } from "../shared/bytes.ts";
import type { Done, Push } from "./core/events.ts";
import type { Settings } from "./core/settings.ts";
import { clockS } from "./core/inbox.ts";
import { stateName } from "./core/states.ts";
import { say } from "./drive.ts";
import type { Device } from "./drive.ts";
import { encodeMessage, encodeRead } from "./say.ts";
import type { OwnMessage } from "./say.ts";
import { VERSION } from "./version.ts";

/** What an application gave, and how it is. */
export interface Application {
    message?: (this: void, push: Push) => unknown;
    state?: (this: void, state: string, why: Bytes | undefined) => void;
    /** first line of the error that ended it, without quotes and control characters */
    failure?: Bytes;
    /** messages sent since the boot */
    sent?: number;
}

/** What `toque.status()` returns. */
export interface Status {
    state: string;
    number: Bytes | undefined;
    /** host and port */
    gateway: Bytes;
    /** Toque's, and the firmware's */
    version: string;
    firmware: string;
    /** memory in octets */
    free: number;
    /** of the last message that the handler took; 0: none */
    sequence: number;
}

/** What an application calls. docs/boards.md has it for people, board.d.ts for their compiler. */
export interface Interface {
    on: (this: void, event: string, handler: never) => void;
    send: (this: void, message: OwnMessage, done?: Done) => boolean;
    read: (this: void, sequence: number) => boolean;
    status: (this: void) => Status;
    time: (this: void) => number | undefined;
    settings: Settings;
    save: (this: void, slot: string, json: Bytes) => boolean;
}

/** As a registration names it: see shared/push/registration.ts. */
export function stateOf(application: Application): Bytes {
    return application.message !== undefined ? "running" : (application.failure ?? "none");
}

/** `toque.on`: one handler for each event; a second one takes the place of the first. Throws a sentence. */
export function listen(application: Application, event: string, handler: never): void {
    if (event !== "message" && event !== "state") throw 'toque.on: the first argument is "message" or "state"';
    if (typeof handler !== "function") throw "toque.on: the second argument is the handler, a function";
    if (event === "message") application.message = handler;
    else application.state = handler;
}

function isText(value: unknown): boolean {
    return value === undefined || typeof value === "string";
}

/** What is wrong with a message, as a sentence. Undefined: nothing that a board can know. */
function fault(message: OwnMessage, done: unknown): string | undefined {
    if (typeof message !== "object") return "the first argument is a message with to and body";
    if (typeof message.to !== "string") return 'to is a number, such as "+34600111222"';
    if (typeof message.body !== "string") return "body is a text";
    if (!isText(message.title)) return "title is a text";
    if (!isText(message.urgency)) return "urgency is very-low, low, normal or high";
    if (!isText(message.collapseKey)) return "collapseKey is a text";
    if (!isText(message.id)) return "id is a text";
    const ttl = message.ttl;
    if (ttl !== undefined && (typeof ttl !== "number" || ttl < 0 || ttl !== Math.floor(ttl)))
        return "ttl is a whole number of seconds";
    if (done !== undefined && typeof done !== "function") return "the second argument is a function";
    return undefined;
}

/**
 * `toque.send`. Throws a sentence that names the argument.
 * @param done called once, when the gateway has accepted or refused the message, on whatever connection
 * @returns false: too much waits already, or it is too large
 */
export function send(device: Device, application: Application, message: OwnMessage, done: Done | undefined): boolean {
    const wrong = fault(message, done);
    if (wrong !== undefined) throw "toque.send: " + wrong;
    const board = device.session.board;
    // one that is far too large is not even encoded: there may be no memory for it twice
    if (message.body.length >= board.packetOctets) return false;
    application.sent = (application.sent ?? 0) + 1;
    return say(device, "msg", encodeMessage(application.sent, board.boot, message), done);
}

/** `toque.read`: the person has read the message. Throws a sentence. @returns false: too much waits already */
export function read(device: Device, sequence: number): boolean {
    if (typeof sequence !== "number" || sequence < 1) throw "toque.read: the argument is a message's sequence";
    return say(device, "read", encodeRead(sequence), undefined);
}

/** `toque.time`: seconds since 1970, by the gateway's clock. Undefined: the gateway was not reached since the boot. */
export function time(device: Device): number | undefined {
    const session = device.session;
    session.now = device.platform.nowMs();
    const seconds = clockS(session);
    return seconds === 0 ? undefined : seconds;
}

/** `toque.status` */
export function status(device: Device, firmware: string, freeOctets: number): Status {
    const session = device.session;
    const settings = session.settings;
    return {
        state: stateName(session.state),
        number: settings.number,
        gateway: `${settings.host}:${settings.port}`,
        version: VERSION,
        firmware: firmware,
        free: freeOctets,
        sequence: session.mark,
    };
}
