import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import mqtt from "mqtt";
import type { Store } from "../../../gateway/ports/store.ts";
import { slowStore } from "../../support/slow-store.ts";
import { MANY, RawClient } from "../aedes/door.ts";
import { connect, packetsIn, PINGREQ, publish, puback, subscribe } from "../aedes/packets.ts";
import { Device, openHouse, type House } from "./house.ts";

async function within(
    wrap: ((store: Store) => Store) | undefined,
    work: (house: House) => Promise<void>,
): Promise<void> {
    const house = await openHouse(wrap, { shortConnections: MANY });
    try {
        await work(house);
    } finally {
        await house.close();
    }
}

/** Waits until something holds, 20 s at most. */
async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadlineMs = performance.now() + 20_000;
    while (!(await holds())) {
        assert.ok(performance.now() < deadlineMs, what);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

/** A small random generator with a seed: mulberry32. */
function randomOf(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

test("the first queued message comes two round trips after SYN: nothing more is written than CONNECT, SUBSCRIBE and registration", () =>
    within(undefined, async (house) => {
        const { route, secret, registration } = await house.enrol(1);
        await house.send(registration, "Café €5 😀");
        const client = new RawClient(house.port);
        const reg = JSON.stringify({ r: "host", v: "1", a: "10.0.0.7", y: "boot", m: 1024, w: 4 });
        client.write(
            Buffer.concat([
                connect(route, route, secret),
                subscribe(1, [`in/${route}`, 1]),
                publish(2, `out/${route}/reg`, reg),
            ]),
        );
        await until(() => packetsIn(client.received).length === 5, "five packets");
        const packets = packetsIn(client.received);
        const firsts = packets.map((packet) => packet[0]!);
        assert.equal(firsts[0], 0x20, "CONNACK first");
        assert.deepEqual(firsts.slice(3), [0x30, 0x32], "then the answer to the registration, then the push");
        assert.deepEqual(new Set(firsts.slice(1, 3)), new Set([0x40, 0x90]), "PUBACK and SUBACK");
        assert.ok(packets[4]!.includes(Buffer.from("Café €5 😀")), "raw UTF-8, octet for octet");
        client.destroy();
    }));

test("any MQTT client gets what waited and what comes, in order, and nothing twice after a reconnect with its session kept", () =>
    within(undefined, async (house) => {
        const { route, secret, registration } = await house.enrol(1);
        for (const body of ["1", "2", "3"]) await house.send(registration, body);
        const bodies: string[] = [];
        for (const round of [0, 1, 2]) {
            const options = { clientId: route, username: route, password: secret, clean: false, reconnectPeriod: 0 };
            const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${house.port}`, options);
            client.on("message", (_topic, payload) => bodies.push((JSON.parse(payload.toString()) as { b: string }).b));
            if (round < 2) await client.subscribeAsync(`in/${route}`, { qos: 1 });
            if (round < 2) for (const body of ["live", "too"]) await house.send(registration, `${body} ${round}`);
            const count = round === 0 ? 5 : 7;
            await until(() => bodies.length >= count, `${count} messages`);
            await until(async () => (await house.store.backlog.size(route)).messages === 0, "an empty backlog");
            await client.endAsync();
        }
        assert.deepEqual(bodies, ["1", "2", "3", "live 0", "too 0", "live 1", "too 1"]);
    }));

test("a store that takes 0 to 50 ms, and connections that break: none lost, none shown twice, none twice on one connection", () => {
    const random = randomOf(20_260_101);
    const wrap = (store: Store) => slowStore(store, () => random() * 50);
    return within(wrap, async (house) => {
        const enrolled = await house.enrol(1);
        const device = new Device(house.port, enrolled);
        await device.connect();
        const accepted: string[] = [];
        let sending = true;
        const senders = Array.from({ length: 4 }, async (_, sender) => {
            for (let count = 0; count < 150; count++) {
                const body = `${sender}-${count}`;
                await house.send(enrolled.registration, body);
                accepted.push(body);
            }
        });
        const breaking = (async () => {
            while (sending) {
                await new Promise((resolve) => setTimeout(resolve, 100 + random() * 300));
                device.drop();
                await device.connect();
            }
        })();
        await Promise.all(senders);
        sending = false;
        await breaking;
        await until(() => device.shown.length >= accepted.length, `${device.shown.length} of ${accepted.length} shown`);
        await until(async () => (await house.store.backlog.size(enrolled.route)).messages === 0, "an empty backlog");
        assert.deepEqual([...device.shown].sort(), [...accepted].sort());
        assert.equal(new Set(device.shown).size, device.shown.length);
        assert.ok(device.pushes.length > 5, `${device.pushes.length} connections`);
        for (const pushes of device.pushes) {
            assert.deepEqual(
                pushes,
                [...new Set(pushes)].sort((a, b) => a - b),
                "in order, and none twice",
            );
        }
        device.drop();
    });
});

test("a flush of 200 ms delays nobody's ping", () =>
    within(
        (store) => slowStore(store, () => 200),
        async (house) => {
            const [busy, quiet] = [await house.enrol(1), await house.enrol(2)];
            const device = new Device(house.port, busy);
            await device.connect();
            const client = new RawClient(house.port);
            client.write(connect(quiet.route, quiet.route, quiet.secret));
            await client.octets(4);
            const sending = Promise.all(Array.from({ length: 200 }, (_, n) => house.send(busy.registration, `${n}`)));
            const pings: number[] = [];
            for (let count = 1; count <= 50; count++) {
                const startMs = performance.now();
                client.write(PINGREQ);
                await client.octets(4 + 2 * count);
                pings.push(performance.now() - startMs);
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
            await sending;
            const slowest = Math.max(...pings);
            assert.ok(slowest < 100, `a ping took ${slowest} ms`);
            await until(() => device.shown.length === 200, "all shown");
            client.destroy();
            device.drop();
        },
    ));

test("150 of 500 devices stop reading: the others are served as fast as before, and memory stays bounded", () =>
    within(undefined, async (house) => {
        const devices = await Promise.all(
            Array.from({ length: 500 }, async (_, index) => {
                const enrolled = await house.enrol(index + 1);
                const client = new RawClient(house.port);
                const { route, secret } = enrolled;
                const reg = JSON.stringify({ r: "host", v: "1", a: "", y: "boot", m: 1024, w: 2 });
                client.write(
                    Buffer.concat([
                        connect(route, route, secret),
                        subscribe(1, [`in/${route}`, 1]),
                        publish(2, `out/${route}/reg`, reg),
                    ]),
                );
                await until(() => client.received.includes('"w":0'), "registered");
                return { enrolled, client };
            }),
        );
        const frozen = devices.slice(0, 150);
        const others = devices.slice(150);

        /** Sends one message to each of some, and takes the time until its octets are there. @returns the 99th percentile in ms */
        async function serve(bodies: string): Promise<number> {
            const times: number[] = [];
            for (let from = 0; from < others.length; from += 50) {
                const some = others.slice(from, from + 50).map(async ({ enrolled, client }) => {
                    const startMs = performance.now();
                    await house.send(enrolled.registration, bodies);
                    while (!client.received.includes(bodies)) await once(client.socket, "data");
                    times.push(performance.now() - startMs);
                    const push = packetsIn(client.received).findLast((packet) => packet[0] === 0x32)!;
                    client.write(puback(push.readUInt16BE(2 + 2 + 19)));
                });
                await Promise.all(some);
            }
            return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
        }

        /** The best of three: what the machine does besides comes and goes, a stall by frozen devices stays. */
        async function best(name: string): Promise<number> {
            return Math.min(await serve(`${name} 1`), await serve(`${name} 2`), await serve(`${name} 3`));
        }

        const before = await best("before");
        for (const { client } of frozen) client.socket.pause();
        const large = "x".repeat(900);
        for (let round = 0; round < 20; round++) {
            await Promise.all(frozen.map(({ enrolled }) => house.send(enrolled.registration, large)));
        }
        const rss = process.memoryUsage().rss;
        const meanwhile = await best("meanwhile");
        assert.ok(meanwhile < 2 * before + 50, `p99 ${meanwhile} ms, and ${before} ms before`);
        assert.ok(process.memoryUsage().rss - rss < 60e6);
        for (const { client } of devices) client.destroy();
    }));

test("a publisher with a token pushes to a number, and a device answers to another number", () =>
    within(undefined, async (house) => {
        const [one, two] = [await house.enrol(1), await house.enrol(2)];
        const { token } = await house.tokens.createToken("sender", "+34600000001");
        const [first, second] = [new Device(house.port, one), new Device(house.port, two)];
        await first.connect();
        await second.connect();
        const options = { username: "token", password: token, reconnectPeriod: 0 };
        const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${house.port}`, options);
        await publisher.publishAsync("to/34600000001", "hello", { qos: 1 });
        await until(() => first.shown.includes("hello"), "shown");
        const message = { i: 1, g: 5, to: two.registration.number, b: "and you?" };
        await first.client!.publishAsync(`out/${one.route}/msg`, JSON.stringify(message), { qos: 1 });
        await until(() => second.shown.includes("and you?"), "shown by the other");
        publisher.publish("to/34600000002", "not in the token's reach", { qos: 1 }, () => {});
        await new Promise((resolve) => publisher.once("close", () => resolve(undefined)));
        assert.deepEqual(second.shown, ["and you?"]);
        assert.ok(!house.logged.join().includes("600000"), "no number in the log");
        publisher.end(true);
        first.drop();
        second.drop();
    }));
