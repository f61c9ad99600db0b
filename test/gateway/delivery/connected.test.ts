import assert from "node:assert/strict";
import { test } from "node:test";
import mqtt from "mqtt";
import type { Store } from "../../../gateway/ports/store.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { seeded } from "../../support/seeded.ts";
import { slowStore } from "../../support/slow-store.ts";
import { MANY, RawClient } from "../aedes/door.ts";
import { connect, packetsIn, PINGREQ, publish, subscribe } from "../aedes/packets.ts";
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
        await eventually("five packets", () => packetsIn(client.received).length === 5);
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
            await eventually(`${count} messages`, () => bodies.length >= count);
            await eventually("an empty backlog", async () => (await house.store.backlog.size(route)).messages === 0);
            await client.endAsync();
        }
        assert.deepEqual(bodies, ["1", "2", "3", "live 0", "too 0", "live 1", "too 1"]);
    }));

test("a store that takes 0 to 50 ms, and connections that break: none lost, none shown twice, none twice on one connection", () => {
    const random = seeded(20_260_101);
    const wrap = (store: Store) => slowStore(store, () => random.fraction() * 50);
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
                await pause(100 + random.fraction() * 300);
                device.drop();
                await device.connect();
            }
        })();
        await Promise.all(senders);
        sending = false;
        await breaking;
        await eventually(
            `${device.shown.length} of ${accepted.length} shown`,
            () => device.shown.length >= accepted.length,
        );
        await eventually(
            "an empty backlog",
            async () => (await house.store.backlog.size(enrolled.route)).messages === 0,
        );
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

test("a slow flush delays nobody's ping: 50 are answered within one", async () => {
    let [delayMs, flushed] = [0, 0];
    const wrap = (store: Store) =>
        slowStore(
            store,
            () => delayMs,
            () => void flushed++,
        );
    await within(wrap, async (house) => {
        const [busy, quiet] = [await house.enrol(1), await house.enrol(2)];
        const client = new RawClient(house.port);
        client.write(connect(quiet.route, quiet.route, quiet.secret));
        await client.octets(4);
        delayMs = 3_000; // 50 pings take some 20 ms
        const sending = Promise.all(Array.from({ length: 200 }, (_, n) => house.send(busy.registration, `${n}`)));
        const before = flushed;
        for (let count = 1; count <= 50; count++) {
            client.write(PINGREQ);
            await client.octets(4 + 2 * count);
        }
        assert.equal(flushed, before);
        delayMs = 0;
        await sending;
        client.destroy();
    });
});

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
        await eventually("shown", () => first.shown.includes("hello"));
        const message = { i: 1, g: 5, to: two.registration.number, b: "and you?" };
        await first.client!.publishAsync(`out/${one.route}/msg`, JSON.stringify(message), { qos: 1 });
        await eventually("shown by the other", () => second.shown.includes("and you?"));
        publisher.publish("to/34600000002", "not in the token's reach", { qos: 1 }, () => {});
        await new Promise((resolve) => publisher.once("close", () => resolve(undefined)));
        assert.deepEqual(second.shown, ["and you?"]);
        assert.ok(!house.logged.join().includes("600000"), "no number in the log");
        publisher.end(true);
        first.drop();
        second.drop();
    }));
