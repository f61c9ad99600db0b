import { connect, PINGREQ, publish, puback } from "../../gateway/aedes/packets.ts";
import { chooseSeed, seeded, type Seeded } from "../../support/seeded.ts";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { firstPackets, laterPackets, mutate } from "../packet-mutator.ts";
import { inLanes } from "../../support/lanes.ts";
import { byScale, count, type Attack, type Scale, type Verdict } from "../verdict.ts";
import type { Enrolled } from "../../support/gateway-client.ts";
import { underAttack, type Victim } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

const LANES = 32;
/** A route may connect 300 times at once and once a second: so many routes do not run dry. */
const PACKETS_A_ROUTE = 300;
/** Without an answer for so long: the last packet was understood as a longer one, whose rest is not coming. */
const QUIET_MS = 150;
/** Mutated packets of one connection, until it is cut. */
const PACKETS_A_CONNECTION = 8;
/** The gateway is busy: a connection that is right may take its time. */
const CONNECTED_MS = 10_000;
/** Each with random numbers of its own. */
const ROUNDS = 10;
/** A fresh client is served within this. */
const FRESH_MS = 100;
/** One in so many connections mutates its CONNECT. */
const FIRST_PERCENT = 25;

interface Tally {
    packets: number;
    connections: number;
    refused: number;
    quiet: number;
}

/** A connection of an attacker. Behind each packet goes a ping, which tells when the packet was dealt with. */
class Mutant {
    readonly client: WireClient;
    connack = -1;
    #awaited: (() => void) | undefined;

    constructor(victim: Victim, device: Enrolled, from: string) {
        this.client = new WireClient(victim.port, from);
        this.client.onPacket = (octets) => {
            const type = octets[0]! >> 4;
            if (type === 2) this.connack = octets[3]!;
            if (type === 13) this.#awaited?.();
            const isPush = type === 3 && (octets[0]! & 6) !== 0;
            if (isPush) this.client.write(puback(octets.readUInt16BE(4 + "in/".length + device.route.length)));
        };
    }

    /** Resolves "answered", "ended", or "quiet" when neither came in time. */
    async send(octets: Buffer, withinMs = QUIET_MS): Promise<"answered" | "ended" | "quiet"> {
        const answered = new Promise<"answered">((resolve) => (this.#awaited = () => resolve("answered")));
        this.client.write(Buffer.concat([octets, PINGREQ]));
        const ended = this.client.ended(withinMs).then((closed) => (closed ? "ended" : "quiet"));
        return Promise.race([answered, ended]);
    }
}

async function attackOnce(victim: Victim, device: Enrolled, from: string, random: Seeded, tally: Tally) {
    const first = firstPackets(device, victim.token);
    const later = laterPackets(device);
    const mutant = new Mutant(victim, device, from);
    tally.connections++;
    if (random.percent(FIRST_PERCENT)) {
        const came = await mutant.send(mutate(random.pick(first), random.pick([...first, ...later]), random));
        if (came === "quiet") tally.quiet++;
        tally.packets++;
    } else {
        const moved = publish(9, `out/${device.route}/reg`, '{"y":"address"}');
        await mutant.send(Buffer.concat([connect(device.route, device.route, device.secret), moved]), CONNECTED_MS);
        if (mutant.connack !== 0) tally.refused++;
        for (let sent = 0; sent < PACKETS_A_CONNECTION && mutant.connack === 0; sent++) {
            const came = await mutant.send(mutate(random.pick(later), random.pick(later), random));
            tally.packets++;
            if (came === "quiet") tally.quiet++;
            if (came !== "answered") break;
        }
    }
    mutant.client.destroy();
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const wanted = byScale(scale, 5_000, 100_000, 1_000_000);
    const seed = chooseSeed();
    await underAttack(async (victim) => {
        const devices = await victim.registerMany(Math.max(LANES * 24, Math.ceil(wanted / PACKETS_A_ROUTE)));
        const tally: Tally = { packets: 0, connections: 0, refused: 0, quiet: 0 };
        const attack = async (packets: number, round: number) => {
            const until = tally.packets + packets;
            await inLanes(LANES, async (lane) => {
                const random = seeded(seed + round * LANES + lane);
                const own = devices.filter((_, index) => index % LANES === lane);
                for (let next = random.below(own.length); tally.packets < until; next++) {
                    await attackOnce(victim, own[next % own.length]!, addressOf(next % 500), random, tally);
                }
            });
        };
        await attack(wanted / 20, ROUNDS); // the code is compiled, the caches are full
        await withinMemory(victim, verdict, () =>
            beside(
                victim,
                verdict,
                async () => {
                    Object.assign(tally, { packets: 0, connections: 0, refused: 0, quiet: 0 });
                    const grownMb: string[] = [];
                    let attackedMs = 0;
                    for (let round = 0; round < ROUNDS; round++) {
                        const startMs = performance.now();
                        await attack(wanted / ROUNDS, round);
                        attackedMs += performance.now() - startMs;
                        if (scale === "long") grownMb.push((await victim.measure()).rssMb.toFixed(0));
                    }
                    const { packets, connections, refused, quiet } = tally;
                    verdict.figure(
                        `${count(packets)} mutated packets from 10 seeds, ${count((packets / attackedMs) * 1_000)}/s`,
                    );
                    verdict.figure(
                        `${count(connections)} connections (${count(refused)} refused), ${count(quiet)} packets without end`,
                    );
                    if (grownMb.length > 0) verdict.figure(`MB after each tenth: ${grownMb.join(" ")}`);
                    verdict.must(refused < connections / 4, "the attack took place");
                },
                FRESH_MS,
            ),
        );
    });
}

/** Packets that are nearly right, before and after authentication. */
export const mutations: Attack = { name: "mutations", run };
