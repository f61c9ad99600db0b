import assert from "node:assert/strict";
import { CLOCK_S, CONNACK, hello, idOf, inbox, INBOX, puback, push, ROUTE, suback } from "../stage.ts";
import type { Case } from "../stage.ts";
import { acknowledged, goesOn, nacked } from "./pushes.ts";

/** A push whose packet has so many octets in all. */
function pushOfOctets(sequence: number, octets: number): ReturnType<typeof inbox> {
    const frame = 2 + INBOX.length + 2 + `{"n":${sequence},"b":""}`.length;
    const header = octets - 2 > 127 ? 3 : 2;
    return push(sequence, "x".repeat(octets - frame - header));
}

/** Pushes that are acknowledged without being shown, and those that just may be shown. */
export const REFUSED_PUSHES: readonly Case[] = [
    {
        name: "a push that expired is nacked before it is acknowledged, and not shown",
        async play(stage) {
            const peer = await stage.online();
            peer.send(push(1, "too late", { x: CLOCK_S - 1 }));
            peer.send(puback(await nacked(peer, 1, "expired")));
            await acknowledged(peer, idOf(push(1, "")));
            await goesOn(stage, peer, 2, 0);
        },
    },
    {
        name: "a push that expires later, and one that a device without a clock gets, are shown",
        async play(stage) {
            await stage.start();
            const { peer, subscribeId } = await stage.greeted();
            peer.send(CONNACK, suback(subscribeId));
            await stage.deliver(peer, push(1, "no clock", { x: 1 }));
            peer.send(hello());
            await stage.deliver(peer, push(2, "an hour left", { x: CLOCK_S + 3600 }));
        },
    },
    {
        name: "a packet of exactly the largest size is shown",
        async play(stage) {
            await stage.start();
            const { peer, registration } = await stage.accepted();
            const packet = pushOfOctets(1, Number(registration.fields.m));
            await stage.deliver(peer, packet);
            assert.match(stage.bodies[0]!, /^x{900,}$/);
        },
    },
    {
        name: "a packet of one octet more is nacked, acknowledged and skipped, and the next one shown",
        async play(stage) {
            await stage.start();
            const { peer, registration } = await stage.accepted();
            const packet = pushOfOctets(1, Number(registration.fields.m) + 1);
            peer.send(packet, push(2, "right behind"));
            peer.send(puback(await nacked(peer, 1, "oversize")));
            await acknowledged(peer, idOf(packet));
            await acknowledged(peer, idOf(push(2, "")));
            await stage.device.until(({ shown }) => shown.length === 1);
            assert.deepEqual(stage.bodies, ["right behind"]);
        },
    },
    {
        name: "a packet of 20 KB, more than an ESP8266 has memory, is skipped as it arrives",
        async play(stage) {
            const peer = await stage.online();
            peer.send(push(1, "x".repeat(20_000)));
            await nacked(peer, 1, "oversize");
            await acknowledged(peer, idOf(push(1, "")));
            await goesOn(stage, peer, 2, 0);
        },
    },
    {
        name: "an oversize packet that was seen before is acknowledged, and nacked no more",
        async play(stage) {
            const peer = await stage.online();
            for (let i = 0; i < 2; i++) {
                peer.send(push(1, "x".repeat(5000)));
                if (i === 0) peer.send(puback(await nacked(peer, 1, "oversize")));
                await acknowledged(peer, idOf(push(1, "")));
            }
            await goesOn(stage, peer, 2, 0);
        },
    },
    ...(
        [
            ["a body that is a number", '{"n":1,"b":5}'],
            ["no body", '{"n":1}'],
            ["nested JSON", '{"n":1,"b":{"x":1}}'],
            ["a cut object", '{"n":1,"b":"x'],
            ["spaces that no gateway writes", '{"n":1,"b": "x"}'],
        ] as const
    ).map(([what, json]): Case => ({
        name: `a push with ${what} is nacked as garbled, acknowledged, and not shown`,
        async play(stage) {
            const peer = await stage.online();
            peer.send(inbox(Buffer.from(json), 5));
            await nacked(peer, 1, "garbled");
            await acknowledged(peer, 5);
            await goesOn(stage, peer, 2, 0);
        },
    })),
    {
        name: "what is no push at all is acknowledged, and not shown",
        async play(stage) {
            const peer = await stage.online();
            const payloads = [
                "",
                "hello",
                "{}",
                "[]",
                "null",
                '{"b":"no sequence"}',
                '{"n":"1","b":"x"}',
                '{"n":0,"b":"zero"}',
                "\u0000\u0001",
            ];
            for (const [i, payload] of payloads.entries()) {
                peer.send(inbox(Buffer.from(payload), i + 1));
                await acknowledged(peer, i + 1);
            }
            await goesOn(stage, peer, 1, 0);
        },
    },
    {
        name: "keys that it does not know are skipped",
        async play(stage) {
            const peer = await stage.online();
            await stage.deliver(peer, inbox({ zz: "later", n: 1, b: "known", constructor: 5, q: 9 }, 1));
            assert.deepEqual(stage.bodies, ["known"]);
        },
    },
    {
        name: "a PUBLISH to another topic is acknowledged, and not shown",
        async play(stage) {
            const peer = await stage.online();
            const topics = ["in/other", `in/${ROUTE}/x`, "in/", `out/${ROUTE}/reg`, "$SYS/x", INBOX.toUpperCase()];
            for (const topic of topics) {
                peer.send(inbox({ n: 1, b: "x" }, 3, { topic }));
                await acknowledged(peer, 3);
            }
            await goesOn(stage, peer, 1, 0);
        },
    },
];
