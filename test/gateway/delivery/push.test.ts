import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeContent, encodePush, payloadRoom, type Content } from "../../../gateway/delivery/push.ts";
import type { E164 } from "../../../gateway/number.ts";
import { readFields } from "../../../shared/push/fields.ts";
import { routeOf, START_MS } from "../../support/records.ts";

type Pushed = Content & Omit<Parameters<typeof encodePush>[0], "content">;
const PLAIN: Pushed = { sequence: 7, body: "hi", urgency: "normal", acceptedMs: START_MS, expiresMs: START_MS };

// DESIGN §3: {"n":sequence,"b":body,"t":title,"u":urgency,"f":from,"k":collapseKey,"x":expires}, absent keys left out.
const PAYLOADS: [given: Partial<Pushed>, json: string][] = [
    [{}, '{"n":7,"b":"hi"}'],
    [{ urgency: "high" }, '{"n":7,"b":"hi","u":"high"}'],
    [{ urgency: "very-low" }, '{"n":7,"b":"hi","u":"very-low"}'],
    [{ title: "T", collapseKey: "k", from: "+12" as E164 }, '{"n":7,"b":"hi","t":"T","f":"+12","k":"k"}'],
    [{ expiresMs: START_MS + 1 }, '{"n":7,"b":"hi","x":1767225601}'],
    [{ expiresMs: START_MS + 60_000 }, '{"n":7,"b":"hi","x":1767225660}'],
    [{ body: "Café €5 😀 \u2028\u007f" }, '{"n":7,"b":"Café €5 😀 \u2028\u007f"}'],
    [{ body: '"\\\n' }, '{"n":7,"b":"\\"\\\\\\n"}'],
    [{ sequence: 4_294_967_295 }, '{"n":4294967295,"b":"hi"}'],
];

function encode(given: Partial<Pushed>): string {
    const pushed = { ...PLAIN, ...given };
    return encodePush({ ...pushed, content: encodeContent(pushed) });
}

for (const [given, json] of PAYLOADS) {
    test(`push: ${json} is what travels`, () => {
        assert.equal(encode(given), json);
    });
}

test("push: a device reads what was written, octet for octet", () => {
    const body = 'Café €5 😀 \u0001 " \\ / \n';
    const fields = readFields(Buffer.from(encode({ body, title: "ü" })).toString("latin1"));
    assert.equal(Buffer.from(String(fields?.b), "latin1").toString(), body);
    assert.equal(Buffer.from(String(fields?.t), "latin1").toString(), "ü");
    assert.equal(fields?.n, 7);
});

test("MQTT-3.3: a packet of 1,024 octets holds a payload of 998 on an inbox of 19 characters", () => {
    // 1 + 2 (Remaining Length 1,021) + 2 + 19 (topic) + 2 (packet id) + 998
    assert.equal(payloadRoom(routeOf(1), 1_024), 998);
    assert.equal(payloadRoom(routeOf(1), 4_096), 4_070);
});
