import { connect, PINGREQ, publish, puback } from "../../gateway/aedes/packets.ts";
import { chooseSeed, seeded, type Seeded } from "../../support/seeded.ts";
import { beside } from "../honest.ts";
import { withinMemory } from "../memory.ts";
import { firstPackets, laterPackets, mutate } from "../packet-mutator.ts";
import { byScale, count, inLanes, type Attack, type Scale, type Verdict } from "../verdict.ts";
import { underAttack, type Registered, type Victim } from "../victim.ts";
import { addressOf, WireClient } from "../wire-client.ts";

const LANES = 32;
/** A route may connect 300 times at once and once a second: so many routes do not run dry. */
const PACKETS_A_ROUTE = 300;
/** Without an answer for so long: the last packet was understood as a longer one, whose rest is not coming. */
const QUIET_MS = 150;
/** Mutated packets of one connection, until it is cut. */
const PACKETS_A_CONNECTION = 8;
/** One in so many connections mutates its CONNECT. */
const FIRST_PERCENT = 25;

interface Tally {
    packets: number;
    connections: number;
    refused: number;
}

/** Sends mutated packets, each with a ping behind it that tells whether it was understood, until the connection is cut. */
async function attackOnce(victim: Victim, device: Registered, from: string, random: Seeded, tally: Tally) {
    const first = firstPackets(device, victim.token);
    const later = laterPackets(device);
    const client = new WireClient(victim.port, from);
    tally.connections++;
    let pings = 0;
    let refused = false;
    let answered = () => {};
    const allAnswered = new Promise<boolean>((resolve) => (answered = () => resolve(true)));
    client.onPacket = (octets) => {
        const type = octets[0]! >> 4;
        if (type === 13 && ++pings === PACKETS_A_CONNECTION) answered();
        if (type === 2 && octets[3] !== 0) refused = true;
        if (type === 3 && (octets[0]! & 6) !== 0)
            client.write(puback(octets.readUInt16BE(4 + device.route.length + 3)));
    };
    if (random.percent(FIRST_PERCENT)) {
        const mutated = mutate(random.pick(first), random.pick([...first, ...later]), random);
        client.write(Buffer.concat([mutated, PINGREQ]));
        client.socket.end();
        await client.ended();
        tally.packets++;
    } else {
        const moved = publish(9, `out/${device.route}/reg`, '{"y":"address"}');
        const octets = [connect(device.route, device.route, device.secret), moved];
        for (let sent = 0; sent < PACKETS_A_CONNECTION; sent++) {
            octets.push(mutate(random.pick(later), random.pick(later), random), PINGREQ);
        }
        client.write(Buffer.concat(octets));
        for (let seen = -1; pings < PACKETS_A_CONNECTION && pings > seen;) {
            seen = pings;
            if (await Promise.race([client.ended(QUIET_MS), allAnswered])) break;
        }
        // Those that a ping came back for, and the one that ended it: what was behind that one was never read.
        if (refused) tally.refused++;
        else tally.packets += Math.min(PACKETS_A_CONNECTION, pings + 1);
    }
    client.destroy();
}

async function run(scale: Scale, verdict: Verdict): Promise<void> {
    const wanted = byScale(scale, 15_000, 100_000, 1_000_000);
    const seed = chooseSeed();
    await underAttack(async (victim) => {
        const devices = await victim.register(Math.max(LANES * 16, Math.ceil(wanted / PACKETS_A_ROUTE)));
        const attack = async (packets: number) => {
            const tally: Tally = { packets: 0, connections: 0, refused: 0 };
            await inLanes(LANES, async (lane) => {
                const random = seeded(seed + lane);
                const own = devices.filter((_, index) => index % LANES === lane);
                for (let next = 0; tally.packets < packets; next++) {
                    await attackOnce(victim, own[next % own.length]!, addressOf(next % 500), random, tally);
                }
            });
            return tally;
        };
        await attack(wanted / 20); // the code is compiled, the caches are full
        await withinMemory(victim, verdict, () =>
            beside(victim, verdict, 100, async () => {
                const startMs = performance.now();
                const { packets, connections, refused } = await attack(wanted);
                const perS = packets / ((performance.now() - startMs) / 1000);
                verdict.figure(`${count(packets)} mutated packets from 10 seeds, ${count(perS)}/s`);
                verdict.figure(`${count(connections)} connections (${count(refused)} refused)`);
                verdict.must(refused < connections / 10, "the attack took place");
            }),
        );
    });
}

/** Packets that are nearly right, before and after authentication. */
export const mutations: Attack = { name: "mutations", run };
