import { connect, PINGREQ, puback, publish, publishIn, subscribe } from "../../gateway/aedes/packets.ts";
import { chooseSeed, seeded } from "../../support/seeded.ts";
import { generateFilters } from "../filter-generator.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachInLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack, type Scale, type Verdict } from "../verdict.ts";
import type { Enrolled } from "../../support/gateway-client.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

const CLEAN = 0xc2;
const UNCLEAN = 0xc0;
/** Filters each attacking device asks for, one after the other. */
const FILTERS_EACH = 100;
const VICTIMS = 12;
/** In each message that is for somebody else. */
const FOREIGN = "not for you";

/** A device that asks for what is not its own. Whatever PUBLISH it gets is counted. */
class Attacker {
    readonly device: Enrolled;
    readonly flags: number;
    readonly filters: string[];
    client: WireClient | undefined;
    foreign = 0;
    own = 0;
    granted = 0;
    cut = new Set<string>();
    readonly #from: string;
    #acks: ((code: number | undefined) => void)[] = [];

    constructor(device: Enrolled, flags: number, filters: string[], index: number) {
        this.device = device;
        this.flags = flags;
        this.filters = filters;
        this.#from = addressOf(index);
    }

    async connect(victim: Victim): Promise<void> {
        this.client?.destroy();
        const { route, secret } = this.device;
        const client = new WireClient(victim.port, this.#from);
        this.client = client;
        // It reports a new address: otherwise a client that is cut off so often is refused for five minutes.
        const moved = publish(1, `out/${route}/reg`, '{"y":"address"}');
        client.write(Buffer.concat([connect(route, route, secret, { flags: this.flags }), moved]));
        const connack = await client.next();
        if (connack?.[3] !== 0) throw new Error(`an attacker was not let in: ${connack?.toString("hex")}`);
        client.onPacket = (packet) => this.#take(client, packet);
        client.socket.on("close", () => {
            for (const ack of this.#acks.splice(0)) ack(undefined);
        });
        for (const packet of client.packets.splice(0)) this.#take(client, packet);
    }

    #take(client: WireClient, packet: Buffer): void {
        const type = packet[0]! >> 4;
        if (type === 9) this.#acks.shift()?.(packet[4]);
        if (type === 13) this.#acks.shift()?.(0);
        if (type !== 3) return;
        const inbox = `in/${this.device.route}`;
        const at = packet.indexOf("/") - 2; // no length octet is "/" here: packets are short
        const topic = packet.subarray(at, at + inbox.length).toString();
        if (topic !== inbox || packet.includes(FOREIGN)) this.foreign++;
        else if (packet.includes("for yourself")) this.own++; // and the answers to its registrations
        if ((packet[0]! & 6) !== 0) client.write(puback(packet.readUInt16BE(at + inbox.length)));
    }

    /** @returns the SUBACK's code; undefined: the connection was cut */
    ask(filter: string, packetId: number): Promise<number | undefined> {
        return this.#request(subscribe(packetId, [filter, 1]));
    }

    /** Resolves when all that was written to it before is here. */
    async ping(): Promise<void> {
        await this.#request(PINGREQ);
    }

    #request(octets: Buffer): Promise<number | undefined> {
        if (this.client?.closed !== false) return Promise.resolve(undefined);
        return new Promise((resolve) => {
            this.#acks.push(resolve);
            this.client!.write(octets);
        });
    }
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const total = byScale(scale, 600, 10_000, 10_000);
    const random = seeded(chooseSeed());
    await underAttack(async (victim) => {
        const victims = await victim.registerMany(VICTIMS);
        const filters = generateFilters(total, victims, random);
        const devices = await victim.registerMany((2 * total) / FILTERS_EACH);
        const attackers = devices.map((device, index) => {
            const first = (index >> 1) * FILTERS_EACH;
            const flags = index % 2 === 0 ? CLEAN : UNCLEAN;
            return new Attacker(device, flags, filters.slice(first, first + FILTERS_EACH), index);
        });
        let sent = 0;
        const push = async (body: string) => {
            for (const { number } of victims) await victim.send(number, `${FOREIGN}: ${body}`);
            sent += victims.length;
        };

        // Queued: messages wait for the victims, who are away, while each filter is asked for, live ones come on top.
        await push("queued");
        await forEachInLanes(attackers, 40, async (attacker) => {
            await attacker.connect(victim);
            for (const [index, filter] of attacker.filters.entries()) {
                const code = await attacker.ask(filter, index + 1);
                if (code === undefined) {
                    attacker.cut.add(filter);
                    await attacker.connect(victim);
                } else if (code !== 0x80) attacker.granted++;
            }
        });
        // Live: all filters that were not cut, asked for again on one connection; the victims are there.
        const inboxes = await Promise.all(victims.map((device) => hold(victim, device)));
        await forEachInLanes(attackers, 40, async (attacker) => {
            const kept = attacker.filters.filter((filter) => !attacker.cut.has(filter));
            for (const [index, filter] of kept.entries()) {
                const code = await attacker.ask(filter, index + 1);
                if (code !== undefined && code !== 0x80) attacker.granted++;
            }
        });
        await push("live");
        // After a reconnect, and after a restart of the gateway: nobody asks for anything.
        const reconnect = (connecting: Attacker[]) =>
            forEachInLanes(connecting, 40, (attacker) => attacker.connect(victim));
        await Promise.all(attackers.map((attacker) => attacker.ping()));
        await reconnect(attackers);
        await push("after a reconnect");
        await Promise.all(attackers.map((attacker) => attacker.ping()));
        await victim.restart();
        await reconnect(attackers);
        const again = await Promise.all(victims.map((device) => hold(victim, device)));
        await push("after a restart");
        const sum = (of: (attacker: Attacker) => number) => attackers.reduce((all, one) => all + of(one), 0);
        const arrivals = () => [...inboxes, ...again].reduce((all, inbox) => all + inbox.pushes, 0);
        await eventually("the owners have theirs", () => arrivals() >= sent);
        await Promise.all(attackers.map((attacker) => attacker.ping()));

        // The control: an inbox of one's own is granted, and its pushes are seen and counted by the same eyes.
        const control = attackers.slice(0, 20);
        await Promise.all(control.map((attacker) => attacker.ask(`in/${attacker.device.route}`, 9)));
        await Promise.all(control.map((attacker) => victim.send(attacker.device.number, "for yourself")));
        await eventually("own pushes", () => sum(({ own }) => own) >= control.length);
        await Promise.all(control.map((attacker) => attacker.ping()));

        const arrived = arrivals();
        verdict.figure(`${count(total)} filters × clean and unclean: ${count(sum(({ cut }) => cut.size))} cut`);
        verdict.figure(`${sum(({ granted }) => granted)} granted`);
        verdict.figure(`${sum(({ foreign }) => foreign)} foreign messages of ${sent} (${arrived} with their owners)`);
        verdict.must(sum(({ foreign }) => foreign) === 0, "nobody gets a message of another");
        verdict.must(sum(({ granted }) => granted) === 0, "no filter but the own inbox is granted");
        verdict.must(sent === 4 * VICTIMS && arrived >= sent, "the owners get theirs");
        verdict.must(sum(({ own }) => own) === control.length, "an own inbox works, so foreign ones would be seen");
        for (const { client } of [...inboxes, ...again]) client.destroy();
        for (const { client } of attackers) client?.destroy();
    });
}

/** A device that is there: it takes its pushes and counts them. */
async function hold(victim: Victim, { route, secret }: Enrolled) {
    const client = new WireClient(victim.port, "127.0.0.8");
    const held = { client, pushes: 0 };
    client.write(Buffer.concat([connect(route, route, secret), subscribe(1, [`in/${route}`, 1])]));
    await client.next();
    await client.next();
    client.onPacket = (packet) => {
        const came = publishIn(packet);
        if (came === undefined) return;
        held.pushes++;
        if (came.packetId > 0) client.write(puback(came.packetId));
    };
    return held;
}

/** Whatever filter a device asks for, it gets nothing of another's: live, queued, after a reconnect, after a restart. */
export const filters: Attack = { name: "filters", run };
