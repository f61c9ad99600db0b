import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPackets, laterPackets, mutate } from "../../hostile/packet-mutator.ts";
import { seeded } from "../../support/seeded.ts";
import { openDoor, RawClient, OTHER, ROUTE, TOKEN } from "./door.ts";
import { ACCEPTED, connectAs, PINGREQ } from "./packets.ts";

/** Mutated conversations a seed. The long run is the hostile command's. */
const ROUNDS = 300;
const AT_ONCE = 25;

const DEVICE = { number: "+34600111222", route: ROUTE, secret: `secret-${ROUTE}` };
const FIRST = firstPackets(DEVICE, TOKEN);
const LATER = [...laterPackets(DEVICE), PINGREQ, Buffer.from([0xe0, 0])];

for (const seed of [1, 2, 3, 4]) {
    test(`fuzz, seed ${seed}: mutated packets crash nothing, reach nobody, and a fresh client is served meanwhile`, async () => {
        const random = seeded(seed);
        const rate = { burst: 1e6, perSecond: 1e6 };
        const limits = {
            flappingConnects: 1e6,
            connectsPerRoute: rate,
            failuresPerAddress: rate,
            connectsPerAddress: rate,
        };
        const door = await openDoor({ limits });
        const rejections: unknown[] = [];
        const onRejection = (reason: unknown) => rejections.push(reason);
        process.on("unhandledRejection", onRejection);

        async function converse(): Promise<void> {
            const client = new RawClient(door.port);
            const mutated = (packets: Buffer[], percent: number) => {
                const packet = random.pick(packets);
                return random.percent(percent) ? mutate(packet, random.pick(packets), random) : packet;
            };
            client.write(mutated(FIRST, 25));
            for (let count = 1 + random.below(5); count > 0; count--) {
                client.write(mutated(LATER, 50));
                if (random.percent(12)) door.connections.push(ROUTE, random.below(1_000) + 1, Buffer.from("push"));
            }
            await client.ended(15);
            client.destroy();
        }

        try {
            for (let round = 0; round < ROUNDS; round += AT_ONCE) {
                await Promise.all(Array.from({ length: AT_ONCE }, converse));
                const fresh = new RawClient(door.port);
                fresh.write(Buffer.concat([connectAs(OTHER), PINGREQ]));
                const received = await fresh.octets(6);
                assert.deepEqual(received.subarray(0, 4), ACCEPTED);
                fresh.destroy();
            }
            const lines = door.happened.filter((line) => !/^(connected|closed|subscribed|published)/.test(line));
            for (const line of lines) assert.ok(line.includes(ROUTE), `only for itself: ${line}`);
            assert.deepEqual(rejections, []);
        } finally {
            process.off("unhandledRejection", onRejection);
            await door.shut();
        }
    });
}
