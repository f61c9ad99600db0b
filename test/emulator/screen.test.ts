import assert from "node:assert/strict";
import { test } from "node:test";
import type { TextPush } from "../../emulator/device.ts";
import { Screen } from "../../emulator/screen.ts";
import { Timeline } from "../../emulator/timeline.ts";

const utf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test("screen: states and sentences, in any split of octets", () => {
    const text = utf8(
        "toque: dialing\r\ntoque: waiting: refused: wrong secret, CONNACK 5\r\nhello: ça va\ntoque: nothing\n",
    );
    for (const size of [1, 2, 7, text.length]) {
        const screen = new Screen();
        for (let at = 0; at < text.length; at += size) screen.feed(text.slice(at, at + size));
        assert.deepEqual(screen.states, [
            { state: "dialing", why: undefined },
            { state: "waiting", why: "refused: wrong secret, CONNACK 5" },
        ]);
        assert.equal(screen.lines[2], "hello: ça va");
        assert.equal(screen.lines.length, 4);
    }
});

test("screen: a push in pieces of hexadecimal, absent texts are not empty ones", () => {
    const screen = new Screen();
    const heard: number[] = [];
    screen.events.on("push", ({ sequence }) => heard.push(sequence));
    screen.feed("#b 4865\n#b 6c6c6fc3a9\n#t \n#push 12 high\n#b 00ff\n#f 2b3334\n#k 6b\n#push 13 -\n");
    assert.deepEqual(screen.shown, [
        { sequence: 12, body: utf8("Helloé"), title: "", urgency: "high", from: undefined, collapseKey: undefined },
        { sequence: 13, body: "\x00\xff", title: undefined, urgency: undefined, from: "+34", collapseKey: "k" },
    ]);
    assert.deepEqual(heard, [12, 13]);
    assert.deepEqual(screen.lines, []);
});

test("screen: what the demo notes of others is shown, not obeyed; as JSON it means the same", (t) => {
    const printed: string[] = [];
    t.mock.method(console, "log", (text: string) => printed.push(text));
    for (const json of [false, true]) new Timeline(json).note("kitchen", "shown", "\u001b[2J\u009b31m");
    t.mock.restoreAll();
    assert.match(printed[1]!, /kitchen +shown +\\x1b\[2J\\x9b31m$/);
    assert.match(printed[2]!, /"text":"\\u001b\[2J\\u009b31m"\}$/);
});

test("screen: a listener finds the line and its state already there", () => {
    const screen = new Screen();
    let seen = "";
    screen.events.on("line", () => (seen = `${screen.lines.length} ${screen.states.length}`));
    screen.print("toque: online");
    assert.equal(seen, "1 1");
});

test("screen: for other people's tests a push is text, and its octets are beside it", () => {
    const screen = new Screen();
    screen.asText = true;
    for (const line of [`#b ${Buffer.from("¡Hola!").toString("hex")}`, "#push 3 -"]) screen.print(line);
    const [push] = screen.shown as TextPush[];
    assert.deepEqual([push?.body, push?.title, push?.octets.body], ["¡Hola!", undefined, "\u00c2\u00a1Hola!"]);
});
