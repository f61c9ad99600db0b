import { createDecoder } from "../../shared/wire/decode.ts";
import type { Decoder } from "../../shared/wire/decode.ts";
import type { ConnectWhy } from "../../shared/push/registration.ts";
import type { Incoming } from "./inbox.ts";
import type { OutItem } from "./outbox.ts";
import type { Body, Credentials, Memory, Settings } from "./settings.ts";
import type { Output, State } from "./states.ts";

/** All that a device knows. A plain record: `step` is the only one that changes it. Moments are `nowMs`, compared by difference. */
export interface Session {
    body: Body;
    settings: Settings;
    /** undefined: to be enrolled with the settings' code */
    credentials: Credentials | undefined;
    memory: Memory;
    /** the memory is newer than its slot in flash */
    dirty: boolean;
    savedAt: number | undefined;

    state: State;
    /** when the state has lasted too long (online: when to ping, or to give up); meaningless offline */
    dueAt: number;
    /** what is wrong, as a sentence for the screen */
    trouble: string | undefined;
    /** own address on the link, and the one last registered: "" none yet */
    address: string;
    registered: string;
    why: ConnectWhy;
    /** tries since the last stable connection */
    tries: number;
    dialedAt: number;
    onlineAt: number;
    /** the gateway's name or address that is being tried */
    target: string;
    /** what the registration tells of the board */
    freeOctets: number | undefined;
    signalDbm: number | undefined;

    decoder: Decoder;
    lastPacketId: number;
    subscribeId: number;
    pinging: boolean;
    /** a registration or another saying is not acknowledged: when that becomes too long */
    ackDueAt: number | undefined;
    registerId: number;
    outbox: OutItem[];
    lastSay: number;

    /** the first one is with the handler (`busy`), or about to be */
    inbox: Incoming[];
    busy: boolean;
    retryAt: number | undefined;
    /** credentials that the gateway gave, until they are in flash; then its PUBLISH is acknowledged */
    offered: Credentials | undefined;
    offeredId: number;

    /** the gateway's clock, in seconds since 1970, and when it said so; 0: it has not */
    clockS: number;
    clockAt: number;

    /** of the step that is running */
    nowMs: number;
    outputs: Output[];
}

/** A device at boot. @param memory of the boot before, undefined when there is none */
export function createSession(
    body: Body,
    settings: Settings,
    credentials: Credentials | undefined,
    memory: Memory | undefined,
): Session {
    return {
        body: body,
        settings: settings,
        credentials: credentials,
        memory: memory === undefined ? { epoch: 0, sequence: 0 } : memory,
        dirty: false,
        savedAt: undefined,
        state: "offline",
        dueAt: 0,
        trouble: undefined,
        address: "",
        registered: "",
        why: "boot",
        tries: 0,
        dialedAt: 0,
        onlineAt: 0,
        target: "",
        freeOctets: undefined,
        signalDbm: undefined,
        decoder: createDecoder(body.packetOctets),
        lastPacketId: 0,
        subscribeId: 0,
        pinging: false,
        ackDueAt: undefined,
        registerId: 0,
        outbox: [],
        lastSay: 0,
        inbox: [],
        busy: false,
        retryAt: undefined,
        offered: undefined,
        offeredId: 0,
        clockS: 0,
        clockAt: 0,
        nowMs: 0,
        outputs: [],
    };
}

/** Adds an output; octets that follow octets join them, so that they leave in one write. */
export function emit(session: Session, output: Output): void {
    const outputs = session.outputs;
    const last = outputs.length > 0 ? outputs[outputs.length - 1] : undefined;
    if (last !== undefined && last.type === "send" && output.type === "send") last.data += output.data;
    else outputs.push(output);
}

/** Packet ids go round: MQTT 3.1.1 §2.3.1. @returns 1 to 65535 */
export function takePacketId(session: Session): number {
    session.lastPacketId = (session.lastPacketId % 65535) + 1;
    return session.lastPacketId;
}
