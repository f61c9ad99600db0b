import type { Bytes } from "../../shared/bytes.ts";
import { addField, readFields } from "../../shared/push/fields.ts";
import type { Fields } from "../../shared/push/fields.ts";
import { enrolTopic, inboxTopic } from "../../shared/push/topics.ts";
import { PacketType } from "../../shared/wire/packets.ts";
import type { Packet, Publish } from "../../shared/wire/packets.ts";
import { acknowledge, takePush } from "./inbox.ts";
import { acknowledged } from "./outbox.ts";
import { emit } from "./session.ts";
import type { Session } from "./session.ts";
import type { Event } from "./states.ts";

/** Writes the memory down, now. */
export function save(session: Session): void {
    const memory = session.memory;
    let json = addField("", "epoch", memory.epoch);
    json = addField(json, "sequence", memory.sequence);
    json = addField(json, "gateway", memory.gateway);
    session.dirty = false;
    session.savedAt = session.nowMs;
    emit(session, { type: "save", slot: "session", json: json + "}" });
}

/** The gateway's answer to a registration: epoch and clock. A new epoch is a new numbering: the old mark says nothing in it. */
function hello(session: Session, epoch: number, clockS: number): void {
    session.clockS = clockS;
    session.clockAt = session.nowMs;
    if (epoch === session.memory.epoch) return;
    session.memory.epoch = epoch;
    session.memory.sequence = 0;
    save(session);
}

/** New credentials. They count, and are acknowledged, when they are in flash: see `saved` in step. */
function offer(session: Session, route: string, secret: string, packetId: number): void {
    session.offered = { route: route, secret: secret };
    session.offeredId = packetId;
    const json = addField(addField("", "route", route), "secret", secret) + "}";
    emit(session, { type: "save", slot: "credentials", json: json });
}

/** What the gateway says on the inbox that is not a push. False: it is one, or nothing of ours. */
function takeNotice(session: Session, fields: Fields, packetId: number): boolean {
    const credentials = session.credentials;
    if (typeof fields.s === "string" && credentials !== undefined) {
        offer(session, credentials.route, fields.s, packetId);
    } else if (typeof fields.e === "number" && typeof fields.c === "number") {
        hello(session, fields.e, fields.c);
        acknowledge(session, packetId);
    } else if (typeof fields.o === "number" && typeof fields.a === "number" && typeof fields.z === "number") {
        emit(session, { type: "overflow", dropped: fields.o, from: fields.a, to: fields.z });
        acknowledge(session, packetId);
    } else {
        return false;
    }
    return true;
}

function takePublish(session: Session, packet: Publish): void {
    const payload: Bytes = packet.payload;
    const fields = readFields(payload);
    const credentials = session.credentials;
    if (credentials !== undefined && packet.topic === inboxTopic(credentials.route)) {
        if (fields === undefined || fields.n !== undefined || !takeNotice(session, fields, packet.packetId)) {
            takePush(session, packet.packetId, fields, payload, false);
        }
    } else if (
        credentials === undefined &&
        packet.topic === enrolTopic(session.body.chip) &&
        fields !== undefined &&
        typeof fields.r === "string" &&
        typeof fields.s === "string"
    ) {
        offer(session, fields.r, fields.s, packet.packetId);
    } else {
        acknowledge(session, packet.packetId); // not ours; left alone it would be sent again and again
    }
}

/**
 * Takes one packet. @returns what it means for the connection; undefined: nothing
 * @see MQTT 3.1.1 §3.2 (CONNACK comes first and once), §3.9
 */
export function receive(session: Session, packet: Packet): Event | undefined {
    if (packet.type === "garbled") return "garbled";
    if (packet.type === PacketType.connack) {
        if (session.state !== "connecting") return "garbled";
        if (packet.returnCode === 0) return "accepted";
        session.trouble =
            "the gateway refused " +
            (packet.returnCode < 4
                ? "the connection"
                : session.credentials === undefined
                  ? "the code: ask for a new one"
                  : "the secret: enrol again") +
            " (CONNACK " +
            packet.returnCode +
            ")";
        return "refused";
    }
    if (session.state === "connecting") return "garbled";
    if (packet.type === PacketType.suback) {
        if (packet.packetId !== session.subscribeId) return undefined;
        if (packet.returnCode === 1) return session.credentials === undefined ? undefined : "subscribed";
        session.trouble = "the gateway refused the subscription (SUBACK " + packet.returnCode + ")";
        return "rejected";
    }
    if (packet.type === PacketType.puback) acknowledged(session, packet.packetId);
    else if (packet.type === PacketType.publish) takePublish(session, packet);
    else if (packet.type === "oversize") takePush(session, packet.packetId, undefined, packet.head, true);
    return undefined;
}
