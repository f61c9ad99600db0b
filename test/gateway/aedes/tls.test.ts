import assert from "node:assert/strict";
import { connect as dial } from "node:net";
import { after, before, test } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Listener } from "../../../gateway/aedes/listener.ts";
import { createHomeAuthority, type HomeAuthority } from "../../../gateway/tls/authority.ts";
import { openDoor, ROUTE, type Door } from "./door.ts";
import { ACCEPTED, connack, connectAs, publish, subscribe } from "./packets.ts";

let door: Door;
let first: HomeAuthority;
let second: HomeAuthority;
let listener: Listener;
before(async () => {
    first = await createHomeAuthority(["127.0.0.1"], Date.now());
    second = await createHomeAuthority(["127.0.0.1"], Date.now());
    door = await openDoor({ limits: { connectMs: 400, waitingPerAddress: 5 } });
    const { certificate: cert, key } = first.gateway;
    listener = await door.connections.listen({ host: "127.0.0.1", port: 0, tls: { cert, key } });
});
after(() => door.shut());

function open(ca: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: listener.port, ca, ...options }, () => resolve(socket));
        socket.once("error", reject);
    });
}

/** Everything until so many octets have come, or the end. */
async function read(socket: TLSSocket, octets: number): Promise<Buffer> {
    let received = Buffer.alloc(0);
    while (received.length < octets && !socket.readableEnded && !socket.destroyed) {
        const chunk = socket.read() as Buffer | null;
        if (chunk !== null) received = Buffer.concat([received, chunk]);
        else await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return received;
}

test("over TLS a device connects, registers and gets pushes as without", async () => {
    const socket = await open(first.ca.certificate);
    socket.write(
        Buffer.concat([connectAs(ROUTE), subscribe(1, [`in/${ROUTE}`, 1]), publish(2, `out/${ROUTE}/reg`, "{}")]),
    );
    assert.deepEqual((await read(socket, 13)).subarray(0, 4), ACCEPTED);
    assert.ok(door.connections.push(ROUTE, 1, Buffer.from("sealed")));
    assert.ok((await read(socket, 31)).includes("sealed"));
    socket.destroy();
});

test("a refusal is read to its last octet", async () => {
    const socket = await open(first.ca.certificate);
    socket.write(connectAs(ROUTE, { level: 5 }));
    assert.deepEqual(await read(socket, 4), connack(1));
    socket.destroy();
});

test("a connection without a handshake, with half of one, or without a CONNECT behind it is gone at the deadline", async () => {
    const silent = dial({ host: "127.0.0.1", port: listener.port });
    const half = dial({ host: "127.0.0.1", port: listener.port });
    half.write(Buffer.from("160301", "hex"));
    const shaken = await open(first.ca.certificate);
    const sockets = [silent, half, shaken];
    for (const socket of sockets) socket.on("error", () => {}).resume();
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    assert.equal(door.connections.stats().waiting, 0);
});

test("plain MQTT on the TLS port is cut off", async () => {
    const socket = dial({ host: "127.0.0.1", port: listener.port })
        .on("error", () => {})
        .resume();
    socket.write(connectAs(ROUTE));
    await new Promise((resolve) => socket.once("close", resolve));
});

// A handshake's record and ClientHello as they begin, and then not as they have to go on.
const NO_HELLOS: [name: string, octets: string][] = [
    ["a record longer than any may be", "160301ffff" + "00".repeat(300)],
    ["a ClientHello that ends in its middle", "1603010006" + "010000020303"],
    ["a ClientHello longer than its record", "1603010006" + "01ffffff0303"],
    ["an alert instead of a ClientHello", "15030100020228"],
    ["application data instead of a ClientHello", "1703030004" + "deadbeef"],
    ["SSL 2", "802e010002001500000010010080020080030080040080050080060040070"],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n").toString("hex")],
    ["noise", "7f".repeat(2_000)],
];
test("TLS: what is no handshake ends its connection, and no other", async () => {
    const other = await open(first.ca.certificate);
    other.write(connectAs(ROUTE));
    assert.deepEqual(await read(other, 4), ACCEPTED);
    for (const [name, octets] of NO_HELLOS) {
        const socket = dial({ host: "127.0.0.1", port: listener.port });
        socket.on("error", () => {}).resume();
        socket.write(Buffer.from(octets, "hex"));
        await new Promise((resolve) => socket.once("close", resolve));
        other.write(Buffer.from("c000", "hex"));
        assert.equal((await read(other, 2)).toString("hex"), "d000", name);
    }
    other.destroy();
});

test("TLS: whatever server name is asked for, there is one certificate; a client's own is not asked for", async () => {
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
    for (const servername of names) {
        const { certificate: cert, key } = second.gateway;
        const socket = await open(first.ca.certificate, {
            servername,
            cert,
            key,
            checkServerIdentity: () => undefined,
        });
        assert.equal(socket.authorized, true, servername);
        socket.destroy();
    }
});

test("TLS before 1.2 is refused", async () => {
    for (const version of ["TLSv1", "TLSv1.1"] as const) {
        const old = open(first.ca.certificate, {
            minVersion: version,
            maxVersion: version,
            ciphers: "DEFAULT@SECLEVEL=0",
        });
        await assert.rejects(old, /version|protocol|EPROTO|ECONNRESET/i);
    }
});

test("new certificates count for new connections, and those that are there stay", async () => {
    const old = await open(first.ca.certificate);
    old.write(connectAs(ROUTE));
    await read(old, 4);
    const { certificate: cert, key } = second.gateway;
    listener.reload({ cert, key });
    await assert.rejects(open(first.ca.certificate), { code: /CERT|SIGNATURE|VERIFY/ });
    const fresh = await open(second.ca.certificate);
    fresh.destroy();
    old.write(subscribe(1, [`in/${ROUTE}`, 1]));
    assert.equal((await read(old, 5)).length, 5);
    assert.throws(() => listener.reload({ cert, key: first.gateway.key }));
    old.destroy();
});

test("TLS handshakes of one address have their rate; plain connections of it do not count", async (t) => {
    const narrow = await openDoor({ limits: { handshakesPerAddress: { burst: 3, perSecond: 0.001 } } });
    t.after(() => narrow.shut());
    const { certificate: cert, key } = first.gateway;
    const { port } = await narrow.connections.listen({ host: "127.0.0.1", port: 0, tls: { cert, key } });
    for (let index = 0; index < 3; index++) (await open(first.ca.certificate, { port })).destroy();
    await assert.rejects(open(first.ca.certificate, { port }), { code: "ECONNRESET" });
    const neighbour = dial({ host: "127.0.0.1", port, localAddress: "127.0.0.2" });
    (await open(first.ca.certificate, { socket: neighbour })).destroy();
    const plain = dial({ host: "127.0.0.1", port: narrow.port });
    plain.write(connectAs(ROUTE));
    await new Promise((resolve) => plain.once("data", resolve));
    plain.destroy();
    assert.equal(narrow.connections.stats().refused["too many TLS handshakes of one address"], 1);
});
