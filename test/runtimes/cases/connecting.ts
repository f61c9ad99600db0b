import assert from "node:assert/strict";
import { CONNACK, connack, EPOCH, hello, INBOX, puback, push, ROUTE, SECRET, spaced, suback } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";
import { octetsOf } from "../../support/scripted-gateway.ts";
import type { Sent } from "../../support/scripted-gateway.ts";

/** The backoff after the first failure is a second; the rest is the machine's. */
const RETRY_MS = 30_000;

/** The next connection comes, and not too soon. */
async function triesAgain(stage: Stage, sinceMs: number): Promise<void> {
    const next = await stage.gateway.accept(RETRY_MS);
    spaced(sinceMs, next);
    await next.receive("connect");
}

/** This answer to CONNECT makes the device hang up, show why, and try again. */
function refusedAtConnect(name: string, why: RegExp, ...sent: Sent[]): Case {
    return {
        name,
        async play(stage) {
            await stage.start();
            const { peer } = await stage.greeted();
            const sinceMs = performance.now();
            peer.send(...sent);
            await stage.shows("waiting", why);
            await peer.hungUp();
            assert.equal(stage.count("online"), 0);
            await triesAgain(stage, sinceMs);
        },
    };
}

const REFUSALS = [
    [1, "unacceptable protocol version", /^refused, CONNACK 1 /],
    [2, "identifier rejected", /^refused, CONNACK 2 /],
    [3, "server unavailable", /^refused, CONNACK 3 /],
    [4, "bad user name or password", /^refused: wrong secret or code, CONNACK 4 /],
    [5, "not authorized", /^refused: wrong secret or code, CONNACK 5 /],
] as const;

export const CONNECTING: readonly Case[] = [
    {
        name: "MQTT-3.1: CONNECT has route and secret, a clean session, keepalive and no will",
        async play(stage) {
            await stage.start();
            const peer = await stage.gateway.accept();
            const connect = await peer.receive("connect");
            const { clientId, username, keepalive, clean, will, protocolId, protocolVersion } = connect;
            assert.deepEqual(
                { clientId, username, keepalive, clean, will, protocolId, protocolVersion },
                {
                    clientId: ROUTE,
                    username: ROUTE,
                    keepalive: 60,
                    clean: true,
                    will: undefined,
                    protocolId: "MQTT",
                    protocolVersion: 4,
                },
            );
            assert.equal(String(connect.password), SECRET);
        },
    },
    {
        name: "MQTT-3.8: it subscribes to its own inbox at QoS 1, and to nothing else",
        async play(stage) {
            await stage.start();
            const peer = await stage.gateway.accept();
            await peer.receive("connect");
            const { subscriptions, messageId } = await peer.receive("subscribe");
            assert.deepEqual(
                subscriptions.map(({ topic, qos }) => [topic, qos]),
                [[INBOX, 1]],
            );
            assert.ok(messageId !== undefined && messageId > 0);
        },
    },
    {
        name: "it registers with its address, why it connects, its packet size and window",
        async play(stage) {
            await stage.start({ address: "127.0.0.9" });
            const { peer, registration } = await stage.greeted();
            const { r, v, a, y, c, m, w, p } = registration.fields;
            assert.deepEqual([a, y, p], ["127.0.0.9", "boot", "running"]);
            assert.equal(peer.address, "127.0.0.9");
            assert.match(String(r), /^(host|espruino|nodemcu)$/);
            assert.match(String(c), /^[0-9A-Za-z]{1,32}$/);
            assert.match(String(v), /^\d+\.\d+\.\d+$/);
            assert.ok(Number(m) >= 1024 && Number(m) <= 4096, `largest packet ${m}`);
            assert.ok(Number(w) >= 1 && Number(w) <= 16, `window ${w}`);
        },
    },
    {
        name: "CONNECT, SUBSCRIBE and the registration leave in one go, before the gateway answers",
        async play(stage) {
            await stage.start();
            const { peer } = await stage.greeted();
            const octets = peer.pieces.reduce((sum, piece) => sum + piece.length, 0);
            // an ESP8266's stack takes 268 octets at a time, an ESP32's 536
            const chunk = stage.subject.options.chunkOctets ?? 536;
            assert.ok(
                peer.pieces.length <= Math.ceil(octets / chunk),
                `${octets} octets in ${peer.pieces.length} writes`,
            );
            await peer.silence(200);
        },
    },
    {
        name: "CONNACK 0 and SUBACK 1 make it online",
        async play(stage) {
            const peer = await stage.online();
            assert.deepEqual(
                stage.device.states.slice(-4).map(({ state }) => state),
                ["dialing", "connecting", "subscribing", "online"],
            );
            await peer.silence(300);
        },
    },
    {
        name: "MQTT-3.2.2.2: sessionPresent, which it never asked for, changes nothing",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId } = await stage.greeted();
            peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true }, suback(subscribeId), hello());
            await stage.deliver(peer, push(1, "hello"));
        },
    },
    ...REFUSALS.map(([code, what, why]) =>
        refusedAtConnect(
            `MQTT-3.2.2.3: CONNACK ${code}, ${what}: never online, shown, tried again`,
            why,
            connack(code),
        ),
    ),
    refusedAtConnect("MQTT-3.2.2.3: CONNACK 6, reserved", /^refused/, "20020006"),
    refusedAtConnect("MQTT-3.2.2.3: CONNACK 255, reserved", /^refused/, "200200ff"),
    ...[0x80, 0, 2, 3].map((code): Case => ({
        name: `MQTT-3.9.3: SUBACK ${code} is no subscription`,
        async play(stage) {
            await stage.start();
            const { peer, subscribeId } = await stage.greeted();
            const sinceMs = performance.now();
            peer.send(CONNACK, Buffer.from([0x90, 3, subscribeId >> 8, subscribeId & 255, code]));
            await stage.shows("waiting", new RegExp(`^refused, SUBACK ${code} `));
            await peer.hungUp();
            assert.equal(stage.count("online"), 0);
            await triesAgain(stage, sinceMs);
        },
    })),
    refusedAtConnect("MQTT-3.2.0-1: SUBACK before CONNACK", /^not a gateway/, suback(1)),
    refusedAtConnect(
        "MQTT-3.2.0-1: a push before CONNACK is not shown",
        /^not a gateway/,
        push(1, "too early"),
        CONNACK,
    ),
    refusedAtConnect("MQTT-3.2.0-1: PUBACK before CONNACK", /^not a gateway/, puback(2)),
    refusedAtConnect("MQTT-3.2.0-1: PINGRESP before CONNACK", /^not a gateway/, { cmd: "pingresp" }),
    refusedAtConnect("MQTT-3.2.2.1: a CONNACK of three octets", /^not a gateway/, "2003000000"),
    refusedAtConnect(
        "an HTTP answer, as a captive portal gives it",
        /^not a gateway/,
        Buffer.from("HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n"),
    ),
    refusedAtConnect("a TLS alert", /^not a gateway/, "15030300020228"),
    refusedAtConnect("an SSH banner", /^not a gateway/, Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")),
    refusedAtConnect("octets of 0", /^not a gateway/, Buffer.alloc(600)),
    refusedAtConnect("octets of 255", /^not a gateway/, Buffer.alloc(600, 255)),
    refusedAtConnect("a web page of 60 KB", /^not a gateway/, Buffer.alloc(60_000, "<html>")),
    {
        name: "MQTT-3.2.0-2: a second CONNACK ends the connection",
        async play(stage) {
            const peer = await stage.online();
            const from = stage.device.states.length;
            const sinceMs = performance.now();
            peer.send(CONNACK);
            await stage.shows("waiting", /^not MQTT/, from);
            await peer.hungUp();
            await triesAgain(stage, sinceMs);
        },
    },
    {
        name: "a wrong secret: shown, never spinning, backing off",
        async play(stage) {
            await stage.start();
            let sinceMs = -Infinity;
            for (let i = 0; i < 4; i++) {
                const { peer } = await stage.greeted();
                spaced(sinceMs, peer);
                sinceMs = performance.now();
                peer.send(connack(5));
                await peer.hungUp();
            }
            await stage.device.until(
                ({ states }) => states.filter(({ why }) => /wrong secret/.test(why ?? "")).length >= 4,
            );
        },
    },
    {
        name: "a registration that is never acknowledged changes nothing for pushes",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId } = await stage.greeted();
            peer.send(CONNACK, suback(subscribeId), hello());
            await stage.deliver(peer, push(1, "one"));
            await stage.deliver(peer, push(2, "two"));
        },
    },
    {
        name: "a push right behind SUBACK, in the same write",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId, registration } = await stage.greeted();
            peer.send(
                octetsOf(CONNACK, suback(subscribeId), puback(registration.messageId), hello(), push(1, "at once")),
            );
            await peer.receive("puback");
            await stage.device.until(({ shown }) => shown.length === 1);
            assert.deepEqual(stage.bodies, ["at once"]);
        },
    },
    {
        name: "it registers the epoch and the last sequence it handled",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, push(7, "seven"));
            peer.end();
            const { registration } = await stage.accepted();
            assert.deepEqual([registration.fields.e, registration.fields.n], [EPOCH, 7]);
        },
    },
];
