import type { Input } from "../core/events.ts";
import { about } from "./about.ts";
import { wires } from "./wires.ts";

/** Octets in one `send`: a TCP segment. ESP8266's buffer takes two of them. */
const SEGMENT_OCTETS = 1460;

/** Closed sockets that are kept from the garbage collector: ESP8266's lwIP may still call one back that it has to abort. */
const KEPT = 4;

let socket: net.Socket | undefined;
let queue = "";
let sending = false;
let lookUps = 0;
let closes = 0;
const kept: net.Socket[] = [];

export function hangUp(): void {
    const old = socket;
    lookUps++;
    socket = undefined;
    queue = "";
    sending = false;
    if (old === undefined) return;
    kept[closes % KEPT] = old;
    closes++;
    pcall(old.close, old); // throws when it is closed already
}

/** Reports what happened to a connection, unless that was hung up. */
function hear(of: net.Socket, input: Input): void {
    if (of !== socket) return;
    if (input.type === "closed") hangUp();
    wires.report(input);
}

/** One send in flight: with two, ESP32 loses `sent`, and ESP8266 may have no room. */
function pump(): void {
    const to = socket;
    if (to === undefined || sending || queue === "") return;
    const part = queue.slice(0, SEGMENT_OCTETS);
    queue = queue.slice(SEGMENT_OCTETS);
    sending = true;
    if (!pcall(to.send, to, part)) hear(to, { type: "closed" });
}

/**
 * The listeners of all sockets: as fields of a table these stay in memory, and there is one of each. They get their socket as an argument:
 * as an upvalue it would never be collected, for the firmware keeps the listeners until then.
 */
const listeners = {
    connection: (of: net.Socket): void => hear(of, { type: "opened", about: about() }),
    receive: (of: net.Socket, data: string): void => hear(of, { type: "bytes", data: data }),
    disconnection: (of: net.Socket): void => hear(of, { type: "closed" }),
    sent: (of: net.Socket): void => {
        if (of !== socket) return;
        sending = false;
        pump();
    },
};

export function resolve(host: string): void {
    lookUps++;
    const mine = lookUps;
    // (nil, address) on ESP8266, (address) on ESP32
    const found = (first?: string, second?: string): void => {
        const address = second === undefined ? first : second;
        if (mine === lookUps) wires.report({ type: "resolved", address: address });
    };
    if (!pcall(net.dns.resolve, host, found)) found();
}

export function dial(address: string): void {
    const to = net.createConnection();
    socket = to;
    to.on("connection", listeners.connection);
    to.on("receive", listeners.receive);
    to.on("disconnection", listeners.disconnection);
    to.on("sent", listeners.sent);
    if (!pcall(to.connect, to, wires.settings.port, address)) hear(to, { type: "closed" });
}

export function send(data: string): void {
    queue += data;
    pump();
}
