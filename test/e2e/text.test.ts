import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeText } from "../../emulator/screen.ts";
import { type Board, type Scene, setScene } from "./boards.ts";
import type { ErrorBody } from "../support/gateway-client.ts";
import { withGenuine } from "./genuine.ts";
import { PublisherConnection } from "./publishers.ts";

// Text arrives octet for octet, whichever way it came, and as much of it as a board takes.

const TEXTS = {
    "one to four octets": "a¡€𝄞 \u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}",
    "combining marks": "e\u0301 n\u0303 a\u0323\u0307 क्षि",
    "right to left": "שלום مرحبا \u202eabc\u202c",
    "emoji with joiners": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇪🇸",
    "quotes and backslashes": `"\\" '\\\\' \\u0041 \\n {"n":1,"b":"x"} </script>`,
    "control characters": Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join(""),
    NUL: "before\u0000after",
};
/** Of a push's packet: fixed header, topic's length, packet id, "in/" and the route. */
const PACKET_OVERHEAD_OCTETS = 3 + 2 + 2 + 3 + 16;

/** Each with the largest packet that it takes: of the interpreters the second has the memory of an ESP8266. */
const SUBJECTS = withGenuine("espruino-sim", "lua");
const packetOctetsOf = (name: string): number => (name === "lua" || name === "espruino-8266" ? 1_024 : 4_096);

let scene: Scene;
let { gateway, boards } = {} as Scene;
let publisher: PublisherConnection | undefined;

before(async () => {
    scene = await setScene(SUBJECTS);
    ({ gateway, boards } = scene);
});
after(async () => {
    publisher?.close();
    await scene.close();
});

/** Waits for the board's next push after `count`. */
async function shownAfter(board: Board, count: number): Promise<{ body: string; title: string }> {
    await board.device.until(({ shown }) => shown.length > count, 20_000);
    const push = board.device.shown[count];
    return { body: decodeText(push?.body ?? ""), title: decodeText(push?.title ?? "") };
}

for (const [name, text] of Object.entries(TEXTS)) {
    test(`${name}: octet for octet, by HTTP as body and title, and by MQTT`, { timeout: 60_000 }, async () => {
        publisher ??= new PublisherConnection(gateway.mqtt.port, gateway.token);
        assert.ok(await publisher.connected);
        for (const board of boards) {
            const count = board.device.shown.length;
            await gateway.send(board.number, text, { title: text });
            assert.deepEqual(await shownAfter(board, count), { body: text, title: text }, board.device.runtime);
            assert.ok(await publisher.publish(board.number, text), "PUBACK");
            assert.deepEqual(await shownAfter(board, count + 1), { body: text, title: "" }, board.device.runtime);
        }
    });
}

test("half a surrogate pair arrives as U+FFFD", { timeout: 60_000 }, async () => {
    for (const board of boards) {
        const count = board.device.shown.length;
        await gateway.send(board.number, "<\ud83d>", { title: "\udc00" });
        assert.deepEqual(await shownAfter(board, count), { body: "<\ufffd>", title: "\ufffd" });
    }
});

for (const [index, { name }] of SUBJECTS.entries()) {
    const packetOctets = packetOctetsOf(name);
    test(
        `${name}, a board of ${packetOctets} octets: the largest body arrives, one octet more is refused`,
        { timeout: 60_000 },
        async () => {
            const board = boards[index];
            assert.ok(board);
            const send = (body: string) =>
                gateway.ask<ErrorBody>("POST", "/v1/messages", { body: { to: board.number, body } });
            const far = await send("a".repeat(packetOctets));
            assert.equal(far.status, 413, far.text);
            const over = Number(/shorten it by (\d+)/.exec(far.body.error.message)?.[1]);
            // Two-octet characters, and one "a" where the room is odd.
            const room = packetOctets - over;
            const largest = "ñ".repeat(Math.floor(room / 2)) + "a".repeat(room % 2);
            const refused = await send(largest + "a");
            assert.equal(refused.status, 413, refused.text);
            assert.match(
                refused.body.error.message,
                new RegExp(`the device takes ${packetOctets - PACKET_OVERHEAD_OCTETS}:`),
            );
            assert.match(refused.body.error.message, /shorten it by 1\./);
            const count = board.device.shown.length;
            assert.equal((await send(largest)).status, 202);
            assert.equal((await shownAfter(board, count)).body, largest);
        },
    );
}
