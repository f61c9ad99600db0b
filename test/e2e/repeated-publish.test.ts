import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import mqtt, { type DoneCallback, type IClientOptions, type Packet, Store } from "mqtt";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { RawDevice } from "./raw-device.ts";

// The gateway is killed when a message is stored and its PUBACK is not written, and publishers of other people's making say it again.

const KILL_AT_PUBACK = new URL("../support/kill-at-puback.mjs", import.meta.url).href;
const PAHO = fileURLToPath(new URL("paho-publisher.py", import.meta.url));
const MESSAGES = 6;
const TIMEOUT_MS = 60_000;

let gateway: GatewayProcess;
let arm: () => void;
let lastNumber = 0;
before(async () => {
    const armed = join(process.env.TMPDIR ?? "/tmp", `toque-kill-at-puback-${process.pid}`);
    gateway = await GatewayProcess.start({ NODE_OPTIONS: `--import ${KILL_AT_PUBACK}`, KILL_AT_PUBACK: armed });
    arm = () => writeFileSync(armed, "");
});
after(() => gateway.close());

/** Registers a number, lets `publish` say its messages to it, and kills the gateway at some of their PUBACKs. @returns what was accepted */
async function accepted(kills: number, publish: (number: string) => Promise<unknown>): Promise<string[]> {
    const number = `+3460000100${++lastNumber}`;
    const enrolled = await gateway.register(number);
    arm();
    const published = publish(number);
    published.catch(() => undefined); // it is awaited below
    for (let kill = 0; kill < kills; kill++) {
        await eventually("the gateway was killed at a PUBACK", async () => !(await isUp()), TIMEOUT_MS);
        await gateway.kill();
        if (kill < kills - 1) arm();
        await gateway.start();
    }
    await published;
    const waiting = await gateway.waiting(number);
    const device = await RawDevice.connect(gateway.mqtt.port, enrolled, 4);
    await eventually("all of it was pushed", () => device.pushes.length >= waiting, TIMEOUT_MS);
    await device.close();
    return device.pushes.map(({ body }) => body);
}

async function isUp(): Promise<boolean> {
    return gateway.ask("GET", "/health").then(
        () => true,
        () => false,
    );
}

function bodies(name: string): string[] {
    return Array.from({ length: MESSAGES }, (_, index) => `${name} ${index}`);
}

/** MQTT.js says a message again as it was said first. This store of what is under way marks what is taken out of it, as MQTT-3.3.1-1 demands. */
class DupStore extends Store {
    override put(packet: Packet, done: DoneCallback): this {
        return super.put({ ...packet, dup: true } as Packet, done);
    }
}

/** Publishes one after the other with MQTT.js, which connects again by itself. */
async function publishByMqttJs(number: string, name: string, options: IClientOptions): Promise<void> {
    const { host, port } = gateway.address;
    const [username, password] = [name, gateway.token];
    const client = mqtt.connect({ host, port, username, password, clientId: name, reconnectPeriod: 50, ...options });
    client.on("error", () => undefined);
    for (const body of bodies(name)) await client.publishAsync(`to/${number.slice(1)}`, body, { qos: 1 });
    await client.endAsync();
}

test(
    "MQTT.js that says DUP: what was stored before the gateway was killed is one message",
    { timeout: TIMEOUT_MS },
    async () => {
        const all = await accepted(3, (number) => publishByMqttJs(number, "marked", { outgoingStore: new DupStore() }));
        assert.deepEqual(all, bodies("marked"));
    },
);

test(
    "MQTT.js as it is says no DUP: what it says again is taken for new, and nothing is lost",
    { timeout: TIMEOUT_MS },
    async () => {
        const all = await accepted(1, (number) => publishByMqttJs(number, "unmarked", {}));
        assert.deepEqual(all, ["unmarked 0", ...bodies("unmarked")]);
    },
);

const noPaho = spawnSync("python3", ["-c", "import paho.mqtt.client"]).status !== 0;
test(
    "Paho: said again with DUP, a message whose gateway was killed before its PUBACK is one",
    { skip: noPaho && "python3 with paho-mqtt is not installed", timeout: TIMEOUT_MS },
    async () => {
        const all = await accepted(2, async (number) => {
            const { host, port } = gateway.address;
            const words = [PAHO, host, `${port}`, gateway.token, number, `${MESSAGES}`];
            const child = spawn("python3", words, { stdio: ["ignore", "inherit", "inherit"] });
            assert.deepEqual(await once(child, "exit"), [0, null]);
        });
        assert.deepEqual(all, bodies("paho"));
    },
);
