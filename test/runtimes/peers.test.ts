import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import type { EmulatedDevice } from "../../emulator/device.ts";
import { startDevice } from "../../emulator/start.ts";
import { pause } from "../support/eventually.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import type { Peer } from "../support/scripted-gateway.ts";
import { acceptModule, CONNACK, connack, INBOX, push, Stage } from "./stage.ts";
import { GENUINE_ESPRUINO } from "./subjects.ts";

// What the boards' own MQTT modules do where the device must do better. The device's half is in cases/, played in the same interpreter;
// it stands beside a module's here where both are measured.
const [OURS] = GENUINE_ESPRUINO;

function missing(variable: string): string | false {
    if ((process.env.ESPRUINO ?? "") === "") return "ESPRUINO is not set: the genuine Espruino interpreter";
    return (process.env[variable] ?? "") === "" ? `${variable} is not set: the module's file` : false;
}

/** The gateway's port is in flash, as for the device; `m` is the module's client, and prints each event. */
const HEAD = `var s=""+require("Storage").read("toque-config0"),c=JSON.parse(s.substring(s.indexOf("{"),s.indexOf("}")+1));var exports={};`;
const EVENTS = `["connected","subscribed","subscribed_fail","disconnected","error"].forEach(function(e){m.on(e,function(){print("peer: "+e);});});`;

function programOf(variable: string, create: string): string {
    return `${HEAD}\n${readFileSync(process.env[variable]!, "latin1")}\n${create}\n${EVENTS}\nm.connect();\n`;
}

const MQTT_JS = (options: string): string =>
    programOf(
        "ESPRUINO_MQTT",
        `var m=exports.create(c.host,{port:c.port,client_id:"peer",username:"u",password:"p",${options}});
        m.on("connected",function(){m.subscribe("${INBOX}",{qos:1});});
        m.on("message",function(t,b){print("peer: message "+b.length);});`,
    );

const tiny = (): string =>
    programOf(
        "ESPRUINO_TINYMQTT",
        `var m=exports.create(c.host,{port:c.port,username:"u",password:"p",reconnect_interval:300});
    m.on("message",function(x){print("peer: message "+x.message.length);});`,
    );

/** A peer's module and its gateway. */
interface PeerStage {
    device: EmulatedDevice;
    gateway: ScriptedGateway;
    /** how often it printed this */
    printedTimes(line: string): number;
    prints(line: string): Promise<void>;
}

async function startPeer(t: TestContext, program: string): Promise<PeerStage> {
    const folder = mkdtempSync(join(tmpdir(), "toque-peer-"));
    const file = join(folder, "peer.js");
    writeFileSync(file, program, "latin1");
    const gateway = await ScriptedGateway.listen();
    t.after(() => gateway.close());
    const device = await startDevice({
        runtime: "espruino",
        gateway: { host: "127.0.0.1", port: gateway.port },
        program: file,
    });
    t.after(async () => {
        await device.close();
        rmSync(folder, { recursive: true, force: true });
    });
    const printedTimes = (line: string): number => device.screen.filter((shown) => shown === `peer: ${line}`).length;
    return { device, gateway, printedTimes, prints: (line) => device.until(() => printedTimes(line) > 0) };
}

/** Its module is connected and subscribed. */
async function peerOnline(stage: PeerStage): Promise<Peer> {
    const peer = await acceptModule(stage.gateway);
    await stage.prints("subscribed");
    return peer;
}

describe("Espruino's MQTT.js", { concurrency: 6, skip: missing("ESPRUINO_MQTT") }, () => {
    test("CONNACK 5 is connected", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60"));
        const peer = await theirs.gateway.accept();
        await peer.receive("connect");
        peer.send(connack(5));
        await theirs.prints("connected");
    });

    test("SUBACK 128 is subscribed", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60"));
        await acceptModule(theirs.gateway, 0x80);
        await theirs.prints("subscribed");
        assert.equal(theirs.printedTimes("subscribed_fail"), 0);
    });

    test("a redelivered push is shown twice", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60"));
        const peer = await peerOnline(theirs);
        const packet = push(1, "once");
        for (let i = 0; i < 2; i++) {
            peer.send(packet);
            await peer.receive("puback");
        }
        const length = JSON.stringify({ n: 1, b: "once" }).length;
        await theirs.device.until(() => theirs.printedTimes(`message ${length}`) === 2);
    });

    test("a keepalive of 5 s is a flood of pings", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:5"));
        const peer = await peerOnline(theirs);
        await pause(1000);
        assert.ok(peer.waiting > 10, `${peer.waiting} pings in a second`);
    });

    test("no PINGRESP is never noticed", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:7"));
        const peer = await peerOnline(theirs);
        await peer.receive("pingreq");
        await pause(8000);
        assert.ok(peer.waiting >= 2, "it goes on pinging");
        assert.equal(theirs.printedTimes("disconnected"), 0);
        assert.equal(peer.isClosed, false);
    });

    test("the late end of an old connection ends the new session", async (t) => {
        const theirs = await startPeer(
            t,
            `${MQTT_JS("keep_alive:60")}global.again=function(){m.connect();return 1;};setTimeout(again,1500);`,
        );
        const old = await peerOnline(theirs);
        const next = await theirs.gateway.accept();
        await next.receive("connect");
        next.send(CONNACK);
        await next.receive("subscribe");
        old.end();
        await theirs.prints("disconnected");
        assert.equal(next.isClosed, false, "the new connection is open");
    });

    test("a packet that never ends fills the memory there, and is skipped here", async (t) => {
        const announced = Buffer.from("3280808001", "hex"); // 2,097,152 octets
        const filler = Buffer.alloc(20_000, "x");
        const grown = async (device: EmulatedDevice, peer: Peer): Promise<number> => {
            const before = await device.memory();
            peer.send(announced, filler);
            await pause(6000);
            return (await device.memory()).used - before.used;
        };
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60"));
        const stage = await Stage.set(t, OURS!);
        const [peer, device] = [await peerOnline(theirs), await stage.online()];
        const [there, here] = await Promise.all([grown(theirs.device, peer), grown(stage.device, device)]);
        assert.ok(there > 500, `MQTT.js grew by ${there} variables`);
        assert.ok(here < 150, `the device grew by ${here} variables`);
    });

    test("a closed connection stays closed", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60"));
        (await peerOnline(theirs)).end();
        await theirs.prints("disconnected");
        await assert.rejects(theirs.gateway.accept(500), /did not connect/);
    });

    test("a subscription ends with its connection", async (t) => {
        const theirs = await startPeer(
            t,
            programOf(
                "ESPRUINO_MQTT",
                `var m=exports.create(c.host,{port:c.port,client_id:"peer",username:"u",password:"p",keep_alive:60}),once=true;
                m.on("connected",function(){if(once)m.subscribe("${INBOX}",{qos:1});once=false;});
                m.on("disconnected",function(){setTimeout(function(){m.connect();},100);});`,
            ),
        );
        (await peerOnline(theirs)).end();
        const next = await theirs.gateway.accept();
        await next.receive("connect");
        next.send(CONNACK);
        await next.silence(1000);
    });

    test("clean_session: false is ignored", async (t) => {
        const theirs = await startPeer(t, MQTT_JS("keep_alive:60,clean_session:false"));
        assert.equal((await (await theirs.gateway.accept()).receive("connect")).clean, true);
    });
});

describe("tinyMQTT", { concurrency: 3, skip: missing("ESPRUINO_TINYMQTT") }, () => {
    test("it is connected before CONNACK", async (t) => {
        const theirs = await startPeer(t, tiny());
        const peer = await theirs.gateway.accept();
        await peer.receive("connect");
        await theirs.prints("connected");
    });

    test("a push is never acknowledged", async (t) => {
        const theirs = await startPeer(t, tiny());
        const peer = await theirs.gateway.accept();
        await peer.receive("connect");
        peer.send(CONNACK);
        // what comes in the same piece as CONNACK is lost there
        await pause(500);
        peer.send(push(1, "hello"));
        await theirs.device.until(({ screen }) => screen.some((line) => line.startsWith("peer: message")));
        await peer.silence(1000);
    });

    test("more than 127 octets are misread", async (t) => {
        const packet = push(1, "x".repeat(200));
        const theirs = await startPeer(t, tiny());
        const peer = await theirs.gateway.accept();
        await peer.receive("connect");
        peer.send(CONNACK);
        await pause(500);
        peer.send(packet);
        await theirs.device.until(({ screen }) => screen.some((line) => line.startsWith("peer: message")));
        const length = JSON.stringify({ n: 1, b: "x".repeat(200) }).length;
        assert.equal(theirs.printedTimes(`message ${length}`), 0, "tinyMQTT read it right");
    });
});
