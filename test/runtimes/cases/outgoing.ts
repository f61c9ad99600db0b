import assert from "node:assert/strict";
import { pause } from "../../support/eventually.ts";
import { CONNACK, connack, hello, inbox, NUMBER, puback, push, ROUTE, SECRET, spaced, suback } from "../stage.ts";
import type { Case, Stage } from "../stage.ts";

const OTHER = "+34600333444";
const NEW_SECRET = "Z9y8X7w6V5u4T3s2R1q0P9";
const CODE = "12345678";

function octets(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

function say(stage: Stage, body: string, title?: string): Promise<boolean> {
    return stage.device.say({
        say: "msg",
        to: OTHER,
        body: octets(body),
        title: title === undefined ? undefined : octets(title),
    });
}

/** A message to another number, as it stands in `out/<route>/msg`. */
interface Message {
    i: number;
    g: number;
    to: string;
    b: string;
    t?: string;
}

/** Not enrolled: it has a number and a code, and neither route nor secret. */
const UNENROLLED = { route: undefined, secret: undefined, number: NUMBER, code: CODE };

/** The next connection is one that wants to enrol. @returns the chip's id */
async function enrolling(stage: Stage) {
    const peer = await stage.gateway.accept();
    const connect = await peer.receive("connect");
    const chip = /^enrol-([0-9A-Za-z]+)$/.exec(connect.clientId)?.[1];
    assert.ok(chip, `client id ${connect.clientId}`);
    assert.deepEqual([connect.username, String(connect.password)], [NUMBER, CODE]);
    const subscribe = await peer.receive("subscribe");
    assert.deepEqual(
        subscribe.subscriptions.map(({ topic, qos }) => [topic, qos]),
        [[`enrol/${chip}`, 1]],
    );
    return { peer, chip, subscribeId: subscribe.messageId };
}

/** The next connection's CONNECT has this route and secret. */
async function connectsAs(stage: Stage, route: string, secret: string): Promise<void> {
    const peer = await stage.gateway.accept();
    const { clientId, username, password } = await peer.receive("connect");
    assert.deepEqual([clientId, username, String(password)], [route, route, secret]);
    peer.reset();
}

export const OUTGOING: readonly Case[] = [
    {
        name: "a read is sent at QoS 1, and not again once it is acknowledged",
        async play(stage) {
            const first = await stage.online();
            await stage.deliver(first, push(3, "read me"));
            assert.equal(await stage.device.say({ say: "read", sequence: 3 }), true);
            const { payload, messageId, qos } = await first.receivePublish(`out/${ROUTE}/read`);
            assert.deepEqual([payload, qos], ['{"n":3}', 1]);
            first.send(puback(messageId));
            await stage.deliver(first, push(4, "behind the PUBACK"));
            first.reset();
            const { peer } = await stage.accepted();
            await peer.silence(300);
        },
    },
    {
        name: "what was not acknowledged is sent again on the next connection, with the same id",
        async play(stage) {
            const first = await stage.online();
            assert.equal(await say(stage, "Café €5 😀", 'a "title"\n'), true);
            const once = await first.receivePublish(`out/${ROUTE}/msg`);
            const message = JSON.parse(once.payload) as Message;
            assert.deepEqual([message.to, message.b, message.t], [OTHER, "Café €5 😀", 'a "title"\n']);
            assert.ok(Number.isInteger(message.i) && Number.isInteger(message.g));
            first.reset();
            const { peer } = await stage.accepted();
            const again = await peer.receivePublish(`out/${ROUTE}/msg`);
            assert.equal(again.payload, once.payload);
            peer.send(puback(again.messageId));
            await stage.deliver(peer, push(1, "behind the PUBACK"));
            peer.reset();
            await (await stage.accepted()).peer.silence(300);
        },
    },
    {
        name: "two messages have the same boot and different ids, and keep their order",
        async play(stage) {
            const peer = await stage.online();
            assert.equal(await say(stage, "one"), true);
            assert.equal(await say(stage, "two"), true);
            const [one, two] = [
                await peer.receivePublish(`out/${ROUTE}/msg`),
                await peer.receivePublish(`out/${ROUTE}/msg`),
            ].map(({ payload }) => JSON.parse(payload) as Message);
            assert.deepEqual([one?.b, two?.b], ["one", "two"]);
            assert.equal(one?.g, two?.g);
            assert.notEqual(one?.i, two?.i);
        },
    },
    {
        name: "a PUBACK for one message is no PUBACK for the other",
        async play(stage) {
            const first = await stage.online();
            for (const body of ["one", "two", "three"]) await say(stage, body);
            await first.receivePublish(`out/${ROUTE}/msg`);
            const two = await first.receivePublish(`out/${ROUTE}/msg`);
            await first.receivePublish(`out/${ROUTE}/msg`);
            first.send(puback(two.messageId));
            await stage.deliver(first, push(1, "behind the PUBACK"));
            first.reset();
            const { peer } = await stage.accepted();
            const left = [await peer.receivePublish(`out/${ROUTE}/msg`), await peer.receivePublish(`out/${ROUTE}/msg`)];
            assert.deepEqual(
                left.map(({ payload }) => (JSON.parse(payload) as Message).b),
                ["one", "three"],
            );
            await peer.silence(200);
        },
    },
    {
        name: "a message that the gateway refused is on the screen, and the application hears of it; of an accepted one, too, on a later connection",
        async play(stage) {
            const first = await stage.online();
            await say(stage, "refused");
            await say(stage, "accepted");
            const { payload, messageId } = await first.receivePublish(`out/${ROUTE}/msg`);
            await first.receivePublish(`out/${ROUTE}/msg`);
            const { i, g } = JSON.parse(payload) as Message;
            first.send(inbox({ i, g, y: "unknown_number" }), puback(messageId));
            await stage.shows("online", /^a message was refused: unknown_number$/);
            await stage.device.until(({ screen }) => screen.includes("outcome: unknown_number"));
            first.reset();
            const { peer } = await stage.accepted();
            const again = await peer.receivePublish(`out/${ROUTE}/msg`);
            assert.equal((JSON.parse(again.payload) as Message).b, "accepted");
            peer.send(puback(again.messageId));
            await stage.device.until(({ screen }) => screen.includes("outcome: accepted"));
            assert.equal(stage.device.screen.filter((line) => line.startsWith("outcome: ")).length, 2);
        },
    },
    {
        name: "sent while offline, it leaves when online",
        async play(stage) {
            await stage.start({ startsDown: true });
            assert.equal(await say(stage, "early"), true);
            await stage.device.linkUp();
            const { peer } = await stage.accepted();
            assert.equal((JSON.parse((await peer.receivePublish(`out/${ROUTE}/msg`)).payload) as Message).b, "early");
        },
    },
    {
        name: "the outbox is full, or it is too large: refused, and nothing breaks",
        async play(stage) {
            await stage.start({ startsDown: true });
            const limit = stage.subject.options.chunkOctets === undefined ? 4096 : 1024; // an ESP8266's
            assert.equal(await say(stage, "x".repeat(limit)), false);
            const taken: boolean[] = [];
            for (let i = 0; i < 12; i++) taken.push(await stage.device.say({ say: "read", sequence: i + 1 }));
            const accepted = taken.filter(Boolean).length;
            assert.ok(accepted >= 4 && accepted < 12, `${accepted} taken`);
            await stage.device.linkUp();
            const { peer } = await stage.accepted();
            for (let i = 0; i < accepted; i++) {
                const { payload, messageId } = await peer.receivePublish(`out/${ROUTE}/read`);
                assert.equal(payload, `{"n":${i + 1}}`);
                peer.send(puback(messageId));
            }
            await stage.deliver(peer, push(1, "behind the PUBACKs"));
            assert.equal(await say(stage, "room again"), true);
        },
    },
    {
        name: "a nack that was not acknowledged goes again, before the registration",
        async play(stage) {
            const first = await stage.online();
            await stage.device.failHandler(3);
            first.send(push(1, "poison"));
            const nack = await first.receivePublish(`out/${ROUTE}/nack`);
            await first.receive("puback");
            first.reset();
            const peer = await stage.gateway.accept();
            await peer.receive("connect");
            const { messageId } = await peer.receive("subscribe");
            assert.equal((await peer.receivePublish(`out/${ROUTE}/nack`)).payload, nack.payload);
            await peer.receivePublish(`out/${ROUTE}/reg`);
            peer.send(CONNACK, suback(messageId), hello());
            await stage.deliver(peer, push(2, "cure"));
        },
    },
    {
        name: "enrolment: route and secret are in flash before they are acknowledged, and it connects anew as its route",
        async play(stage) {
            await stage.start(UNENROLLED);
            const { peer, chip, subscribeId } = await enrolling(stage);
            peer.send(CONNACK, suback(subscribeId));
            // the gateway stores what it made before it sends it
            await pause(100);
            peer.send(inbox({ r: ROUTE, s: SECRET }, 5, { topic: `enrol/${chip}` }));
            assert.equal((await peer.receive("puback")).messageId, 5);
            await connectsAs(stage, ROUTE, SECRET);
            await stage.device.reboot();
            await connectsAs(stage, ROUTE, SECRET);
        },
    },
    {
        name: "enrolment: a power cut before the PUBACK, and the same chip asks again with the same code",
        async play(stage) {
            await stage.start(UNENROLLED);
            const first = await enrolling(stage);
            first.peer.send(CONNACK, suback(first.subscribeId));
            await stage.device.reboot();
            const second = await enrolling(stage);
            assert.equal(second.chip, first.chip);
        },
    },
    {
        name: "enrolment: a wrong code is shown, and not tried more than once a second",
        async play(stage) {
            await stage.start(UNENROLLED);
            const first = await enrolling(stage);
            const sinceMs = performance.now();
            first.peer.send(connack(4));
            await stage.shows("waiting", /wrong secret or code/);
            spaced(sinceMs, (await enrolling(stage)).peer);
        },
    },
    {
        name: "another secret: acknowledged when it is in flash, used from the next connection on",
        async play(stage) {
            const peer = await stage.online();
            peer.send(inbox({ s: NEW_SECRET }, 6));
            assert.equal((await peer.receive("puback")).messageId, 6);
            await stage.deliver(peer, push(1, "on the same connection"));
            peer.reset();
            await connectsAs(stage, ROUTE, NEW_SECRET);
            await stage.device.reboot();
            await connectsAs(stage, ROUTE, NEW_SECRET);
        },
    },
];
