import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE, openDoor, RawClient, OTHER, ROUTE, TOKEN } from "./door.ts";
import {
    ACCEPTED,
    connect,
    connectAs,
    PINGREQ,
    puback,
    publish,
    publishOnce,
    subscribe,
    unsubscribe,
} from "./packets.ts";

/** Mutated conversations a seed. The long run is the hostile command's. */
const ROUNDS = 300;
const AT_ONCE = 25;

/** A small random generator with a seed: mulberry32. */
function randomOf(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
    };
}

const PACKETS = [
    subscribe(1, [`in/${ROUTE}`, 1]),
    subscribe(2, [`in/${ROUTE}`, 0], [`in/${OTHER}`, 1], ["#", 2]),
    unsubscribe(3, `in/${ROUTE}`),
    publish(4, `out/${ROUTE}/reg`, '{"r":"x","v":"1","a":"10.0.0.7","y":"boot","m":2048,"w":4,"e":1,"n":2}'),
    publish(5, `out/${ROUTE}/nack`, '{"n":1,"y":"handler"}'),
    publish(6, `out/${ROUTE}/msg`, '{"i":1,"g":2,"to":"+34600111222","b":"x"}'),
    publishOnce(`out/${ROUTE}/read`, '{"n":1}'),
    puback(7),
    PINGREQ,
    Buffer.from([0xe0, 0]),
];
const CONNECTS = [connectAs(ROUTE), connect("enrol-c1", "+34600111222", CODE), connect("p", "token", TOKEN)];

for (const seed of [1, 2, 3, 4]) {
    test(`fuzz, seed ${seed}: mutated packets crash nothing, reach nobody, and a fresh client is served meanwhile`, async () => {
        const random = randomOf(seed);
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

        function mutate(octets: Buffer): Buffer {
            const parts = [...octets];
            for (let count = random(3); count >= 0; count--) {
                const at = random(parts.length + 1);
                const kind = random(4);
                if (kind === 0) parts[at % parts.length] = random(256);
                else if (kind === 1) parts.splice(at, 0, random(256));
                else if (kind === 2) parts.splice(at, 1 + random(4));
                else parts[at % parts.length] = (parts[at % parts.length] ?? 0) ^ (1 << random(8));
            }
            return Buffer.from(parts);
        }

        async function converse(): Promise<void> {
            const client = new RawClient(door.port);
            const first = CONNECTS[random(CONNECTS.length)]!;
            client.write(random(4) === 0 ? mutate(first) : first);
            for (let count = 1 + random(5); count > 0; count--) {
                const next = PACKETS[random(PACKETS.length)]!;
                client.write(random(2) === 0 ? mutate(next) : next);
                if (random(8) === 0) door.connections.push(ROUTE, random(1_000) + 1, Buffer.from("push"));
            }
            await Promise.race([client.end(), new Promise((resolve) => setTimeout(resolve, 15))]);
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
