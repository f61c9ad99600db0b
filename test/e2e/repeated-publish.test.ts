import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mqtt from "mqtt";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { RawDevice } from "./raw-device.ts";

// The gateway is killed when a message is stored and its PUBACK is not written, and MQTT.js sends it again.

const KILL_AT_PUBACK = new URL("../support/kill-at-puback.mjs", import.meta.url).href;
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

/** Registers a number, lets `publish` send its messages to it, and kills the gateway at some of their PUBACKs. @returns what was accepted */
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

/** Publishes one after the other with MQTT.js, which connects again by itself. @param payload of a body */
async function publishByMqttJs(number: string, name: string, payload: (body: string) => string): Promise<void> {
    const { host, port } = gateway.address;
    const [username, password] = [name, gateway.token];
    const client = mqtt.connect({ host, port, username, password, clientId: name, reconnectPeriod: 50 });
    client.on("error", () => undefined);
    for (const body of bodies(name)) await client.publishAsync(`to/${number.slice(1)}`, payload(body), { qos: 1 });
    await client.endAsync();
}

test(
    "MQTT.js: a message whose PUBACK was lost is sent again and accepted again; none is lost",
    { timeout: TIMEOUT_MS },
    async () => {
        const all = await accepted(1, (number) => publishByMqttJs(number, "mqttjs", (body) => body));
        assert.deepEqual(all, ["mqttjs 0", ...bodies("mqttjs")]);
    },
);

test(
    'MQTT.js with an "id" in its JSON: a message whose PUBACK was lost is sent again and accepted once',
    { timeout: TIMEOUT_MS },
    async () => {
        const payload = (body: string) => JSON.stringify({ body, id: body.replace(" ", "-") });
        const all = await accepted(2, (number) => publishByMqttJs(number, "keyed", payload));
        assert.deepEqual(all, bodies("keyed"));
    },
);
