import { quote } from "../../shared/push/fields.ts";
import type { Push } from "../core/events.ts";
import type { Settings } from "../core/settings.ts";
import { report } from "../drive.ts";
import type { Device } from "../drive.ts";
import type { Request } from "../platform.ts";
import { VERSION } from "../version.ts";
import { save } from "./flash.ts";

/*
 * A board is one device, so what it has open stands here and not in closures: a function that is kept, or made in another, takes
 * four variables or more of an ESP8266's 1,600, and one that is only called takes none (bundler/espruino/overlay.ts).
 */

/** The most one step of the clock may be, in seconds: more is somebody who set the time. The device wakes more often. */
const MAX_STEP_S = 120;

/** How often the address is looked at, at least: DHCP may change it without any event. */
export const LOOK_MS = 10000;

/** What the application is called with. */
export type Handler = (push: Push) => void;

/**
 * What the platform needs: the device that it reports to, its settings, the interval that wakes it, and the handler in flash, if there is
 * one, or why it does not run.
 */
export interface Wires {
    device: Device;
    settings: Settings;
    timer: number;
    app?: Handler;
    failure?: string;
}

export const wires = {} as Wires;

/** The firmware's module. */
export const wifi = require("Wifi");

let socket: EspruinoSocket | undefined;
let hearing = false;
let lookUps = 0;
let lastS = getTime();
let nowS = 0;

/** The application's handler: the one in flash, or a global function for trying things out on the console. */
function handler(): Handler | undefined {
    if (wires.app !== undefined) return wires.app;
    return typeof global.onPush === "function" ? (global.onPush as Handler) : undefined;
}

/** The registration's pairs that only the board knows. */
function about(): string {
    const memory = process.memory();
    let dbm = wifi.getDetails().rssi;
    if (dbm === undefined) dbm = wifi.getStatus().rssi;
    const state = handler() !== undefined ? "running" : wires.failure === undefined ? "none" : wires.failure;
    const pairs = '"r":"espruino","v":"' + VERSION + '","p":' + quote(state) + ',"f":' + memory.free * memory.blocksize;
    return dbm === undefined ? pairs : pairs + ',"q":' + dbm;
}

/**
 * The listener of all sockets: called with the socket when it is open, with octets when they come, and at the end with a boolean.
 * The firmware goes on calling it for a socket that was dropped.
 */
function heard(this: EspruinoSocket, what: EspruinoSocket | string | boolean): void {
    if (this !== socket) return;
    if (typeof what === "string") {
        hearing = true;
        report(wires.device, { type: "bytes", data: what });
        hearing = false;
    } else if (typeof what === "object") {
        report(wires.device, { type: "opened", about: about() });
    } else {
        socket = undefined;
        report(wires.device, { type: "closed" });
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
        if (mine === lookUps)
            report(wires.device, { type: "resolved", address: address === null ? undefined : address });
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

/** Calls the application. @returns false: it threw */
function attempt<T>(call: (value: T) => void, value: T): boolean {
    try {
        call(value);
    } catch (error) {
        print("toque: the handler threw: " + (error as string));
        return false;
    }
    return true;
}

function deliver(message: Push): boolean {
    const handle = handler();
    if (handle !== undefined) return attempt(handle, message);
    print("toque: message: " + message.body);
    return true;
}

/**
 * Performs what the device asks for. The one interval wakes it; each time, and at least every ten seconds, the address is looked at, and
 * reporting it wakes the device. The last branch compiles only while it is the last kind of request.
 */
export function perform(request: Request): boolean {
    if (request.type === "send") send(request.data);
    else if (request.type === "wake") changeInterval(wires.timer, Math.min(request.afterMs, LOOK_MS));
    else if (request.type === "deliver") return deliver(request.message);
    else if (request.type === "said") return attempt(request.done, request.why);
    else if (request.type === "save") return save(request.slot, request.json);
    else if (request.type === "state")
        print("toque: " + request.state + (request.text === undefined ? "" : ": " + request.text));
    else if (request.type === "dial") dial(request.address);
    else if (request.type === "hangUp") hangUp();
    else resolve(request.host);
    return true;
}
