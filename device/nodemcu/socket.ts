import type { Report } from "../drive.ts";
import type { Platform } from "../platform.ts";

/** Octets in one `send`: a TCP segment. ESP8266's buffer takes two of them. */
const SEGMENT_OCTETS = 1460;

/** Closed sockets that are kept from the garbage collector: ESP8266's lwIP may still call one back that it has to abort. */
const KEPT = 4;

/** Gives the device its connection. */
export function addSockets(platform: Platform, port: number, report: Report): void {
    let socket: net.Socket | undefined;
    let queue = "";
    let sending = false;
    let lookUps = 0;
    let closes = 0;
    const kept: net.Socket[] = [];

    function hangUp(): void {
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
        report(type, data);
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

    platform.hangUp = hangUp;
    platform.resolve = (host) => {
        lookUps++;
        const mine = lookUps;
        // (nil, address) on ESP8266, (address) on ESP32
        const found = (first?: string, second?: string): void => {
            const address = second === undefined ? first : second;
            if (mine === lookUps) report("resolved", address);
        };
        if (!pcall(net.dns.resolve, host, found)) found();
    };
    platform.dial = (address) => {
        const to = net.createConnection();
        socket = to;
        to.on("connection", (of) => tell("opened", of));
        to.on("receive", (of, data) => tell("bytes", of, data));
        to.on("disconnection", (of) => tell("closed", of));
        to.on("sent", (of) => {
            if (of !== socket) return;
            sending = false;
            pump();
        });
        if (!pcall(to.connect, to, port, address)) tell("closed", to);
    };
    platform.send = (data) => {
        queue += data;
        pump();
    };
}
