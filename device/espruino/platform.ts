import { quote } from "../../shared/push/fields.ts";
import { HEAD_OCTETS } from "../../shared/wire/decode.ts";
import { stateOf } from "../application.ts";
import type { Push, Taken } from "../core/events.ts";
import { hear, report } from "../drive.ts";
import type { Request } from "../platform.ts";
import { VERSION } from "../version.ts";
import { save } from "./flash.ts";
import { wake } from "./link.ts";
import { wifi, wires } from "./wires.ts";

/** The most one step of the clock may be, in seconds: more is somebody who set the time. The device wakes more often. */
const MAX_STEP_S = 120;

let socket: EspruinoSocket | undefined;
let hearing = false;
let lookUps = 0;
let lastS = getTime();
let nowS = 0;

/** Free memory. */
export function freeOctets(): number {
    const memory = process.memory();
    return memory.free * memory.blocksize;
}

/**
 * What a push takes while it is handled, in JsVars, beside its first piece: some whatever its size, and so many for each octet of its packet,
 * which is there twice while its body is put together (npm run size measures it). One that does not fit in what is free would restart the
 * board, again and again.
 */
const PUSH_VARS = 88;
const OCTET_VARS = 0.22;

/** The largest packet that fits, in octets. */
function roomOctets(): number {
    const octets = Math.floor((process.memory().free - PUSH_VARS) / OCTET_VARS);
    return Math.max(HEAD_OCTETS, Math.min(octets, wires.device.session.board.packetOctets));
}

/** The registration's pairs that only the board knows. */
export function about(): string {
    wires.device.session.limit = roomOctets(); // it is registered beside this: what is larger does not come
    let dbm = wifi.getDetails().rssi;
    if (dbm === undefined) dbm = wifi.getStatus().rssi;
    const pairs =
        '"r":"espruino","v":"' + VERSION + '","p":' + quote(stateOf(wires.application)) + ',"f":' + freeOctets();
    return dbm === undefined ? pairs : pairs + ',"q":' + dbm;
}

/**
 * The listener of all sockets: called with the socket when it is open, with octets when they come, and at the end with a boolean.
 * The firmware goes on calling it for a socket that was dropped.
 */
function heard(this: EspruinoSocket, what: EspruinoSocket | string | boolean): void {
    if (this !== socket) return;
    hearing = typeof what === "string";
    if (typeof what === "string") {
        // what is free is measured at a packet's beginning: later, what has come of it would count twice
        if (wires.device.session.pieces.length === 0) wires.device.session.limit = roomOctets();
        hear(wires.device, { type: "bytes", data: what });
        hearing = false;
    } else if (typeof what === "object") {
        hear(wires.device, { type: "opened", about: about() });
    } else {
        socket = undefined;
        hear(wires.device, { type: "closed" });
    }
}

/** `setTime` and SNTP move the only clock there is: its steps forward are added up. */
export function nowMs(): number {
    const timeS = getTime();
    if (timeS > lastS) nowS += Math.min(timeS - lastS, MAX_STEP_S);
    lastS = timeS;
    return Math.floor(nowS * 1000);
}

function resolve(host: string): void {
    const mine = ++lookUps;
    wifi.getHostByName(host, function (address) {
        if (mine === lookUps) hear(wires.device, { type: "resolved", address: address === null ? undefined : address });
    });
}

function dial(address: string): void {
    try {
        const ca = wires.settings.ca;
        socket = require(ca === undefined ? "net" : "tls").connect(
            { host: address, port: wires.settings.port, ca: ca === undefined ? ca : atob(ca) },
            heard,
        );
        socket.on("data", heard);
        socket.on("close", heard);
    } catch (error) {
        report(wires.device, { type: "closed" }); // refused at once
    }
}

function send(data: string): void {
    try {
        if (socket !== undefined) socket.write(data);
    } catch (error) {
        // it is closed, and "close" is on its way
    }
}

function hangUp(): void {
    lookUps++;
    if (socket === undefined) return;
    // "end" alone waits until everything is sent, which on a dead path is never; a path that is heard just now is alive
    socket.clsNow = !hearing;
    socket.end();
    socket = undefined;
}

/** Calls the application. */
function attempt<A, B>(call: (this: void, first: A, second: B) => unknown, first: A, second: B): Taken {
    try {
        return call(first, second) === false ? "later" : true;
    } catch (error) {
        print("toque: the handler threw: " + (error as string));
        return false;
    }
}

function deliver(message: Push): Taken {
    const handle = wires.application.message;
    return handle === undefined ? "later" : attempt(handle, message, undefined);
}

function show(state: string, text: string | undefined): void {
    print("toque: " + state + (text === undefined ? "" : ": " + text));
    const handle = wires.application.state;
    if (handle !== undefined) attempt(handle, state, text);
}

/**
 * Performs what the device asks for. The one interval wakes it; each time, and at least every ten seconds, the address is looked at, and
 * reporting it wakes the device. The last branch compiles only while it is the last kind of request.
 */
export function perform(request: Request): Taken {
    if (request.type === "send") send(request.data);
    else if (request.type === "wake") wake(request.afterMs);
    else if (request.type === "deliver") return deliver(request.message);
    else if (request.type === "settled") return attempt(request.done, request.why, request.id);
    else if (request.type === "save") return save(request.slot, request.json);
    else if (request.type === "state") show(request.state, request.text);
    else if (request.type === "describe") report(wires.device, { type: "described", about: about() });
    else if (request.type === "dial") dial(request.address);
    else if (request.type === "hangUp") hangUp();
    else resolve(request.host);
    return true;
}
