import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { ConnectionLimits } from "../../../gateway/limits/connection-limits.ts";
import type { Route } from "../../../gateway/registration.ts";
import { HandTimers } from "../../support/hand-timers.ts";
import { openDoor, RawClient, OTHER, ROUTE, TOKEN, type Door } from "./door.ts";
import { ACCEPTED, connack, connect, connectAs, PINGREQ, publish, subscribe } from "./packets.ts";

/** A door with these limits, for the time of a test. */
async function behind(limits: Partial<ConnectionLimits>, work: (door: Door) => Promise<void>): Promise<void> {
    const door = await openDoor({ limits });
    try {
        await work(door);
    } finally {
        await door.shut();
    }
}

async function opened(port: number, from?: string): Promise<RawClient> {
    const client = new RawClient(port, from);
    await once(client.socket, "connect");
    return client;
}

test("a route that connects all the time is refused with 3 and shown; a device whose address changes 50 times is not", async () => {
    const startMs = Date.now();
    await behind({}, async (door) => {
        for (let count = 0; count < 50; count++) {
            const client = new RawClient(door.port, `127.0.0.${2 + count}`);
            client.write(Buffer.concat([connectAs(OTHER), publish(1, `out/${OTHER}/reg`, '{"y":"address"}')]));
            assert.equal((await client.octets(8)).length, 8, `${count}`);
            if (count % 2 === 0) client.destroy(); // the others are left open: the next takes over
        }
        for (let count = 0; count < 15; count++) {
            const client = new RawClient(door.port);
            client.write(connectAs(ROUTE));
            await client.octets(4);
            const closed = door.happened.length;
            client.destroy();
            while (!door.happened.slice(closed).includes(`closed ${ROUTE}`))
                await new Promise((go) => setImmediate(go));
        }
        const refused = new RawClient(door.port);
        refused.write(connectAs(ROUTE));
        assert.deepEqual(await refused.end(), connack(3));
        const { flapping } = door.connections.stats();
        assert.deepEqual(
            flapping.map(({ route }) => route),
            [ROUTE],
        );
        assert.ok(flapping[0]!.untilMs >= startMs + 300_000);
    });
});

test("a publisher that connects for each of its messages is not flapping", async () => {
    await behind({ shortConnections: { burst: 5, perSecond: 0 } }, async (door) => {
        for (let count = 0; count < 12; count++) {
            const client = new RawClient(door.port);
            client.write(Buffer.concat([connect("doorbell", "me", TOKEN), publish(1, "to/34600111222", "ring")]));
            assert.equal((await client.octets(8)).toString("hex"), "2002000040020001");
            client.destroy();
        }
        assert.deepEqual(door.connections.stats().flapping, []);
    });
});

test("a client without the secret can neither make a route flap nor use up its CONNECTs", async () => {
    await behind({ connectsPerRoute: { burst: 2, perSecond: 0 } }, async (door) => {
        for (let count = 0; count < 40; count++) {
            const stranger = new RawClient(door.port);
            stranger.write(connect(ROUTE, ROUTE, "guessed"));
            assert.deepEqual(await stranger.end(), connack(4));
        }
        const client = new RawClient(door.port);
        client.write(connectAs(ROUTE));
        assert.deepEqual(await client.octets(4), ACCEPTED);
        client.destroy();
    });
});

test("too many wrong secrets from one address: nobody new may try there, but who was connected before may, and other addresses", async () => {
    await behind({ failuresPerAddress: { burst: 3, perSecond: 0 } }, async (door) => {
        const known = new RawClient(door.port);
        known.write(connectAs(ROUTE));
        await known.octets(4);
        known.destroy();
        const publisher = new RawClient(door.port);
        publisher.write(connect("publisher", "u", TOKEN));
        await publisher.octets(4);
        publisher.destroy();
        for (let count = 0; count < 5; count++) {
            const guess = new RawClient(door.port);
            guess.write(connect(OTHER, OTHER, "guessed"));
            assert.deepEqual(await guess.end(), connack(count < 3 ? 4 : 3));
        }
        for (const [clientId, token, code] of [
            ["another client id", TOKEN, 0],
            ["", TOKEN, 0],
            ["publisher", `${TOKEN}.`, 3],
        ] as const) {
            const client = new RawClient(door.port);
            client.write(connect(clientId, "u", token));
            assert.deepEqual(await client.octets(4), connack(code), `publisher "${clientId}"`);
            client.destroy();
        }
        for (const [route, from, answer] of [
            [OTHER, "127.0.0.1", connack(3)],
            [ROUTE, "127.0.0.1", ACCEPTED],
            [OTHER, "127.0.0.2", ACCEPTED],
        ] as const) {
            const client = new RawClient(door.port, from);
            client.write(connectAs(route));
            assert.deepEqual(await client.octets(4), answer, `${route} from ${from}`);
            client.destroy();
        }
    });
});

test("CONNECTs of one address have their rate; another address is served", async () => {
    await behind({ connectsPerAddress: { burst: 2, perSecond: 0 } }, async (door) => {
        for (const [from, code] of [
            ["127.0.0.1", 0],
            ["127.0.0.1", 0],
            ["127.0.0.1", 3],
            ["127.0.0.9", 0],
        ] as const) {
            const client = new RawClient(door.port, from);
            client.write(connectAs(ROUTE));
            assert.deepEqual(await client.octets(4), connack(code));
            client.destroy();
        }
    });
});

test("connections have their number, in all and for an address; those that are gone count no more", async () => {
    await behind({ connections: 5, perAddress: 3 }, async (door) => {
        const first = [await opened(door.port), await opened(door.port), await opened(door.port)];
        const fourth = new RawClient(door.port);
        await fourth.end();
        const elsewhere = [await opened(door.port, "127.0.0.2"), await opened(door.port, "127.0.0.2")];
        const sixth = new RawClient(door.port, "127.0.0.3");
        await sixth.end();
        assert.equal(door.connections.stats().waiting, 5);
        for (const client of [...first, ...elsewhere]) client.destroy();
        while (door.connections.stats().waiting > 0) await new Promise((go) => setImmediate(go));
        const again = new RawClient(door.port);
        again.write(connectAs(ROUTE));
        assert.deepEqual(await again.octets(4), ACCEPTED);
        assert.deepEqual(door.connections.stats().refused, { "too many connections": 2 });
    });
});

test("publishers of one token, and all publishers, leave room for boards; one that comes again takes its own place", async () => {
    const publish = async (door: Door, clientId: string, token = TOKEN) => {
        const client = new RawClient(door.port);
        client.write(connect(clientId, "u", token));
        return (await client.octets(4))[3];
    };
    for (const limits of [{ publishersPerToken: 2 }, { publishers: 2 }]) {
        await behind(limits, async (door) => {
            assert.deepEqual([await publish(door, "a"), await publish(door, "b")], [0, 0]);
            assert.equal(await publish(door, "c"), 3);
            assert.equal(await publish(door, "a"), 0);
            assert.equal(await publish(door, "c"), 3);
            const board = new RawClient(door.port);
            board.write(connectAs(ROUTE));
            assert.deepEqual(await board.octets(4), ACCEPTED);
        });
    }
});

test("of connections without CONNECT the oldest gives way, so an honest one is always let in", async () => {
    await behind({ waiting: 20, waitingPerAddress: 10 }, async (door) => {
        const silent = [];
        for (let count = 0; count < 60; count++) silent.push(await opened(door.port, `127.0.0.${2 + (count % 3)}`));
        const client = new RawClient(door.port, "127.0.0.2");
        client.write(connectAs(ROUTE));
        assert.deepEqual(await client.octets(4), ACCEPTED);
        assert.ok(door.connections.stats().waiting <= 20);
        await Promise.all(silent.slice(0, 39).map((one) => one.end()));
    });
});

test("a CONNECT that lies in the kernel came in time: before its deadline, and before another connection wanted its place", async () => {
    const timers = new HandTimers(0);
    const door = await openDoor({ timers, limits: { waitingPerAddress: 2 } });
    const publisher = (name: string) => connect(name, "u", TOKEN);
    const twoWait = async () => {
        while (door.connections.stats().waiting < 2) await new Promise((go) => setImmediate(go));
    };
    try {
        const [first, second] = [await opened(door.port), await opened(door.port)];
        await twoWait();
        const third = new RawClient(door.port);
        await new Promise((go) => process.nextTick(go)); // it dials, and then the oldest sends what is read behind that
        first.write(publisher("a"));
        assert.deepEqual(await first.octets(4), ACCEPTED);
        await twoWait();
        await new Promise((go) => setTimeout(go, 1)); // timers are called before sockets are read, in each turn
        second.write(publisher("b"));
        timers.turn(60_000);
        assert.deepEqual(await second.octets(4), ACCEPTED);
        assert.equal((await third.end()).length, 0);
        assert.deepEqual(door.connections.stats().refused, { "no CONNECT in time": 1 });
    } finally {
        await door.shut();
    }
});

test("100 connections that announce 256 MB cost nothing and are cut at once", async () => {
    await behind({}, async (door) => {
        const honest = new RawClient(door.port);
        honest.write(connectAs(ROUTE));
        await honest.octets(4);
        const before = process.memoryUsage().rss;
        await Promise.all(
            Array.from({ length: 100 }, async () => {
                const client = new RawClient(door.port);
                client.write("10 ff ff ff 7f 00 04 4d 51 54 54");
                client.write(Buffer.alloc(100_000));
                await client.end();
            }),
        );
        assert.ok(process.memoryUsage().rss - before < 60e6, "both ends are in this process");
        honest.write(PINGREQ);
        assert.equal((await honest.octets(6)).length, 6);
    });
});

test("a SUBSCRIBE with 8,000 filters is cut, unanswered and unread", async () => {
    await behind({}, async (door) => {
        const client = new RawClient(door.port);
        client.write(connectAs(ROUTE, { flags: 0xc0 }));
        await client.octets(4);
        client.write(subscribe(1, ...Array.from({ length: 8_000 }, (_, n): [string, number] => [`f${n}`, 1])));
        assert.deepEqual(await client.end(), ACCEPTED);
    });
});

test("what waits behind CONNECT while the secret is checked is bounded", async () => {
    await behind({}, async (door) => {
        const client = new RawClient(door.port);
        client.write(Buffer.concat([connectAs(ROUTE), publish(1, `out/${ROUTE}/read`, "x".repeat(3_000))]));
        assert.equal((await client.end()).length, 0);
    });
});

test("2,000 silent connections are gone after the deadline, and a device is served meanwhile", async () => {
    await behind({ connectMs: 2_000 }, async (door) => {
        const silent: RawClient[] = [];
        while (silent.length < 2_000) {
            silent.push(...(await Promise.all(Array.from({ length: 100 }, () => opened(door.port)))));
        }
        const client = new RawClient(door.port);
        client.write(connectAs(ROUTE));
        assert.deepEqual(await client.octets(4), ACCEPTED);
        assert.ok(door.connections.stats().waiting > 0, "before the last of them is gone");
        await Promise.all(silent.map((one) => one.end()));
        assert.equal(door.connections.stats().waiting, 0);
        assert.equal(client.closed, false);
    });
});

// With 10,000, in processes of their own: npm run bench -- --only boards
test("2,000 boards that dial at once are all let in: none is cut for the sake of the gateway's own waiting room", async () => {
    await behind({}, async (door) => {
        const routes = Array.from({ length: 2_000 }, (_, index) => `board-${index}`.padEnd(16, "x") as Route);
        const boards = routes.map((route) => {
            const board = new RawClient(door.port);
            board.write(connectAs(route));
            return board;
        });
        const answers = await Promise.all(boards.map((board) => board.octets(4)));
        assert.equal(answers.filter((answer) => answer.equals(ACCEPTED)).length, 2_000);
        assert.deepEqual(door.connections.stats().refused, {});
        assert.equal(door.connections.count(), 2_000);
        for (const board of boards) board.destroy();
    });
});
