import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import mqtt from "mqtt";
import { eventually } from "../support/eventually.ts";
import { runGateway, type RunningGateway } from "../support/gateway.ts";

// Publishers of other people's making: mosquitto_pub, Mosquitto as a bridge, and one key at every door.

const NUMBER = "+34600111222";
const TOPIC = "to/34600111222";
const UNKNOWN = "to/34600999999";

let it: RunningGateway;
before(async () => {
    it = await runGateway();
    await it.register(NUMBER);
});
after(() => it.stop());

const waiting = async () =>
    (await it.ask<{ backlog: { messages: number } }>("GET", `/v1/numbers/${NUMBER}`)).body.backlog.messages;

const noPub = spawnSync("mosquitto_pub", ["--help"]).error !== undefined && "mosquitto_pub is not installed";

/** Runs mosquitto_pub with QoS 1. @returns its exit code */
async function publish(words: string[], input = ""): Promise<number> {
    const { mqttPort } = it.gateway;
    const own = ["-h", "127.0.0.1", "-p", `${mqttPort}`, "-u", "me", "-P", it.token, "-q", "1"];
    const child = spawn("mosquitto_pub", [...own, ...words], { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(input, "latin1");
    const [code] = (await once(child, "exit")) as [number];
    return code;
}

test("mosquitto_pub: a message to a number is stored, retained or with a will as well", { skip: noPub }, async () => {
    const from = await waiting();
    const will = ["--will-topic", "state", "--will-payload", "gone", "--will-retain", "-k", "5"];
    for (const words of [[], ["-r"], will]) assert.equal(await publish([...words, "-t", TOPIC, "-m", "x"]), 0);
    assert.equal(await waiting(), from + 3);
});

test("mosquitto_pub: the same wrong command fails each time", { skip: noPub }, async () => {
    for (let run = 0; run < 3; run++) assert.notEqual(await publish(["-t", UNKNOWN, "-m", "x"]), 0);
    for (let run = 0; run < 2; run++) assert.notEqual(await publish(["-t", TOPIC, "-s"], "caf\xe9"), 0, "not UTF-8");
});

test(
    "mosquitto_pub: with a client id of its own the second try is acknowledged and dropped",
    { skip: noPub },
    async () => {
        const from = await waiting();
        const words = ["-i", "doorbell", "-t", UNKNOWN, "-m", "x"];
        assert.notEqual(await publish(words), 0);
        assert.equal(await publish(words), 0);
        assert.equal(await waiting(), from);
    },
);

const noBroker = spawnSync("mosquitto", ["-h"]).error !== undefined && "mosquitto is not installed";

test(
    "Mosquitto's bridge with its default settings: what it may not send is dropped, the rest arrives",
    { skip: noBroker },
    async (t) => {
        const dir = mkdtempSync(join(tmpdir(), "toque-bridge-"));
        t.after(() => rmSync(dir, { recursive: true, force: true }));
        const probe = createServer().listen(0, "127.0.0.1");
        await once(probe, "listening");
        const { port } = probe.address() as AddressInfo;
        probe.close();
        await once(probe, "close");
        const lines = [
            `listener ${port} 127.0.0.1`,
            "allow_anonymous true",
            "connection toque",
            `address 127.0.0.1:${it.gateway.mqttPort}`,
            `remote_username bridge`,
            `remote_password ${it.token}`,
            "topic to/# out 1",
        ];
        writeFileSync(join(dir, "bridge.conf"), lines.join("\n") + "\n");
        const broker = spawn("mosquitto", ["-c", join(dir, "bridge.conf")], { stdio: "ignore" });
        t.after(() => broker.kill());
        const from = await waiting();
        const client = mqtt.connect({ host: "127.0.0.1", port, reconnectPeriod: 50 });
        t.after(() => client.endAsync(true));
        client.on("error", () => {});
        await client.publishAsync(UNKNOWN, "to nobody", { qos: 1 });
        await client.publishAsync(TOPIC, "x".repeat(9_000), { qos: 1 });
        await client.publishAsync(TOPIC, "through the bridge", { qos: 1, retain: true });
        await eventually("the message behind the refused ones arrives", async () => (await waiting()) > from, 120_000);
        assert.match(it.lines.join(""), /a refused message came again: acknowledged and dropped/);
    },
);

test("one idempotency key at every door: header, HTTP body and a publisher's JSON name the same message", async () => {
    const from = await waiting();
    const message = { body: "once" };
    const post = (body: object, headers = {}) =>
        it.ask<{ id: string }>("POST", "/v1/messages", { body: { to: NUMBER, ...message, ...body }, headers });
    const first = await post({}, { "Idempotency-Key": "order-7" });
    assert.equal((await post({ id: "order-7" })).body.id, first.body.id);
    const { mqttPort: port } = it.gateway;
    const options = { host: "127.0.0.1", port, username: "me", password: it.token, reconnectPeriod: 0 };
    const client = await mqtt.connectAsync(options);
    await client.publishAsync(TOPIC, JSON.stringify({ ...message, id: "order-7" }), { qos: 1 });
    assert.equal(await waiting(), from + 1);
    assert.equal((await post({ id: "order-7", body: "other" })).status, 409);
    client.publish(TOPIC, JSON.stringify({ body: "other", id: "order-7" }), { qos: 1 }, () => {});
    await new Promise((resolve) => client.once("close", () => resolve(undefined)));
    assert.equal(await waiting(), from + 1);
    client.end(true);
});
