import { readFields } from "../../shared/push/fields.ts";
import type { Done, Push, Taken } from "../core/events.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, report, say } from "../drive.ts";
import type { Report } from "../drive.ts";
import type { Platform, Request } from "../platform.ts";
import { encodeMessage, encodeRead } from "../say.ts";
import type { OwnMessage } from "../say.ts";
import { VERSION } from "../version.ts";
import type { Flash } from "./flash.ts";
import { pemOf } from "./network.ts";
import type { Connection, Listener, Network } from "./network.ts";

/** Largest packet and window of a device that has a whole machine to itself. */
const PACKET_OCTETS = 4096;
const WINDOW = 16;

/** The registration's pairs that only the board knows. */
const ABOUT = `"r":"host","v":"${VERSION}","p":"running"`;

/** Where a device's time comes from: the machine's, or a test's hand clock. */
export interface Clock {
    nowMs(): number;
    /** @returns what takes it back */
    after(delayMs: number, work: () => void): () => void;
}

export const wallClock: Clock = {
    nowMs: () => Math.floor(performance.now()),
    after: (delayMs, work) => {
        const timer = setTimeout(work, delayMs);
        return () => clearTimeout(timer);
    },
};

/** What a device on Node is made of. */
export interface HostOptions {
    /** with the slots "config", "credentials" and "session", as on a board */
    flash: Flash;
    network: Network;
    /** letters and digits, another for each device */
    chip: string;
    /** the application: called with each push; when it throws, it is called again; when it returns `false`, later */
    handle(push: Push): unknown;
    /** the connection's state, and a sentence when something is wrong */
    show(state: string, text: string | undefined): void;
    clock?: Clock;
    /** 0 to 1, as Math.random */
    random?(): number;
}

/** A running device. The link is down until `linkUp`. */
export interface HostDevice {
    linkUp(address: string): void;
    linkDown(): void;
    /** The person has read it. False: the outbox is full. */
    read(sequence: number): boolean;
    /** A message to another number. @param done called when the gateway has accepted it, or with why it was refused */
    send(message: OwnMessage, done?: Done): boolean;
    /** Ends it: no timer and no connection is left, and nothing is reported any more. */
    stop(): void;
}

/** The platform of a device on Node. */
export interface HostPlatform extends Platform {
    /** No timer and no connection is left. */
    stop(): void;
}

/** The device's platform: one timer, at most one connection. */
export function createPlatform(options: HostOptions, settings: Settings, report: Report): HostPlatform {
    const { network, flash } = options;
    const clock = options.clock ?? wallClock;
    const below = (span: number): number => Math.floor((options.random?.() ?? Math.random()) * span);
    let cancel = (): void => undefined;
    let connection: Connection | undefined;
    let lookUps = 0;

    function resolve(host: string): void {
        const mine = ++lookUps;
        void network.resolve(host).then((address) => {
            if (mine === lookUps) report({ type: "resolved", address });
        });
    }

    function dial(address: string): void {
        // after `hangUp` the network reports nothing of it any more
        const listener: Listener = {
            opened: () => report({ type: "opened", about: ABOUT }),
            received: (data) => report({ type: "bytes", data: data.toString("latin1") }),
            closed: () => {
                connection = undefined;
                report({ type: "closed" });
            },
        };
        const ca = settings.ca === undefined ? undefined : pemOf(settings.ca);
        connection = network.open(address, settings.port, listener, ca);
    }

    function hangUp(): void {
        lookUps++;
        connection?.close();
        connection = undefined;
    }

    /** Calls the application. */
    function attempt(call: () => unknown): Taken {
        try {
            return call() === false ? "later" : true;
        } catch {
            return false;
        }
    }

    function wake(afterMs: number): void {
        cancel();
        cancel = clock.after(afterMs, () => report({ type: "tick" }));
    }

    function perform(request: Request): Taken {
        switch (request.type) {
            case "deliver":
                return attempt(() => options.handle(request.message));
            case "settled":
                return attempt(() => request.done(request.why, request.id));
            case "describe":
                report({ type: "described", about: ABOUT });
                return true;
            case "save":
                return flash.save(request.slot, request.json);
            case "resolve":
                resolve(request.host);
                return true;
            case "dial":
                dial(request.address);
                return true;
            case "hangUp":
                hangUp();
                return true;
            case "send":
                connection?.write(Buffer.from(request.data, "latin1"));
                return true;
            case "state":
                options.show(request.state, request.text);
                return true;
            case "wake":
                wake(request.afterMs);
                return true;
        }
    }

    return {
        chip: options.chip,
        packetOctets: PACKET_OCTETS,
        window: WINDOW,
        boot: below(2147483647),
        random: below,
        nowMs: () => clock.nowMs(),
        perform,
        stop: () => {
            cancel();
            hangUp();
        },
    };
}

/** Starts a device on Node. Throws when its flash has no settings. */
export function startHostDevice(options: HostOptions): HostDevice {
    const readSlot = (name: string): unknown => {
        const text = options.flash.load(name);
        return text === undefined ? undefined : readFields(text);
    };
    const settings = readSlot("config") as Settings | undefined;
    if (settings === undefined) throw new Error("There are no settings in the device's flash: save the slot config.");
    const credentials = readSlot("credentials") as Credentials | undefined;
    let running = true;
    const feed: Report = (input) => {
        if (running) report(device, input); // nothing of a stopped device's connection or look-up
    };
    const platform = createPlatform(options, settings, feed);
    const device = createDevice(platform, settings, credentials, readSlot("session") as Memory | undefined);
    let sent = 0;
    return {
        linkUp: (address) => feed({ type: "linkUp", address }),
        linkDown: () => feed({ type: "linkDown" }),
        read: (sequence) => say(device, "read", encodeRead(sequence), undefined),
        send: (message, done) => say(device, "msg", encodeMessage(++sent, platform.boot, message), done),
        stop: () => {
            running = false;
            platform.stop();
        },
    };
}
