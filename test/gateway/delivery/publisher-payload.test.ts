import assert from "node:assert/strict";
import { test } from "node:test";
import { readPublisherMessage } from "../../../gateway/delivery/publisher-payload.ts";

const DIGITS = "34600111222";
const FIELDS = { body: "b", title: "t", urgency: "low", ttlS: 60, collapseKey: "k", id: "key" };

const { id: once, ...fields } = FIELDS;
const READ: [what: string, payload: string, draft: object][] = [
    ["plain text", "Café €5 😀", { body: "Café €5 😀" }],
    ["a JSON object with a body", JSON.stringify(FIELDS), { ...fields, once }],
    ["ttlS by its other name", '{"body":"b","ttl":60}', { body: "b", ttlS: 60 }],
    ["a JSON object without a body", '{"celsius":21}', { body: '{"celsius":21}' }],
    ["half a JSON object", '{"body":', { body: '{"body":' }],
    ["nothing", "", { body: "" }],
];
for (const [what, payload, draft] of READ) {
    test(`a publisher's message: ${what}`, () => {
        const read = readPublisherMessage(DIGITS, Buffer.from(payload));
        assert.deepEqual(JSON.parse(JSON.stringify(read)), { to: `+${DIGITS}`, ...draft });
    });
}

const REFUSED: [what: string, digits: string, payload: Buffer, code: string][] = [
    ["no digits", "me", Buffer.from("x"), "invalid_number"],
    ["a plus", `+${DIGITS}`, Buffer.from("x"), "invalid_number"],
    ["a level more", `${DIGITS}/x`, Buffer.from("x"), "invalid_number"],
    ["an unknown field", DIGITS, Buffer.from('{"body":"x","tll":1}'), "invalid_request"],
    ["octets that are not UTF-8", DIGITS, Buffer.from("caf\xe9", "latin1"), "invalid_request"],
    ["such octets in JSON", DIGITS, Buffer.from('{"body":"caf\xe9"}', "latin1"), "invalid_request"],
];
for (const [what, digits, payload, code] of REFUSED) {
    test(`a publisher's message with ${what} is refused: ${code}`, () => {
        assert.throws(() => readPublisherMessage(digits, payload), { code });
    });
}
