import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Packet } from "mqtt-packet";
import type { DeviceOptions, EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import type { Peer } from "../support/scripted-gateway.ts";
import type { Subject } from "./subjects.ts";

export const ROUTE = "pA5xK2m9QwErTyUi";
export const SECRET = "A1b2C3d4E5f6G7h8I9j0K1";
export const NUMBER = "+34600111222";
export const INBOX = `in/${ROUTE}`;
export const EPOCH = 1_767_225_600;
export const CLOCK_S = 1_790_000_000;

/** A second, less what the clocks of two processes differ by. */
const SPACING_MS = 990;

/** What a device registered with. */
export interface Registration {
    messageId: number;
    fields: Record<string, string | number>;
}

/** A gateway's packets. */
export const CONNACK: Packet = { cmd: "connack", returnCode: 0, sessionPresent: false };
export const PINGRESP: Packet = { cmd: "pingresp" };

export function connack(returnCode: number): Packet {
    return { cmd: "connack", returnCode, sessionPresent: false };
}

export function suback(messageId: number | undefined, granted = 1): Packet {
    return { cmd: "suback", messageId, granted: [granted] };
}

export function puback(messageId: number): Packet {
    return { cmd: "puback", messageId };
}

/** A PUBLISH, to the inbox unless `more` has another topic. @param messageId 0: QoS 0 */
export function inbox(
    fields: object | Buffer,
    messageId = 0,
    more: { topic?: string; dup?: boolean; retain?: boolean } = {},
): Packet {
    const payload = Buffer.isBuffer(fields) ? fields : Buffer.from(JSON.stringify(fields));
    const qos = messageId === 0 ? 0 : 1;
    return {
        cmd: "publish",
        topic: INBOX,
        payload,
        qos,
        dup: false,
        retain: false,
        messageId: messageId || undefined,
        ...more,
    };
}

export function hello(more: object = {}): Packet {
    return inbox({ e: EPOCH, c: CLOCK_S, w: 0, ...more });
}

/** A push with the packet id that a gateway would choose for it. */
export function push(sequence: number, body: string, more: object = {}): Packet {
    return inbox({ n: sequence, b: body, ...more }, (sequence % 65535) + 1000);
}

/**
 * Tries are at least a second apart. Measured from before the cause of a new try to its connection: a busy machine makes that longer,
 * never shorter.
 */
export function spaced(sinceMs: number, next: Pick<Peer, "openedMs">): void {
    const gapMs = next.openedMs - sinceMs;
    assert.ok(gapMs >= SPACING_MS, `tried again after ${gapMs} ms`);
}

export function idOf(packet: Packet): number {
    assert.ok(packet.messageId !== undefined);
    return packet.messageId;
}

/** The gateway's part of a connection's beginning: accepted, subscribed, registered and greeted. */
export async function greet(peer: Peer): Promise<Peer> {
    await peer.receive("connect");
    const { messageId } = await peer.receive("subscribe");
    const registration = await peer.receive("publish");
    peer.send(CONNACK, suback(messageId), puback(idOf(registration)), hello());
    return peer;
}

/** One case's device and gateway, alone with each other. */
export class Stage {
    readonly subject: Subject;
    readonly gateway: ScriptedGateway;
    readonly #t: TestContext;
    #device: EmulatedDevice | undefined;

    private constructor(t: TestContext, subject: Subject, gateway: ScriptedGateway) {
        this.#t = t;
        this.subject = subject;
        this.gateway = gateway;
    }

    static async set(t: TestContext, subject: Subject): Promise<Stage> {
        const gateway = await ScriptedGateway.listen();
        t.after(() => gateway.close());
        return new Stage(t, subject, gateway);
    }

    get device(): EmulatedDevice {
        assert.ok(this.#device !== undefined, "the case has not started its device");
        return this.#device;
    }

    /** Flashes a device with route and secret, unless the options differ, and turns it on. */
    async start(options: Partial<DeviceOptions> = {}): Promise<void> {
        const gateway = { host: "127.0.0.1", port: this.gateway.port };
        const known = { runtime: this.subject.runtime, gateway, route: ROUTE, secret: SECRET, number: NUMBER };
        const device = await startDevice({ ...known, ...this.subject.options, ...options });
        this.#device = device;
        this.#t.after(() => device.close());
    }

    /** The next connection, up to the point where the gateway has to answer CONNECT. */
    async greeted(): Promise<{ peer: Peer; subscribeId: number; registration: Registration }> {
        const peer = await this.gateway.accept();
        await peer.receive("connect");
        const subscribe = await peer.receive("subscribe");
        const { payload, messageId } = await peer.receivePublish(`out/${ROUTE}/reg`);
        const fields = JSON.parse(payload) as Registration["fields"];
        return { peer, subscribeId: subscribe.messageId ?? 0, registration: { messageId, fields } };
    }

    /** The next connection, accepted, subscribed, registered and greeted with the epoch and the clock. */
    async accepted(greeting: object = {}): Promise<{ peer: Peer; registration: Registration }> {
        const onlineBefore = this.count("online");
        const { peer, subscribeId, registration } = await this.greeted();
        peer.send(CONNACK, suback(subscribeId), puback(registration.messageId), hello(greeting));
        await this.device.until(() => this.count("online") > onlineBefore);
        return { peer, registration };
    }

    /** Turned on and accepted: where most cases begin. */
    async online(options?: Partial<DeviceOptions>): Promise<Peer> {
        await this.start(options);
        return (await this.accepted()).peer;
    }

    /** How often the screen showed this state. */
    count(state: string): number {
        return this.device.states.filter((shown) => shown.state === state).length;
    }

    /** Resolves when the screen shows this, behind what it showed so far. */
    shows(state: string, why: RegExp, from = 0, withinMs?: number): Promise<void> {
        const is = (): boolean =>
            this.device.states.slice(from).some((shown) => shown.state === state && why.test(shown.why ?? ""));
        return this.device.until(is, withinMs);
    }

    /** Sends a push, and waits until it is shown and acknowledged. */
    async deliver(peer: Peer, packet: Packet): Promise<void> {
        const before = this.device.shown.length;
        peer.send(packet);
        let answer = await peer.next("puback");
        for (; answer.cmd === "pingreq"; answer = await peer.next("puback")) peer.send(PINGRESP); // the machine is slow
        assert.deepEqual([answer.cmd, answer.messageId], ["puback", packet.messageId]);
        // what another process prints may come later than what it sends
        await this.device.until(({ shown }) => shown.length > before);
        assert.equal(this.device.shown.length, before + 1, "shown more than once");
    }

    /** The bodies that the application was given, as text. */
    get bodies(): string[] {
        return this.device.shown.map(({ body }) => Buffer.from(body, "latin1").toString("utf8"));
    }
}

/** A case of the suite. */
export interface Case {
    name: string;
    play(stage: Stage): Promise<void>;
    /** why this subject cannot play it */
    skip?(subject: Subject): string | false;
}
