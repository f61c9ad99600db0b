import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { openDoor, OTHER, RawClient, ROUTE } from "./door.ts";
import { ACCEPTED, connectAs, PINGREQ, PINGRESP } from "./packets.ts";
import {
    dialRaw,
    first,
    heard,
    hello,
    isClosed,
    isEmpty,
    open,
    opened,
    openTls,
    pem,
    pingAllTheTime,
    second,
    startRelay,
    until,
} from "./tls-clients.ts";

// The TLS port, as somebody would have it who wants others kept out.

test("TLS, attacked: a version before 1.2 is refused whatever Node's own bounds are, also after a reload", async (t) => {
    const own = { least: tls.DEFAULT_MIN_VERSION, ciphers: tls.DEFAULT_CIPHERS };
    [tls.DEFAULT_MIN_VERSION, tls.DEFAULT_CIPHERS] = ["TLSv1", "DEFAULT@SECLEVEL=0"]; // as NODE_OPTIONS can set them
    t.after(() => {
        [tls.DEFAULT_MIN_VERSION, tls.DEFAULT_CIPHERS] = [own.least, own.ciphers];
    });
    const { listener } = await openTls(t);
    const reload = () => listener.reload(pem(first.gateway));
    for (const prepare of [() => {}, reload, reload]) {
        prepare();
        for (const version of ["TLSv1", "TLSv1.1"] as const) {
            const old = open(listener.port, { minVersion: version, maxVersion: version });
            await assert.rejects(old, /alert protocol version|unsupported protocol/);
        }
        (await open(listener.port, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })).destroy();
    }
});

// At its start, and again with the certificate of a reload.
for (const reloads of [0, 1, 2]) {
    test(`TLS, attacked: who renegotiates is cut off at the first try, after ${reloads} reloads`, async (t) => {
        const { door, listener } = await openTls(t);
        for (let count = 0; count < reloads; count++)
            listener.reload(pem(count % 2 === 0 ? second.gateway : first.gateway));
        const relay = await startRelay(t, listener.port, 4_096);
        const socket = await open(relay.port, { maxVersion: "TLSv1.2" });
        socket.write(connectAs(ROUTE));
        assert.deepEqual(await heard(socket), ACCEPTED);
        const before = relay.far().bytesRead;
        let renegotiated = false;
        socket.on("error", () => {});
        socket.renegotiate({}, (error) => (renegotiated ||= error === null));
        await isClosed(socket);
        assert.equal(renegotiated, false);
        // One alert of a few octets at most, and no ServerHello with its certificate.
        assert.ok(relay.far().bytesRead - before < 100, `${relay.far().bytesRead - before} octets`);
        await door.until(`closed ${ROUTE}`);
    });
}

test("TLS, attacked: one port of a client, to two addresses of the gateway, is two connections", async (t) => {
    const door = await openDoor({ limits: { connectMs: 800 } });
    t.after(() => door.shut());
    const { port } = await door.connections.listen({ host: "0.0.0.0", port: 0, tls: pem(first.gateway) });
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port: localPort } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const raws = ["127.0.0.1", "127.0.0.2"].map((host) => {
        const socket = dial({ host, port, localAddress: "127.0.0.1", localPort }).on("error", () => {});
        opened.push(socket);
        return socket;
    });
    await Promise.all(raws.map((raw) => once(raw, "connect"))); // neither has shaken hands yet
    const [one, other] = await Promise.all(
        raws.map((socket) =>
            open(port, { socket, servername: "127.0.0.1.test", checkServerIdentity: () => undefined }),
        ),
    );
    one!.write(connectAs(ROUTE));
    other!.write(connectAs(OTHER));
    await sleep(1_100); // longer than a CONNECT has time
    for (const socket of [one!, other!]) {
        assert.deepEqual(socket.read(), ACCEPTED);
        socket.write(PINGREQ);
        assert.deepEqual(await heard(socket), PINGRESP);
    }
});

test("TLS, attacked: 200 handshakes that are begun and not finished are gone at the deadline, and pings are answered meanwhile", async (t) => {
    const connectMs = 2_000;
    const { door, listener } = await openTls(t, { connectMs });
    const other = await pingAllTheTime(await open(listener.port));
    const half = Array.from({ length: 200 }, (_, index) => {
        const socket = dialRaw(listener.port);
        if (index % 4 === 1) socket.write(hello.subarray(0, 3));
        if (index % 4 === 2) socket.write(hello.subarray(0, hello.length / 2));
        if (index % 4 === 3) socket.write(hello); // whole, and then not a word more
        return socket;
    });
    await until(() => door.connections.stats().waiting === 200, "200 that wait");
    const before = other.pings();
    await until(() => other.pings() > before + 20, "pings");
    assert.ok(door.connections.stats().waiting > 0, "they are not waited for");
    await Promise.all(half.map(isClosed));
    assert.deepEqual(door.connections.stats().refused, { "no CONNECT in time": 200 });
    await other.stop();
});

test("TLS, attacked: a ClientHello one octet a second, and then a CONNECT one octet at a time, do not move the deadline", async (t) => {
    const connectMs = 2_500;
    const { door, listener } = await openTls(t, { connectMs });
    const order: string[] = [];
    const drip = async (name: string, socket: Socket, octets: Buffer, everyMs: number): Promise<void> => {
        socket.once("close", () => order.push(name));
        for (const octet of octets) {
            if (socket.destroyed) break;
            socket.write(Buffer.from([octet]));
            await Promise.race([sleep(everyMs), isClosed(socket)]);
        }
        await isClosed(socket);
    };
    const slowHello = dialRaw(listener.port);
    // This one shakes hands late: what it has used up by then is not given to it again for its CONNECT.
    const late = dialRaw(listener.port);
    const lateDone = (async () => {
        await once(late, "connect");
        await sleep(connectMs - 900);
        const socket = await open(listener.port, { socket: late });
        socket.on("error", () => {}).resume();
        // Somebody who comes now has the whole time before him, and is cut later.
        const witness = drip("witness", dialRaw(listener.port), Buffer.alloc(0), 0);
        await drip("late", socket, connectAs(ROUTE), 100);
        await witness;
    })();
    await Promise.all([drip("hello", slowHello, hello, 1_000), lateDone]);
    assert.equal(order.at(-1), "witness");
    assert.equal(door.happened.length, 0);
    assert.equal(door.connections.stats().refused["no CONNECT in time"], 3);
});

test("TLS, attacked: a ClientHello octet by octet that comes in time is one like any other", async (t) => {
    const { listener } = await openTls(t);
    const socket = await open((await startRelay(t, listener.port, 1)).port);
    socket.write(connectAs(ROUTE));
    assert.deepEqual(await heard(socket), ACCEPTED);
});

test("TLS, attacked: records that are none, after the handshake, end their connection and no other", async (t) => {
    const { door, listener } = await openTls(t);
    const other = await open(listener.port);
    other.write(connectAs(OTHER));
    assert.deepEqual(await heard(other), ACCEPTED);
    const RECORDS = [
        "1703030028" + "00".repeat(40),
        "17030300ff",
        "1603030004deadbeef",
        "1403030001" + "01",
        "ff".repeat(60),
    ];
    const relay = await startRelay(t, listener.port, 4_096);
    for (const authenticated of [false, true]) {
        for (const octets of RECORDS) {
            const client = (await open(relay.port)).on("error", () => {});
            if (authenticated) {
                client.write(connectAs(ROUTE));
                assert.deepEqual(await heard(client), ACCEPTED);
            }
            relay.far().end(Buffer.from(octets, "hex"));
            await isClosed(relay.far());
            await until(() => door.connections.stats().waiting === 0, "it to be forgotten");
            other.write(PINGREQ);
            assert.deepEqual(await heard(other), PINGRESP);
        }
    }
    assert.equal(door.connections.stats().devices, 1);
});

test("TLS, attacked: reloads while handshakes are under way lose none of them", async (t) => {
    const { listener } = await openTls(t);
    const relay = await startRelay(t, listener.port, 64);
    let reloads = 0;
    const timer = setInterval(() => listener.reload(pem(++reloads % 2 === 0 ? first.gateway : second.gateway)), 3);
    const shaken = new Set<string>();
    try {
        for (let round = 0; round < 3; round++) {
            const sockets = await Promise.all(Array.from({ length: 20 }, () => open(relay.port)));
            for (const socket of sockets) {
                shaken.add(socket.getPeerCertificate().fingerprint256);
                socket.write(connectAs(ROUTE, { keepAliveS: 0 }));
                assert.equal((await heard(socket)).length, 4);
                socket.destroy();
            }
        }
    } finally {
        clearInterval(timer);
    }
    assert.ok(reloads > 10, `${reloads} reloads`);
    assert.equal(shaken.size, 2, "both certificates were shown");
});

test("TLS, attacked: handshakes that are not finished count as connections: of one address, and in all", async (t) => {
    const { door, listener } = await openTls(t, { perAddress: 10, connections: 14 });
    const mine = Array.from({ length: 10 }, () => dialRaw(listener.port));
    await Promise.all(mine.map((socket) => once(socket, "connect")));
    await isClosed(dialRaw(listener.port));
    // The address next to it has its own share, until there are as many as there may be in all.
    const next = Array.from({ length: 4 }, () => dialRaw(listener.port, "127.0.0.2"));
    await Promise.all(next.map((socket) => once(socket, "connect")));
    await isClosed(dialRaw(listener.port, "127.0.0.3"));
    const plain = new RawClient(door.port, "127.0.0.4");
    await plain.end();
    assert.equal(door.connections.stats().refused["too many connections"], 3);
    assert.equal([...mine, ...next].filter((socket) => socket.destroyed).length, 0);
    for (const socket of mine) socket.destroy();
    await Promise.all(mine.map(isClosed));
    await until(() => door.connections.stats().waiting === 4, "them to be counted out");
    (await open(listener.port)).destroy(); // there is room again
});

test("TLS, attacked: of handshakes that are not finished the oldest gives way, and who shakes hands at once gets in", async (t) => {
    const { door, listener } = await openTls(t, { waitingPerAddress: 5, waiting: 8 });
    const mine = Array.from({ length: 20 }, () => dialRaw(listener.port));
    const others = Array.from({ length: 10 }, () => dialRaw(listener.port, "127.0.0.2"));
    for (const socket of [...mine, ...others]) socket.write(hello.subarray(0, 20));
    const refused = () => door.connections.stats().refused["too many connections without CONNECT"] ?? 0;
    await until(() => refused() >= 22, "the oldest to give way");
    assert.equal(refused(), 22);
    await until(
        () => [...mine, ...others].filter((socket) => socket.closed).length === 22,
        "22 connections to be closed",
    );
    assert.equal(door.connections.stats().waiting, 8);
    assert.equal(others.filter((socket) => !socket.closed).length, 5, "no more of one address");
    for (const from of ["127.0.0.1", "127.0.0.2", "127.0.0.3"]) {
        const socket = await open(listener.port, { socket: dialRaw(listener.port, from) });
        socket.write(connectAs(ROUTE));
        assert.deepEqual(await heard(socket), ACCEPTED, from);
        socket.destroy();
    }
});

/** Ends in another way: with FIN, with RST, or half (nothing more is sent, but what comes is read). */
const ENDS: [name: string, end: (socket: Socket) => void][] = [
    ["FIN", (socket) => void socket.destroy()],
    ["RST", (socket) => void socket.resetAndDestroy()],
    ["half a close", (socket) => void socket.end()],
];
for (const [name, end] of ENDS) {
    test(`TLS, attacked: a client that ends with ${name} in the middle of any step leaves nothing behind`, async (t) => {
        // Two at once: what is left behind of any of them would keep the next ones out.
        const { door, listener } = await openTls(t, { perAddress: 2, connectMs: 60_000 });
        const steps: ((socket: Socket) => Promise<unknown>)[] = [
            async () => {},
            async (socket) => socket.write(hello.subarray(0, 1)),
            async (socket) => socket.write(hello.subarray(0, 5)),
            async (socket) => socket.write(hello.subarray(0, hello.length - 1)),
            async (socket) => socket.write(hello),
            async (socket) => {
                socket.write(hello);
                await heard(socket);
            },
            (socket) => open(listener.port, { socket }),
            async (socket) => (await open(listener.port, { socket })).write(connectAs(ROUTE).subarray(0, 1)),
            async (socket) => (await open(listener.port, { socket })).write(connectAs(ROUTE).subarray(0, 20)),
            async (socket) => (await open(listener.port, { socket })).write(connectAs(ROUTE)),
            async (socket) => {
                const sealed = await open(listener.port, { socket });
                sealed.write(connectAs(ROUTE));
                await heard(sealed);
            },
        ];
        for (const [at, step] of steps.entries()) {
            for (let count = 0; count < 3; count++) {
                const socket = dial({ host: "127.0.0.1", port: listener.port, allowHalfOpen: true }).on(
                    "error",
                    () => {},
                );
                opened.push(socket);
                await once(socket, "connect");
                await step(socket);
                await sleep(2);
                end(socket);
                socket.resume();
                await until(() => isEmpty(door), `the end of a connection in step ${at}`);
            }
        }
        assert.deepEqual(door.connections.stats().refused["too many connections"], undefined);
    });
}
