import { readFields } from "../../shared/push/fields.ts";
import type { Push } from "../core/events.ts";
import type { Credentials, Memory, Settings } from "../core/settings.ts";
import { createDevice, report, say } from "../drive.ts";
import type { Report } from "../drive.ts";
import type { Perform, Platform } from "../platform.ts";
import { encodeMessage, encodeRead } from "../say.ts";
import { VERSION } from "../version.ts";
import type { Flash } from "./flash.ts";
import { pemOf } from "./network.ts";
import type { Connection, Listener, Network } from "./network.ts";

/** Largest packet and window of a device that has a whole machine to itself. */
const PACKET_OCTETS = 4096;
const WINDOW = 16;

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
    /** the application: called with each push; when it throws, it is called again */
    handle(push: Push): void;
    /** the connection's state, and a sentence when something is wrong */
    show(state: string, text: string | undefined): void;
    clock?: Clock;
    /** 0 to 1, as Math.random */
    random?(): number;
}

/** A device that runs. The link is down until it is told otherwise. */
export interface HostDevice {
    linkUp(address: string): void;
    linkDown(): void;
    /** The person has read it. False: too much is waiting to be said. */
    read(sequence: number): boolean;
    /** A message to another number. Text is octets. */
    send(to: string, body: string, title?: string): boolean;
    /** Ends it: no timer and no connection is left, and nothing is reported any more. */
    stop(): void;
}

/** The device's platform: one timer, at most one connection. */
export function createPlatform(options: HostOptions, settings: Settings, tell: Report): Platform {
    const { network, flash } = options;
    const clock = options.clock ?? wallClock;
    let cancel: (() => void) | undefined;
    let connection: Connection | undefined;
    let lookUps = 0;

    return {
        nowMs: () => clock.nowMs(),
        wakeAfter: (delayMs) => {
            cancel?.();
            cancel = delayMs < 0 ? undefined : clock.after(delayMs, () => tell("tick"));
        },
        resolve: (host) => {
            const mine = ++lookUps;
            void network.resolve(host).then((address) => {
                if (mine === lookUps) tell("resolved", address);
            });
        },
        dial: (address) => {
            // what a connection tells after `hangUp` is the network's to keep to itself
            const listener: Listener = {
                opened: () => tell("opened"),
                received: (data) => tell("bytes", data.toString("latin1")),
                closed: () => {
                    connection = undefined;
                    tell("closed");
                },
            };
            connection = network.open(
                address,
                settings.port,
                listener,
                settings.ca === undefined ? undefined : pemOf(settings.ca),
            );
        },
        send: (data) => connection?.write(Buffer.from(data, "latin1")),
        hangUp: () => {
            lookUps++;
            connection?.close();
            connection = undefined;
        },
        handle: (push) => {
            try {
                options.handle(push);
                return true;
            } catch {
                return false;
            }
        },
        save: (slot, json) => flash.save(slot, json),
        show: (state, text) => options.show(state, text),
        about: () => `"r":"host","v":"${VERSION}"`,
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
    const below = (span: number): number => Math.floor((options.random?.() ?? Math.random()) * span);
    const body = {
        chip: options.chip,
        packetOctets: PACKET_OCTETS,
        window: WINDOW,
        boot: below(2147483647),
        random: below,
    };
    const credentials = readSlot("credentials") as Credentials | undefined;
    let running = true;
    const tell: Report = (type, value) => {
        if (running) report(device, type, value); // a stopped device's timer and connection tell nobody
    };
    const platform = createPlatform(options, settings, tell);
    const perform = ((what: keyof Platform, value: never, more: never) => platform[what](value, more)) as Perform;
    const device = createDevice(perform, body, settings, credentials, readSlot("session") as Memory | undefined);
    let said = 0;
    return {
        linkUp: (address) => tell("linkUp", address),
        linkDown: () => tell("linkDown"),
        read: (sequence) => say(device, "read", encodeRead(sequence)),
        send: (to, body_, title) => say(device, "msg", encodeMessage(++said, body.boot, to, body_, title)),
        stop: () => {
            running = false;
            platform.wakeAfter(-1);
            platform.hangUp();
        },
    };
}
