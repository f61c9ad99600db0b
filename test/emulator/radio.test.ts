import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { Radio } from "../../emulator/radio.ts";
import { Relay } from "../../emulator/relay.ts";
import { pause } from "../support/eventually.ts";

const QUIET_MS = 60;

let server: Server;
let port = 0;
const peers: Socket[] = [];
const radios: Radio[] = [];

before(async () => {
    server = createServer((socket) => {
        peers.push(socket);
        socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
});
afterEach(() => {
    for (const radio of radios.splice(0)) radio.dispose();
    for (const peer of peers.splice(0)) peer.destroy();
});
after(() => server.close());

function startRadio(address: string | undefined, names = {}): Radio {
    const radio = new Radio(names);
    radio.move(address);
    radios.push(radio);
    return radio;
}

/** Opens a connection, and notes what it tells. */
async function open(radio: Radio): Promise<{ events: string[]; path: ReturnType<Radio["open"]>; peer: Socket }> {
    const events: string[] = [];
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const path = await new Promise<ReturnType<Radio["open"]>>((resolve) => {
        const made = radio.open("127.0.0.1", port, {
            opened: () => {
                events.push("opened");
                resolve(made);
            },
            received: (data) => events.push(data.toString("latin1")),
            closed: () => events.push("closed"),
        });
    });
    return { events, path, peer: await connected };
}

test("radio: a connection leaves from the board's address", async () => {
    const { peer } = await open(startRadio("127.0.0.77"));
    assert.equal(peer.remoteAddress, "127.0.0.77");
});

test("radio: after the address changed the old connection is a black hole, in both directions, and nobody closes it", async () => {
    const radio = startRadio("127.0.0.77");
    const { events, path, peer } = await open(radio);
    let heard = "";
    let ended = false;
    peer.on("data", (data: Buffer) => (heard += data.toString()));
    peer.on("close", () => (ended = true));
    radio.move("127.0.0.78");
    path.write(Buffer.from("into the hole"));
    peer.write("from the other side");
    path.close();
    await pause(QUIET_MS);
    assert.deepEqual([events, heard, ended], [["opened"], "", false]);
    assert.equal((await open(radio)).peer.remoteAddress, "127.0.0.78");
});

test("radio: without a link nothing is opened or resolved", async () => {
    const radio = startRadio(undefined, { "gateway.test": "127.0.0.1" });
    const events: string[] = [];
    const note = (what: string) => () => void events.push(what);
    radio.open("127.0.0.1", port, { opened: note("opened"), received: note("received"), closed: note("closed") });
    void radio.resolve("gateway.test").then(note("resolved"));
    await pause(QUIET_MS);
    assert.deepEqual([events, peers.length], [[], 0]);
});

test("radio: its name server answers as the test wants", async () => {
    const radio = startRadio("127.0.0.1", {
        "gateway.test": "127.0.0.9",
        "nobody.test": "fails",
        "slow.test": "hangs",
    });
    assert.equal(await radio.resolve("gateway.test"), "127.0.0.9");
    assert.equal(await radio.resolve("nobody.test"), undefined);
    assert.equal(await radio.resolve("127.0.0.3"), "127.0.0.3");
    assert.equal(await Promise.race([radio.resolve("slow.test"), pause(QUIET_MS).then(() => "nothing")]), "nothing");
});

test("radio: dispose really closes, the black holes too", async () => {
    const radio = startRadio("127.0.0.77");
    const first = await open(radio);
    radio.move("127.0.0.78");
    const second = await open(radio);
    const ended = Promise.all([first, second].map(({ peer }) => new Promise((resolve) => peer.once("close", resolve))));
    radio.dispose();
    await ended;
});

test("relay: what goes in comes out from the board's address, both ways, and ends together", async () => {
    const radio = startRadio("127.0.0.66");
    const relay = await Relay.listen("127.0.0.1", port, radio);
    const board = new Radio();
    board.move("127.0.0.1");
    radios.push(board);
    const events: string[] = [];
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const path = board.open("127.0.0.1", relay.port, {
        opened: () => events.push("opened"),
        received: (data) => events.push(data.toString()),
        closed: () => events.push("closed"),
    });
    path.write(Buffer.from("ping"));
    const peer = await connected;
    assert.equal(peer.remoteAddress, "127.0.0.66");
    const heard = await new Promise<Buffer>((resolve) => peer.once("data", resolve));
    assert.equal(heard.toString(), "ping");
    peer.end("pong");
    await pause(QUIET_MS);
    assert.deepEqual(events, ["opened", "pong", "closed"]);
    await relay.close();
});

test("relay: when the radio's way is a black hole, the board's side stays open and silent", async () => {
    const radio = startRadio("127.0.0.66");
    const relay = await Relay.listen("127.0.0.1", port, radio);
    const board = startRadio("127.0.0.1");
    const events: string[] = [];
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    board.open("127.0.0.1", relay.port, {
        opened: () => events.push("opened"),
        received: () => events.push("received"),
        closed: () => events.push("closed"),
    });
    const peer = await connected;
    radio.move("127.0.0.67");
    peer.write("nobody hears");
    await pause(QUIET_MS);
    assert.deepEqual(events, ["opened"]);
    await relay.close();
});
