import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { test } from "node:test";
import { ROUTE } from "./door.ts";
import { ACCEPTED, connack, connectAs, PINGREQ, PINGRESP, publish, subscribe } from "./packets.ts";
import { dialRaw, heard, isClosed, open, openTls, second, until } from "./tls-clients.ts";

test("over TLS a device connects, registers and gets pushes as without", async (t) => {
    const { door, listener } = await openTls(t);
    const socket = await open(listener.port);
    let received = Buffer.alloc(0);
    socket.on("data", (octets) => (received = Buffer.concat([received, octets])));
    socket.write(
        Buffer.concat([connectAs(ROUTE), subscribe(1, [`in/${ROUTE}`, 1]), publish(2, `out/${ROUTE}/reg`, "{}")]),
    );
    await until(() => received.length >= 13, "CONNACK, SUBACK and PUBACK");
    assert.deepEqual(received.subarray(0, 4), ACCEPTED);
    assert.ok(door.connections.push(ROUTE, 1, Buffer.from("sealed")));
    await until(() => received.includes("sealed"), "the push");
});

test("a refusal is read to its last octet", async (t) => {
    const socket = await open((await openTls(t)).listener.port);
    socket.write(connectAs(ROUTE, { level: 5 }));
    assert.deepEqual(await heard(socket), connack(1));
});

// A handshake's record and ClientHello as they begin, and then not as they have to go on.
const NO_HELLOS: [name: string, octets: string][] = [
    ["a record longer than any may be", "160301ffff" + "00".repeat(300)],
    ["a ClientHello that ends in its middle", "1603010006" + "010000020303"],
    ["a ClientHello longer than its record", "1603010006" + "01ffffff0303"],
    ["an alert instead of a ClientHello", "15030100020228"],
    ["application data instead of a ClientHello", "1703030004" + "deadbeef"],
    ["SSL 2", "802e010002001500000010010080020080030080040080050080060040070"],
    ["MQTT", connectAs(ROUTE).toString("hex")],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n").toString("hex")],
    ["noise", "7f".repeat(2_000)],
];
test("TLS: what is no handshake ends its connection, and no other", async (t) => {
    const { listener } = await openTls(t, { connectMs: 400 });
    const other = await open(listener.port);
    other.write(connectAs(ROUTE));
    assert.deepEqual(await heard(other), ACCEPTED);
    for (const [name, octets] of NO_HELLOS) {
        const socket = dialRaw(listener.port);
        socket.write(Buffer.from(octets, "hex"));
        await isClosed(socket);
        other.write(PINGREQ);
        assert.deepEqual(await heard(other), PINGRESP, name);
    }
});

test("TLS: whatever server name is asked for, there is one certificate; a client's own is not asked for", async (t) => {
    const { listener } = await openTls(t);
    const names = [
        "toque",
        "localhost",
        "x".repeat(63),
        "a.".repeat(120) + "b",
        "xn--nxasmq6b",
        "*",
        "in/+",
        "../../key",
    ];
    const { certificate: cert, key } = second.gateway;
    for (const servername of names) {
        const socket = await open(listener.port, { servername, cert, key, checkServerIdentity: () => undefined });
        assert.equal(socket.authorized, true, servername);
        socket.destroy();
    }
});

test("TLS handshakes of one address have their rate; plain connections of it do not count", async (t) => {
    const { door, listener } = await openTls(t, { handshakesPerAddress: { burst: 3, perSecond: 0.001 } });
    for (let index = 0; index < 3; index++) (await open(listener.port)).destroy();
    await assert.rejects(open(listener.port), { code: "ECONNRESET" });
    const neighbour = dial({ host: "127.0.0.1", port: listener.port, localAddress: "127.0.0.2" });
    (await open(listener.port, { socket: neighbour })).destroy();
    const plain = dial({ host: "127.0.0.1", port: door.port });
    plain.write(connectAs(ROUTE));
    await once(plain, "data");
    plain.destroy();
    assert.equal(door.connections.stats().refused["too many TLS handshakes of one address"], 1);
});
