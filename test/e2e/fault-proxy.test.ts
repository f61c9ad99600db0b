import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { type Direction, type Fault, FaultProxy } from "../support/fault-proxy.ts";

// What the fault proxy does to a server that sends back what it gets.

const echo = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
        taken += data.length;
        socket.write(data);
    });
});
let taken = 0;
let proxy: FaultProxy;

before(async () => {
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    proxy = await FaultProxy.listen((echo.address() as AddressInfo).port);
});

after(async () => {
    await proxy.close();
    echo.close();
});

/** Sends octets through the proxy. @returns what came back until the connection ended or all of it was there, and how it ended */
async function converse(fault: Fault, sent: Buffer): Promise<{ heard: Buffer; ended: "fin" | "rst" | "no" }> {
    taken = 0;
    proxy.choose = () => fault;
    const socket: Socket = connect({ host: "127.0.0.1", port: proxy.port });
    let heard = Buffer.alloc(0);
    let ended: "fin" | "rst" | "no" = "no";
    const over = new Promise<void>((resolve) => {
        socket.on("data", (data) => {
            heard = Buffer.concat([heard, data]);
            if (heard.length === sent.length) resolve();
        });
        socket.on("end", () => (ended = "fin"));
        socket.on("error", () => (ended = "rst"));
        socket.on("close", () => resolve());
    });
    socket.write(sent);
    await over;
    socket.destroy();
    if (!socket.closed) await once(socket, "close");
    return { heard, ended };
}

const OCTETS = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 256));

test("without a fault everything passes; so it does one octet at a time, and late", async () => {
    for (const fault of [{}, { pieceOctets: 1 }, { pieceOctets: 100, delayMs: () => 1 }]) {
        const { heard, ended } = await converse(fault, OCTETS);
        assert.deepEqual(heard, OCTETS);
        assert.equal(ended, "no");
    }
});

for (const direction of ["up", "down"] as Direction[]) {
    for (const octets of [0, 1, 299]) {
        test(`a cut after ${octets} octets ${direction}: so many pass, no more`, async () => {
            const cuts = proxy.cuts;
            const { heard, ended } = await converse({ cut: { direction, octets, how: "fin" } }, OCTETS);
            assert.notEqual(ended, "no");
            assert.equal(proxy.cuts, cuts + 1);
            assert.deepEqual(heard, OCTETS.subarray(0, heard.length));
            if (direction === "up") assert.equal(taken, octets);
            else assert.equal(heard.length, octets);
        });
    }
}

test("a cut by RST is one, and passes no octet behind its place", async () => {
    const { heard, ended } = await converse({ cut: { direction: "up", octets: 299, how: "rst" } }, OCTETS);
    assert.equal(ended, "rst");
    assert.ok(taken <= 299);
    assert.ok(heard.length <= 299);
});

test("without a target a connection ends at once, and a closed server's does", async () => {
    const { target } = proxy;
    proxy.target = undefined;
    assert.deepEqual((await converse({}, OCTETS)).heard, Buffer.alloc(0));
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    proxy.target = (gone.address() as AddressInfo).port;
    await new Promise((resolve) => gone.close(resolve));
    assert.deepEqual((await converse({}, OCTETS)).heard, Buffer.alloc(0));
    proxy.target = target;
});
