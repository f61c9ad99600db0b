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

// The handlers are told their socket. One that was hung up is not `socket` any more, and stays silent. Nor do they have it as an
// upvalue: the firmware keeps them until the socket is collected, so it never would be.
function tell(type: "opened" | "closed" | "bytes", of: net.Socket, data?: string): void {
    if (of !== socket) return;
    if (type === "closed") hangUp();
    wires.tell(type, data);
}

/** One send in flight: with two, ESP32 loses `sent`, and ESP8266 may have no room. */
function pump(): void {
    const to = socket;
    if (to === undefined || sending || queue === "") return;
    const part = queue.slice(0, SEGMENT_OCTETS);
    queue = queue.slice(SEGMENT_OCTETS);
    sending = true;
    if (!pcall(to.send, to, part)) tell("closed", to);
}

/** What each socket is told to call: as fields of a table these stay in memory, and there is one of each. */
const listeners = {
    connection: (of: net.Socket): void => tell("opened", of),
    receive: (of: net.Socket, data: string): void => tell("bytes", of, data),
    disconnection: (of: net.Socket): void => tell("closed", of),
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
        if (mine === lookUps) wires.tell("resolved", address);
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
    if (!pcall(to.connect, to, wires.settings.port, address)) tell("closed", to);
}

export function send(data: string): void {
    queue += data;
    pump();
}
