import assert from "node:assert/strict";
import { EPOCH, hello, idOf, inbox, puback, push, ROUTE } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";
import type { Peer } from "../../support/scripted-gateway.ts";

/** Long enough for a push that should not be shown to be shown. */
const MOMENT_MS = 250;

/** The next PUBLISH is a nack of this push. @returns its packet id */
export async function nacked(peer: Peer, sequence: number, why: string): Promise<number> {
    const { payload, messageId, qos } = await peer.receivePublish(`out/${ROUTE}/nack`);
    assert.deepEqual(JSON.parse(payload), { n: sequence, y: why });
    assert.equal(qos, 1);
    return messageId;
}

export async function acknowledged(peer: Peer, messageId: number): Promise<void> {
    assert.equal((await peer.receive("puback")).messageId, messageId);
}

/** The device is as it was: it shows the next push, and has shown nothing else since. */
export async function goesOn(stage: Stage, peer: Peer, sequence: number, shownBefore: number): Promise<void> {
    await stage.deliver(peer, push(sequence, "goes on"));
    assert.equal(stage.device.shown.length, shownBefore + 1);
}

/** Everything that differs between two pushes but the sequence. */
const ENVELOPE = { t: "Doorbell", u: "high", f: "+34600333444", k: "door" };

export const PUSHES: readonly Case[] = [
    {
        name: "a push is shown with all it has, and then acknowledged by its packet id",
        async play(stage) {
            const peer = await stage.online();
            peer.send(inbox({ n: 1, b: "ring", ...ENVELOPE }, 513));
            await acknowledged(peer, 513);
            await stage.device.until(({ shown }) => shown.length === 1);
            const { sequence, body, title, urgency, from, collapseKey } = stage.device.shown[0]!;
            assert.deepEqual(
                { sequence, body, title, urgency, from, collapseKey },
                {
                    sequence: 1,
                    body: "ring",
                    title: "Doorbell",
                    urgency: "high",
                    from: "+34600333444",
                    collapseKey: "door",
                },
            );
        },
    },
    {
        name: "what a push does not have is absent",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, push(1, ""));
            const { body, title, from, collapseKey } = stage.device.shown[0]!;
            assert.deepEqual([body, title, from, collapseKey], ["", undefined, undefined, undefined]);
        },
    },
    {
        name: "MQTT-4.3.1: a push at QoS 0 is shown and not acknowledged",
        async play(stage) {
            const peer = await stage.online();
            peer.send(inbox({ n: 1, b: "at most once" }));
            await stage.device.until(({ shown }) => shown.length === 1);
            await peer.silence(MOMENT_MS);
        },
    },
    {
        name: "MQTT-4.3.2: a repeated push is acknowledged again and shown once, with DUP and without",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, push(1, "once"));
            peer.send(inbox({ n: 1, b: "once" }, idOf(push(1, "")), { dup: true }));
            await acknowledged(peer, idOf(push(1, "")));
            peer.send(inbox({ n: 1, b: "once" }, 7));
            await acknowledged(peer, 7);
            await goesOn(stage, peer, 2, 1);
        },
    },
    {
        name: "a push redelivered on the next connection, with another packet id and no DUP, is shown once",
        async play(stage) {
            const first = await stage.online();
            await stage.deliver(first, push(1, "once"));
            first.reset();
            const { peer } = await stage.accepted();
            peer.send(inbox({ n: 1, b: "once" }, 1));
            await acknowledged(peer, 1);
            await goesOn(stage, peer, 2, 1);
        },
    },
    {
        name: "a push that was not acknowledged before a cut is shown once, and acknowledged after it",
        async play(stage) {
            const first = await stage.online();
            first.send(push(1, "cut"));
            first.reset();
            const { peer } = await stage.accepted();
            peer.send(push(1, "cut"));
            await acknowledged(peer, idOf(push(1, "")));
            await goesOn(stage, peer, 2, 1);
        },
    },
    {
        name: "MQTT-2.3.1: one packet id for many pushes, one after the other",
        async play(stage) {
            const peer = await stage.online();
            for (let n = 1; n <= 5; n++) await stage.deliver(peer, inbox({ n, b: `push ${n}` }, 1));
            assert.deepEqual(stage.bodies, ["push 1", "push 2", "push 3", "push 4", "push 5"]);
        },
    },
    {
        name: "MQTT-2.3.1: packet ids at both sides of each octet",
        async play(stage) {
            const peer = await stage.online();
            let n = 0;
            for (const id of [1, 127, 128, 255, 256, 32767, 32768, 65535])
                await stage.deliver(peer, inbox({ n: ++n, b: "x" }, id));
        },
    },
    {
        name: "a window full of pushes in one write: all shown in order, all acknowledged in order",
        async play(stage) {
            await stage.start();
            const { peer, registration } = await stage.accepted();
            const window = Number(registration.fields.w);
            for (let round = 0; round < 3; round++) {
                const pushes = Array.from({ length: window }, (_, i) => push(round * window + i + 1, `push ${i}`));
                peer.send(...pushes);
                for (const packet of pushes) await acknowledged(peer, idOf(packet));
            }
            await stage.device.until(({ shown }) => shown.length === window * 3);
            assert.deepEqual(
                stage.device.shown.map(({ sequence }) => sequence),
                Array.from({ length: window * 3 }, (_, i) => i + 1),
            );
        },
    },
    {
        name: "ten times the window in one write, from a gateway that keeps to none",
        async play(stage) {
            await stage.start();
            const { peer, registration } = await stage.accepted();
            const pushes = Array.from({ length: 10 * Number(registration.fields.w) }, (_, i) =>
                push(i + 1, `push ${i}`),
            );
            peer.send(...pushes);
            for (const packet of pushes) await acknowledged(peer, idOf(packet));
            await goesOn(stage, peer, pushes.length + 1, pushes.length);
        },
    },
    {
        name: "a sequence below the last one is old: acknowledged, not shown; gaps are none",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, push(5, "five"));
            peer.send(push(3, "old"));
            await acknowledged(peer, idOf(push(3, "")));
            await stage.deliver(peer, push(900, "nine hundred"));
            assert.deepEqual(stage.bodies, ["five", "nine hundred"]);
        },
    },
    {
        name: "sequences up to the largest of 31 bits",
        async play(stage) {
            const peer = await stage.online();
            for (const n of [65_535, 65_536, 16_777_215, 16_777_217, 2_147_483_646, 2_147_483_647]) {
                await stage.deliver(peer, inbox({ n, b: `${n}` }, 9));
                peer.send(inbox({ n, b: "again" }, 10));
                await acknowledged(peer, 10);
            }
            assert.equal(stage.device.shown.length, 6);
        },
    },
    {
        name: "another epoch is another numbering: its first sequences are shown",
        async play(stage) {
            const first = await stage.online();
            await stage.deliver(first, push(40, "before the restore"));
            first.end();
            const { peer } = await stage.accepted({ e: EPOCH + 1 });
            await stage.deliver(peer, push(1, "after it"));
            peer.send(hello({ e: EPOCH + 1 }), push(1, "after it"));
            await acknowledged(peer, idOf(push(1, "")));
            assert.deepEqual(stage.bodies, ["before the restore", "after it"]);
        },
    },
    {
        name: "the same epoch again forgets nothing",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, push(1, "one"));
            peer.send(hello(), hello(), push(1, "one"));
            await acknowledged(peer, idOf(push(1, "")));
            await goesOn(stage, peer, 2, 1);
        },
    },
    {
        name: "a handler that throws twice is called a third time, and the push acknowledged",
        async play(stage) {
            const peer = await stage.online();
            await stage.device.failHandler(2);
            peer.send(push(1, "third time"));
            await acknowledged(peer, idOf(push(1, "")));
            await stage.device.until(({ shown }) => shown.length === 3);
            assert.deepEqual(stage.bodies, ["third time", "third time", "third time"]);
            await goesOn(stage, peer, 2, 3);
        },
    },
    {
        name: "a handler that throws three times: nack, then PUBACK, and the next push is shown",
        async play(stage) {
            const peer = await stage.online();
            await stage.device.failHandler(3);
            peer.send(push(1, "poison"), push(2, "cure"));
            peer.send(puback(await nacked(peer, 1, "handler")));
            await acknowledged(peer, idOf(push(1, "")));
            await acknowledged(peer, idOf(push(2, "")));
            await stage.device.until(({ shown }) => shown.length === 4);
            assert.deepEqual(stage.bodies, ["poison", "poison", "poison", "cure"]);
            if (stage.subject.runtime === "host") return; // its errors are the caller's
            const errors = stage.device.screen.filter((line) => /the handler threw: .*asked to fail/.test(line));
            assert.equal(errors.length, 3);
        },
    },
    {
        name: "the gateway's notice that messages were dropped is on the screen",
        async play(stage) {
            const peer = await stage.online();
            const from = stage.device.states.length;
            peer.send(inbox({ o: 17, a: 3, z: 19 }));
            await stage.shows("online", /dropped: 17/, from);
            await goesOn(stage, peer, 20, 0);
        },
    },
];
