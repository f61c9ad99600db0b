import type { Bytes } from "../../shared/bytes.ts";
import { KEEP_ALIVE_S } from "../../shared/push/limits.ts";
import type { ConnectWhy } from "../../shared/push/registration.ts";
import type { Decoder } from "../../shared/wire/decode.ts";
import { BASE_S } from "./backoff.ts";
import type { Done, Output, Push, SayTopic } from "./events.ts";
import type { Body, Credentials, Memory, Settings } from "./settings.ts";
import { State } from "./states.ts";

/** What waits in the outbox until the gateway has acknowledged it, over any number of connections. */
export interface Outgoing {
    topic: SayTopic;
    payload: Bytes;
    /** on the connection that is open; 0: not written on it yet */
    packetId: number;
    /** called once, when the gateway has acknowledged or refused it */
    done?: Done;
}

/** The push that is with the handler. */
export interface Handling {
    push: Push;
    /** to acknowledge it by; 0: the connection that brought it is gone */
    packetId: number;
    /** how often the handler threw */
    failures: number;
}

/** Credentials that the gateway gave, until they are in flash; then the packet is acknowledged. */
export interface Offer extends Credentials {
    packetId: number;
}

/** All that a device knows. A plain record: only `step` changes it. Moments are `nowMs`, compared by difference. */
export interface Session extends Decoder {
    board: Body;
    settings: Settings;
    /** the device's credentials; undefined: it is to be enrolled with the settings' code */
    route: string | undefined;
    secret: string | undefined;

    /** as in `Memory`: the store's epoch, the last sequence handled in it, and the gateway's last good address */
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
    /** base of the backoff in seconds, from the last hello */
    baseS: number;
    /** the gateway's name or address that is being tried */
    target: string;

    /** the last packet id given */
    lastId: number;
    pinging: boolean;
    /** keepalive, in seconds */
    keepS: number;
    outbox: Outgoing[];

    /** as `tried` and `times` in `Memory`; less than 0: a push has come through since the boot */
    suspect: number;
    trials: number;

    handling?: Handling;
    offer?: Offer;

    /** when a push that the handler wanted later is to come again: until then this device registers that it takes none */
    laterAt?: number;
    /** pushes that come before the next hello were on their way already, and come again */
    stale?: boolean;

    /** the gateway's clock in seconds since 1970, 0: not known yet; and the moment of the hello that brought it */
    clockS: number;
    clockAt: number;

    /** of the step that runs: its moment, and its outputs so far */
    now: number;
    outputs: Output[];
}

/** A device at boot. @param memory of the boot before, undefined when there is none */
export function createSession(
    body: Body,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
    nowMs: number,
): Session {
    return {
        board: body,
        settings: settings,
        route: credentials === undefined ? undefined : credentials.route,
        secret: credentials === undefined ? undefined : credentials.secret,
        era: memory === undefined ? 0 : memory.epoch,
        mark: memory === undefined ? 0 : memory.sequence,
        known: memory === undefined ? "" : memory.gateway,
        savedAt: nowMs,
        dirty: false,
        state: State.offline,
        dueAt: 0,
        address: "",
        registered: "",
        why: "boot",
        tries: 0,
        onlineAt: 0,
        baseS: BASE_S,
        target: "",
        limit: body.packetOctets,
        pieces: [],
        at: 0,
        skip: 0,
        oversize: false,
        lastId: 0,
        pinging: false,
        keepS: settings.keepAliveS ?? KEEP_ALIVE_S,
        outbox: [],
        suspect: memory === undefined ? 0 : (memory.tried ?? 0),
        trials: memory === undefined ? 0 : (memory.times ?? 0),
        clockS: 0,
        clockAt: 0,
        now: nowMs,
        outputs: [],
    };
}

/** Packet ids go round: MQTT 3.1.1 §2.3.1. @returns 1 to 65535 */
export function takeId(session: Session): number {
    session.lastId = (session.lastId % 65535) + 1;
    return session.lastId;
}
