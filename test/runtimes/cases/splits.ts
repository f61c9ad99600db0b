import assert from "node:assert/strict";
import { pause } from "../../support/eventually.ts";
import { octetsOf } from "../../support/scripted-gateway.ts";
import type { Peer } from "../../support/scripted-gateway.ts";
import { chooseSeed, seeded } from "../../support/seeded.ts";
import { CONNACK, hello, idOf, inbox, PINGRESP, puback, push, suback } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

/** Between two pieces: long enough that they arrive apart. */
const APART_MS = 3;

/** What comes when a device is online, one of each kind; the two pushes have these sequences. */
function conversation(first: number): Buffer {
    return octetsOf(
        PINGRESP,
        push(first, "€ one", { t: "title" }),
        hello(),
        puback(60_000),
        inbox({ n: first + 1, b: "two 😀" }),
        push(first, "€ one", { t: "title" }),
    );
}

/** Both pushes are shown, once and in order, and the first one acknowledged twice. */
async function understood(stage: Stage, peer: Peer, first: number): Promise<void> {
    for (let i = 0; i < 2; i++) assert.equal((await peer.receive("puback")).messageId, idOf(push(first, "")));
    await stage.device.until(({ shown }) => shown.length >= first + 1);
    const last = stage.device.shown.slice(first - 1).map(({ sequence }) => sequence);
    assert.deepEqual(last, [first, first + 1]);
}

/** fengari takes ten times as long as the others, which cut at every octet: it cuts at every fifth. */
function strideOf({ subject }: Stage): number {
    return subject.name === "fengari" ? 5 : 1;
}

/** The answer to a greeting, cut in two behind so many octets. */
async function greetInTwo(stage: Stage, cut: number): Promise<void> {
    const { peer, subscribeId, registration } = await stage.greeted();
    const answer = octetsOf(CONNACK, suback(subscribeId), puback(registration.messageId));
    peer.send(answer.subarray(0, cut));
    await pause(20);
    peer.send(answer.subarray(cut));
    await stage.device.until(() => stage.device.states.at(-1)?.state === "online");
}

const GREETING_OCTETS = 4 + 5 + 4;

export const SPLITS: readonly Case[] = [
    {
        name: "split: everything from CONNACK on in one write",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId, registration } = await stage.greeted();
            peer.send(octetsOf(CONNACK, suback(subscribeId), puback(registration.messageId), hello()), conversation(1));
            await understood(stage, peer, 1);
        },
    },
    {
        name: "split: everything from CONNACK on, one octet at a time",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId, registration } = await stage.greeted();
            const all = [
                octetsOf(CONNACK, suback(subscribeId), puback(registration.messageId), hello()),
                conversation(1),
            ];
            await peer.sendInPieces(Buffer.concat(all), 1, APART_MS);
            await understood(stage, peer, 1);
        },
    },
    {
        name: "split: one octet at a time, as the board's own stack hands them over",
        skip: ({ runtime }) => (runtime === "host" || runtime === "espruino" ? "its chunks are the system's" : false),
        async play(stage) {
            await stage.start({ chunkOctets: 1 });
            const { peer } = await stage.accepted();
            peer.send(conversation(1));
            await understood(stage, peer, 1);
        },
    },
    {
        name: "split: at every octet of a conversation",
        async play(stage) {
            const peer = await stage.online();
            const octets = conversation(1).length;
            let first = 1;
            for (let cut = 1; cut < octets; cut += strideOf(stage), first += 2) {
                const stream = conversation(first);
                peer.send(stream.subarray(0, cut));
                await pause(APART_MS);
                peer.send(stream.subarray(cut));
                await understood(stage, peer, first);
            }
        },
    },
    {
        name: "split: at every octet of the answer to CONNECT, SUBSCRIBE and the registration",
        async play(stage) {
            await stage.start();
            for (let cut = 1; cut < GREETING_OCTETS; cut++) {
                await greetInTwo(stage, cut);
                // a new address is the fastest way to the next connection
                await stage.device.setAddress(cut % 2 === 1 ? "127.0.0.2" : "127.0.0.3");
            }
            assert.equal(stage.count("online"), GREETING_OCTETS - 1);
        },
    },
    {
        name: "split: at random, fifty pushes in a row",
        async play(stage) {
            const random = seeded(chooseSeed());
            const peer = await stage.online();
            const pushes = Array.from({ length: 50 }, (_, i) => push(i + 1, "€".repeat(random.below(60))));
            const stream = octetsOf(...pushes);
            for (let at = 0; at < stream.length;) {
                const octets = 1 + random.below(random.pick([4, 40, 400]));
                peer.send(stream.subarray(at, at + octets));
                at += octets;
                if (random.percent(50)) await pause(1);
            }
            for (const packet of pushes) {
                const { messageId } = await peer.receive("puback");
                assert.equal(messageId, packet.messageId, `TOQUE_SEED=${random.seed}`);
            }
            await stage.device.until(({ shown }) => shown.length === 50);
        },
    },
    {
        name: "split: a packet over the limit at every octet of its head",
        async play(stage) {
            await stage.start();
            const { peer, registration } = await stage.accepted();
            const body = "x".repeat(Number(registration.fields.m));
            for (let cut = 1; cut < 70; cut += strideOf(stage)) {
                const stream = octetsOf(push(cut, body));
                peer.send(stream.subarray(0, cut));
                await pause(APART_MS);
                peer.send(stream.subarray(cut));
                const nack = await peer.receive("publish");
                assert.equal(nack.payload.toString(), `{"n":${cut},"y":"oversize"}`);
                peer.send(puback(idOf(nack)));
                assert.equal((await peer.receive("puback")).messageId, idOf(push(cut, "")));
            }
            await stage.deliver(peer, push(100, "and now one that fits"));
        },
    },
];
