import assert from "node:assert/strict";
import { test } from "node:test";
import { maskFields, maskText } from "../../../gateway/system/mask.ts";

const TEXTS: [text: string, masked: string][] = [
    ["+34600111222", "+34***222"],
    ["to +34 600 111 222 now", "to +34***222 now"],
    ["/v1/numbers/+34600111222", "/v1/numbers/+34***222"],
    ["/v1/numbers/%2B34600111222?country=ES", "/v1/numbers/+34***222?country=ES"],
    ["/v1/numbers/%2B%33%34%36%30%30%31%31%31", "/v1/numbers/%2B%33***131"],
    ["/v1/numbers/%2B34%20600%20111%20222", "/v1/numbers/+34***222"],
    ["600111222", "***222"],
    ["+49 (0)171 / 123-45.67", "+49***567"],
    ["06.00.11.22.33", "06***233"],
    ["+٣٤٦٠٠١١١٢٢٢", "+٣٤***٢٢٢"],
    ["＋３４６００１１１２２２", "＋３４***２２２"],
    ["+34\n600\r\n111\t222", "+34***222"],
    ["code 12345678", "code ***"],
    ["+112", "+***"],
    ["+1", "+***"],
    ["two: +34600111222,+4917112345678", "two: +34***678"],
    ["20000 ms, port 1883", "20000 ms, port 1883"],
    ["192.168.100.200:1883 is in use", "192.168.100.200:1883 is in use"],
    ["no number", "no number"],
    ["", ""],
];
for (const [text, masked] of TEXTS) {
    test(`privacy: ${JSON.stringify(text)} is logged as ${JSON.stringify(masked)}`, () => {
        assert.equal(maskText(text), masked);
    });
}

test("privacy: a long text is cut, and a number across the cut is not half shown", () => {
    const masked = maskText("x".repeat(995) + "+34600111222");
    assert.ok(masked.length < 1_010);
    assert.doesNotMatch(masked, /346/);
});

test("privacy: masking takes time in proportion to the text", () => {
    const before = process.cpuUsage();
    for (const unit of ["1", "1 ", "1---", "+", "1\u0000\u0000\u0000", "%2B"]) maskText(unit.repeat(200_000));
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 5_000_000, `${user + system} µs of CPU: what is quadratic takes minutes`);
});

test("privacy: numbers in fields are masked at any depth, also as names and as JavaScript numbers", () => {
    const cause = new Error("at +34600111222");
    const masked = JSON.stringify(
        maskFields({
            number: "600",
            to: 34600111222,
            list: ["+34600111222"],
            deep: { deeper: { "+34600111222": "x" } },
            error: new Error("no +34600111222", { cause }),
            map: new Map([["+34600111222", 1]]),
            octets: Buffer.from("+34600111222"),
        }),
    );
    assert.doesNotMatch(masked, /600111|111222/);
});

test("privacy: secrets, codes and texts of messages are left out by their names", () => {
    const secrets = ["secret", "secretHash", "token", "password", "authorization", "payload", "body", "title"];
    for (const name of secrets) assert.deepEqual(maskFields({ [name]: "s3cret" }), { [name]: "***" });
    assert.deepEqual(maskFields({ Authorization: "Bearer s3cret" }), { Authorization: "***" });
});

test("log fields: our own ids, addresses and counts stay as they are", () => {
    const fields = { route: "a1234567890-_bcd", id: "12345678901234567890ab", address: "10.77.0.150", ms: 20000000 };
    assert.deepEqual(maskFields(fields), fields);
    assert.deepEqual(maskFields({ id: "+34600111222", route: "34600111222 x" }), {
        id: "+34***222",
        route: "34***222 x",
    });
});

test("log fields: what has no end, no shape or no JSON is bounded", () => {
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    const masked = maskFields({
        ring,
        big: 1n,
        symbol: Symbol("s"),
        call: () => 1,
        many: Array(1e5).fill(1),
        none: undefined,
    });
    assert.ok(JSON.stringify(masked).length < 1_000);
    assert.equal("none" in masked, false);
});
