import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import type { Runtime } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";

// The first queued push comes two round trips after SYN. Counted, not timed: TCP's handshake is the first; in the second the board must have sent
// everything before it received anything, and the push must be among the gateway's answers to just that.

/** Smallest segment that every network carries: IPv4's 576 octets without its headers. The board's first flight fits one. */
const SEGMENT_OCTETS = 536;

/** Lets everything through to the gateway, and nothing back until it is opened: so there is no second flight from the board. */
class OneWay {
    readonly up: Packet[] = [];
    readonly down: Packet[] = [];
    upOctets = 0;
    connections = 0;
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    #held: (() => void)[] = [];
    #isOpen = false;

    private constructor(target: number) {
        this.#server = createServer((client) => {
            this.connections++;
            const gateway = connect({ host: "127.0.0.1", port: target });
            const [asked, answered] = [
                mqttPacket.parser({ protocolVersion: 4 }),
                mqttPacket.parser({ protocolVersion: 4 }),
            ];
            asked.on("packet", (packet: Packet) => this.up.push(packet));
            answered.on("packet", (packet: Packet) => this.down.push(packet));
            client.on("data", (data: Buffer) => {
                this.upOctets += data.length;
                asked.parse(data);
                gateway.write(data);
            });
            gateway.on("data", (data: Buffer) => {
                answered.parse(data);
                if (this.#isOpen) client.write(data);
                else this.#held.push(() => client.write(data));
            });
            for (const socket of [client, gateway]) {
                this.#sockets.add(socket);
                socket.on("error", () => undefined); // "close" follows
                socket.on("close", () => {
                    client.destroy();
                    gateway.destroy();
                });
            }
        });
    }

    static async listen(target: number): Promise<OneWay> {
        const way = new OneWay(target);
        await new Promise<void>((resolve) => way.#server.listen(0, "127.0.0.1", resolve));
        return way;
    }

    get port(): number {
        return (this.#server.address() as AddressInfo).port;
    }

    open(): void {
        this.#isOpen = true;
        for (const release of this.#held.splice(0)) release();
    }

    async close(): Promise<void> {
        for (const socket of this.#sockets) socket.destroy();
        await new Promise((resolve) => this.#server.close(resolve));
    }
}

const RUNTIMES: [name: string, runtime: Runtime, interpreter: string | undefined, skip: string | false][] = [
    ["the Espruino bundle", "espruino-sim", undefined, false],
    ["the NodeMCU bundle", "lua", undefined, false],
    ["the device on Node", "host", undefined, false],
    [
        "the Espruino bundle in the genuine interpreter",
        "espruino",
        process.env.ESPRUINO,
        process.env.ESPRUINO === undefined ? "ESPRUINO is not set: genuine Espruino interpreter" : false,
    ],
    [
        "the Espruino bundle in an ESP8266's interpreter",
        "espruino",
        process.env.ESPRUINO_8266,
        process.env.ESPRUINO_8266 === undefined ? "ESPRUINO_8266 is not set: interpreter without Unicode" : false,
    ],
];

let gateway: GatewayProcess;
let way: OneWay | undefined;

before(async () => {
    gateway = await GatewayProcess.start();
});
afterEach(async () => {
    await way?.close();
});
after(() => gateway.close());

/** What a packet is about, in a word. */
function nameOf(packet: Packet): string {
    if (packet.cmd !== "publish") return packet.cmd;
    if (packet.topic.endsWith("/reg")) return "registration";
    const fields = JSON.parse(packet.payload.toString()) as { e?: number; n?: number };
    return fields.n === undefined ? "hello" : `push ${fields.n}`;
}

for (const [index, [name, runtime, interpreter, skip]] of RUNTIMES.entries()) {
    test(`two round trips after SYN the first queued push is there: ${name}`, { skip }, async () => {
        const enrolled = await gateway.register(`+34600${String(400_000 + index)}`);
        await gateway.send(enrolled.number, "queued");
        const oneWay = (way = await OneWay.listen(gateway.mqtt.target!));
        const at = { host: "127.0.0.1", port: oneWay.port };
        const device = await startDevice({ runtime, interpreter, gateway: at, ...enrolled });
        try {
            await eventually(
                () => `a push among ${oneWay.down.map(nameOf).join(", ")}`,
                () => oneWay.down.some((packet) => nameOf(packet) === "push 1"),
            );
            assert.deepEqual(oneWay.up.map(nameOf), ["connect", "subscribe", "registration"]);
            assert.ok(oneWay.upOctets <= SEGMENT_OCTETS, `${oneWay.upOctets} octets in the board's first flight`);
            const answers = oneWay.down.map(nameOf);
            assert.deepEqual([...answers].sort(), ["connack", "hello", "puback", "push 1", "suback"]);
            assert.equal(answers[0], "connack");
            assert.ok(answers.indexOf("hello") < answers.indexOf("push 1"), answers.join(", "));
            assert.equal(device.shown.length, 0);
            oneWay.open();
            await device.until(({ shown }) => shown.length === 1, 30_000);
            assert.equal(oneWay.connections, 1);
        } finally {
            await device.close();
        }
    });
}
