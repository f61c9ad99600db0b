import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { Hands, PIN_NAMES } from "../../emulator/hands.ts";
import { Bme280 } from "../../emulator/hands-bme280.ts";
import { FONT } from "../../emulator/hands-font.ts";

test("pins have the names of each firmware", () => {
    const gpio = (firmware: keyof typeof PIN_NAMES, name: string) => PIN_NAMES[firmware].get(name);
    assert.deepEqual(
        [
            gpio("espruino", "D2"),
            gpio("nodemcu-esp8266", "D4"),
            gpio("nodemcu-esp8266", "4"),
            gpio("nodemcu-esp32", "2"),
        ],
        [2, 2, 2, 2],
    );
    for (const names of Object.values(PIN_NAMES)) assert.equal(names.get("GPIO2"), 2);
});

test("a pin has its level and each change with its moment; the level that it has already is none", () => {
    const hands = new Hands();
    let nowMs = 0;
    hands.nowMs = () => nowMs;
    assert.equal(hands.pin("D2").level, 1, "nobody drives it: pulled up");
    for (const line of ["#pin 2 0", "#pin 2 0", "#pin 2 0.25", "#pin 2 1"]) {
        nowMs += 10;
        assert.equal(hands.take(line), true, line);
    }
    assert.deepEqual(hands.pin("D2").history, [
        { atMs: 10, level: 0 },
        { atMs: 30, level: 0.25 },
        { atMs: 40, level: 1 },
    ]);
    assert.deepEqual(hands.pins(), ["D2: driven to 1, 3 changes"]);
    hands.powerOff();
    assert.equal(hands.take("#pins"), false);
    assert.throws(
        () => hands.pin("D99"),
        /There is no pin "D99": this firmware has GPIO0 and the like, and its own names, such as \w+\.$/,
    );
});

test("buttons and analogue values: given to the runtime, and again when it starts", async () => {
    const hands = new Hands();
    const given: string[] = [];
    hands.give = (line) => {
        given.push(line);
        return Promise.resolve();
    };
    await hands.press("D0");
    await hands.release("D0");
    await hands.analog("A0", 0.5);
    assert.deepEqual(given, ["level 0 0", "level 0 1", "analog 0 0.5"]);
    assert.deepEqual(hands.inputs(), ["level 0 1", "analog 0 0.5"]);
    assert.throws(() => void hands.analog("A0", 5), /A0 takes 0 to 3\.3 volts, not 5/);
    assert.throws(() => void hands.analog("D0", 1), /no analogue input "D0"/);
});

/** Hexadecimal of a text in the font, with the blank column behind each character. */
function dots(text: string): string {
    return Array.from(text, (c) => FONT.substr((c.charCodeAt(0) - 32) * 10, 10) + "00").join("");
}

test("an SSD1306 shows text, dots and a PNG; upright after A1 and C8, dark until it is on", () => {
    const hands = new Hands();
    const write = (hex: string): void => void hands.take(`#i2c 60 ${hex}`);
    write("00b20410"); // page mode, as after its reset: page 2, column 4
    write("40" + dots("gone"));
    assert.equal(hands.display().lines.join(""), "", "it is off");
    write("00a1c8af");
    write("002000" + "2100" + "7f" + "220007"); // horizontal mode, from the first octet to the last
    write("40" + dots("Hola, ~") + "00".repeat(128 - 42) + dots("two"));
    assert.deepEqual(hands.display().lines.slice(0, 2), ["Hola, ~", "two"]);
    assert.match(hands.display().lines[2]!, /^▒/, "not at a cell's begin");
    write("00a7");
    assert.equal(hands.display().lit(127, 63), true, "inverted");
    write("80a6"); // Co: one octet
    assert.equal(hands.display().lit(127, 63), false);
    assert.equal(hands.display().lit(0, 0), true, "the stem of the H");
    assert.match(hands.display().dots, /^█   █/);
    const png = hands.display().png();
    assert.equal(png.toString("hex", 0, 8), "89504e470d0a1a0a");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20), png[24]], [128, 64, 1]);
    const rows = inflateSync(png.subarray(png.indexOf("IDAT") + 4, png.length - 16));
    assert.equal(rows.length, 64 * 17);
    assert.equal(rows[1], 0b10001000, "the first row of the H");
});

test("a BME280 has registers that the data sheet's formulas read as what it measures", () => {
    const { registers: r } = new Bme280({ temperature: 21.5, humidity: 40, pressure: 1013 });
    // the data sheet's integer formula for T, appendix 4.2.3: an implementation of its own
    const raw = r.readUIntBE(0xfa, 3) >> 4;
    const [t1, t2, t3] = [r.readUInt16LE(0x88), r.readInt16LE(0x8a), r.readInt16LE(0x8c)];
    const a = (((raw >> 3) - (t1 << 1)) * t2) >> 11;
    const b = (((((raw >> 4) - t1) * ((raw >> 4) - t1)) >> 12) * t3) >> 14;
    assert.equal(((a + b) * 5 + 128) >> 8, 2150);
    assert.equal(r[0xd0], 0x60);
    const hands = new Hands();
    assert.throws(() => void hands.sensor({ temperature: 100, humidity: 0, pressure: 0 }), /measures -40 to 85 °C/);
});
