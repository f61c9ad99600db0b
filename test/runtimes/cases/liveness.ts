import assert from "node:assert/strict";
import { DeafListener } from "../../support/deaf-listener.ts";
import { pause } from "../../support/eventually.ts";
import type { Peer } from "../../support/scripted-gateway.ts";
import { CONNACK, hello, idOf, PINGRESP, puback, push, spaced, suback } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

/** The shortest keepalive that still leaves room for a slow machine: PINGREQ after one second of silence. */
const KEEP_ALIVE_S = 2;
const PING_MS = 1000;
const PINGRESP_MS = 5000;
const PHASE_MS = 10_000;
/** What a busy machine may add to a deadline. */
const LATE_MS = 30_000;

/**
 * The device gives up on a phase when it has lasted as long as it may, and shows why.
 * @param sinceMs from before the phase: what a busy machine shows late makes it no shorter
 */
async function givesUp(stage: Stage, sinceMs: number, why: RegExp): Promise<void> {
    await stage.shows("waiting", why, 0, PHASE_MS + LATE_MS);
    const tookMs = performance.now() - sinceMs;
    assert.ok(tookMs >= PHASE_MS - 10, `given up after ${tookMs} ms`);
}

/** How a gateway may end a connection. */
const ENDS: [name: string, end: (peer: Peer) => void][] = [
    ["FIN", (peer) => peer.end()],
    ["RST", (peer) => peer.reset()],
];

/** How far a connection may have come, and what the device shows then. */
const STAGES: [name: string, reach: (stage: Stage) => Promise<Peer>][] = [
    ["as soon as it opens", (stage) => stage.gateway.accept()],
    ["after CONNECT", async (stage) => (await stage.greeted()).peer],
    [
        "after CONNACK",
        async (stage) => {
            const { peer } = await stage.greeted();
            peer.send(CONNACK);
            await stage.device.until(({ states }) => states.at(-1)?.state === "subscribing");
            return peer;
        },
    ],
    ["online", async (stage) => (await stage.accepted()).peer],
    [
        "in the middle of a push",
        async (stage) => {
            const { peer } = await stage.accepted();
            peer.send("3250", Buffer.from("half"));
            return peer;
        },
    ],
];

export const SLOW: readonly Case[] = [
    {
        name: "silence at TCP: a SYN that nobody answers is given up after ten seconds",
        async play(stage) {
            const deaf = await DeafListener.listen();
            try {
                const sinceMs = performance.now();
                await stage.start({ gateway: { host: "127.0.0.1", port: deaf.port } });
                await givesUp(stage, sinceMs, /^(nobody answers|no answer)/);
                await stage.device.until(() => stage.count("dialing") >= 2, LATE_MS);
                assert.equal(stage.count("online"), 0);
            } finally {
                await deaf.close();
            }
        },
    },
    {
        name: "silence after CONNECT: CONNACK is waited for ten seconds",
        async play(stage) {
            const sinceMs = performance.now();
            await stage.start();
            const { peer } = await stage.greeted();
            await givesUp(stage, sinceMs, /^no answer \(connecting/);
            await peer.hungUp();
            assert.equal(peer.waiting, 0, "it sent something without a CONNACK");
            await stage.accepted();
        },
    },
    {
        name: "silence after CONNACK: SUBACK is waited for ten seconds",
        async play(stage) {
            const sinceMs = performance.now();
            await stage.start();
            const { peer } = await stage.greeted();
            peer.send(CONNACK);
            await givesUp(stage, sinceMs, /^no answer \(subscribing/);
            await peer.hungUp();
            await stage.accepted();
        },
    },
    {
        name: "MQTT-3.1.2.10: silence online: PINGREQ after half the keepalive, gone after five seconds without PINGRESP",
        async play(stage) {
            const startMs = performance.now();
            const peer = await stage.online({ keepAliveS: KEEP_ALIVE_S });
            const from = stage.device.states.length;
            await peer.receive("pingreq");
            const pingMs = performance.now() - startMs;
            assert.ok(pingMs > PING_MS - 10, `PINGREQ ${pingMs} ms after power on`);
            await stage.shows("waiting", /^no answer \(online/, from, PINGRESP_MS + LATE_MS);
            const goneMs = performance.now() - startMs; // since power on, so that a slow machine makes it longer only
            assert.ok(goneMs > PING_MS + PINGRESP_MS - 20, `gone ${goneMs} ms after power on`);
            assert.equal(peer.waiting, 0, "it sent something without a PINGRESP");
            await peer.hungUp();
            const { registration } = await stage.accepted();
            assert.equal(registration.fields.y, "lost");
        },
    },
    {
        name: "a link that died without a word, same address: noticed by the ping, and a push waiting arrives once",
        async play(stage) {
            const first = await stage.online({ keepAliveS: KEEP_ALIVE_S });
            await stage.device.hiddenDrop();
            first.send(push(1, "into the void"));
            const { peer } = await stage.accepted();
            peer.send(push(1, "into the void"));
            assert.equal((await peer.receive("puback")).messageId, idOf(push(1, "")));
            await stage.deliver(peer, push(2, "next"));
            assert.deepEqual(stage.bodies, ["into the void", "next"]);
        },
    },
];

export const LIVENESS: readonly Case[] = [
    ...STAGES.flatMap(([stageName, reach]) =>
        ENDS.map(([endName, end]): Case => ({
            name: `${endName} ${stageName}: waits, tries again, and gets what waited`,
            async play(stage) {
                await stage.start();
                const peer = await reach(stage);
                const sinceMs = performance.now();
                end(peer);
                await stage.device.until(() => stage.count("waiting") > 0);
                const next = await stage.accepted();
                spaced(sinceMs, next.peer);
                await stage.deliver(next.peer, push(1, "waited"));
            },
        })),
    ),
    {
        name: "a port that nobody listens on: tried at most once a second, and found when somebody does",
        async play(stage) {
            await stage.gateway.shut();
            await stage.start();
            await stage.device.until(() => stage.count("waiting") >= 2, 15_000);
            await stage.gateway.open();
            const { peer } = await stage.accepted();
            await stage.deliver(peer, push(1, "found"));
        },
    },
    {
        name: "PINGRESP keeps it online, ping after ping, though what it sent is not acknowledged",
        async play(stage) {
            const peer = await stage.online({ keepAliveS: KEEP_ALIVE_S });
            await stage.device.say({ say: "read", sequence: 1 });
            await peer.receive("publish");
            for (let i = 0; i < 4; i++) {
                await peer.receive("pingreq");
                peer.send(PINGRESP);
            }
            await stage.deliver(peer, push(1, "still here"));
            assert.equal(stage.count("waiting"), 0);
        },
    },
    {
        name: "what comes from the gateway puts the ping off, and is as good as a PINGRESP",
        async play(stage) {
            const peer = await stage.online({ keepAliveS: 3 * KEEP_ALIVE_S });
            let [beforeMs, sentMs] = [0, performance.now()];
            // A ping may come where the machine is slow, and then cross a push: but never so soon behind the push before that.
            const acknowledged = async (): Promise<void> => {
                while ((await peer.next("puback")).cmd !== "puback") {
                    const silentMs = performance.now() - beforeMs;
                    assert.ok(silentMs > 3 * PING_MS - 10, `PINGREQ after ${silentMs} ms of silence`);
                }
            };
            for (let n = 1; n <= 5; n++) {
                await pause(PING_MS * 0.8);
                [beforeMs, sentMs] = [sentMs, performance.now()];
                peer.send(push(n, "alive"));
                await acknowledged();
            }
            await peer.receive("pingreq");
            assert.ok(performance.now() - sentMs > 3 * PING_MS - 10);
            // no PINGRESP, but a push: the deadline of the ping is off
            await stage.deliver(peer, push(6, "instead"));
            await peer.receive("pingreq");
            peer.send(PINGRESP);
            assert.equal(stage.count("waiting"), 0);
        },
    },
    {
        name: "late octets and the late end of a connection it hung up do not reach the next one",
        async play(stage) {
            const old = await stage.online({ keepAliveS: KEEP_ALIVE_S });
            old.send("ffffffffffff");
            await old.hungUp();
            const { peer } = await stage.accepted();
            old.send(push(1, "late"), CONNACK, PINGRESP);
            old.end();
            await pause(200);
            old.reset();
            await stage.deliver(peer, push(2, "on the new one"));
            await peer.receive("pingreq");
            peer.send(PINGRESP);
            await stage.deliver(peer, push(3, "and on"));
            assert.deepEqual(stage.bodies, ["on the new one", "and on"]);
            assert.equal(stage.count("waiting"), 1);
        },
    },
    {
        name: "octets of a connection that was hung up do not complete a packet of the next one",
        async play(stage) {
            const old = await stage.online();
            const from = stage.device.states.length;
            // the beginning of a long push, then its end of the line
            old.send("3264", Buffer.from("x".repeat(20)));
            await pause(50);
            old.reset();
            await stage.shows("waiting", /./, from);
            const { peer } = await stage.accepted();
            await stage.deliver(peer, push(1, "clean"));
        },
    },
    {
        name: "the device goes on trying for as long as it takes, and what waited comes in the end",
        async play(stage) {
            await stage.start();
            for (let i = 0; i < 3; i++) (await stage.gateway.accept(15_000)).reset();
            const { peer, subscribeId, registration } = await stage.greeted();
            peer.send(CONNACK, suback(subscribeId), puback(registration.messageId), hello());
            await stage.deliver(peer, push(1, "at last"));
        },
    },
];
