import type { Bytes } from "../../shared/bytes.ts";
import { KEEP_ALIVE_S } from "../../shared/push/limits.ts";
import type { ConnectWhy } from "../../shared/push/registration.ts";
import type { Decoder } from "../../shared/wire/decode.ts";
import { BASE_S } from "./backoff.ts";
import type { Output, Push, Saying } from "./events.ts";
import type { Body, Credentials, Memory, Settings } from "./settings.ts";
import { State } from "./states.ts";

/** All that a device knows. A plain record: `step` is the only one that changes it. Moments are `nowMs`, compared by difference. */
export interface Session extends Decoder {
    board: Body;
    settings: Settings;
    /** the device's credentials; undefined: it is to be enrolled with the settings' code */
    route: string | undefined;
    secret: string | undefined;

    /** what `Memory` says: the store's epoch, the last sequence handled in it, and the gateway's last good address */
    era: number;
    mark: number;
    known: string;
    /** when it was written to flash, or read from it; and whether it is newer than its slot */
    savedAt: number;
    dirty: boolean;

    state: State;
    /** when the state has lasted too long (online: when to ping, or to give up); meaningless offline */
    dueAt: number;
    /** own address on the link ("": there is none), and the one last registered */
    address: string;
    registered: string;
    why: ConnectWhy;
    /** tries since the last stable connection */
    tries: number;
    onlineAt: number;
    /** of the backoff, as the last hello told it: seconds */
    baseS: number;
    /** the gateway's name or address that is being tried */
    target: string;

    /** the last packet id given */
    lastId: number;
    pinging: boolean;
    /** keepalive, in seconds */
    keepS: number;
    outbox: Saying[];

    /** the push that is with the handler, the packet id to acknowledge it by, and how often the handler threw */
    showing: Push | undefined;
    pushId: number;
    failures: number;
    /** credentials that the gateway gave, until they are in flash; then the packet is acknowledged */
    offeredRoute: string | undefined;
    offeredSecret: string | undefined;
    offeredId: number;

    /** the gateway's clock in seconds since 1970, and when it said so; 0: it has not */
    clockS: number;
    clockAt: number;
}

/**
 * The device whose step is running, its moment, and what came out so far. They stand here, and not among the arguments of everything that
 * a step does, because on a board each argument costs flash and memory; nobody else can see them, for a step is over before it returns.
 */
export let session: Session;
export let now: number;
export let outputs: Output[];

/** A step begins. */
export function begin(of: Session, nowMs: number): void {
    session = of;
    now = nowMs;
    outputs = [];
}

/** A device at boot. @param memory of the boot before, undefined when there is none */
export function createSession(
    body: Body,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
    nowMs: number,
): Session {
    const own: Partial<Credentials> = credentials ?? {};
    const remembered: Partial<Memory> = memory ?? {};
    // the others are set before they are read
    return {
        board: body,
        settings: settings,
        route: own.route,
        secret: own.secret,
        era: remembered.epoch ?? 0,
        mark: remembered.sequence ?? 0,
        known: remembered.gateway ?? "",
        savedAt: nowMs,
        state: State.offline,
        address: "",
        registered: "",
        why: "boot",
        tries: 0,
        baseS: BASE_S,
        limit: body.packetOctets,
        buffer: "",
        skip: 0,
        lastId: 0,
        outbox: [],
        clockS: 0,
        keepS: settings.keepAliveS ?? KEEP_ALIVE_S,
    } as unknown as Session;
}

export function emit(type: Output["type"], value?: Output["value"], more?: Bytes): void {
    outputs.push({ type: type, value: value, more: more });
}

/** Packet ids go round: MQTT 3.1.1 §2.3.1. @returns 1 to 65535 */
export function takeId(): number {
    session.lastId = (session.lastId % 65535) + 1;
    return session.lastId;
}
