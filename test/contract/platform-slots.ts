import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Slot } from "../../device/core/events.ts";

export const ALL_OCTETS = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet));

/** A platform's flash. */
export interface Slots {
    save(slot: Slot, json: string): boolean;
    /** what is in a slot: what the device would read at boot */
    load(name: string): string | undefined;
    /** the two files behind a slot */
    slotFiles(name: string): [string, string];
}

function readSlotFile(path: string): string {
    try {
        return readFileSync(path, "latin1");
    } catch {
        return "";
    }
}

/** The part of the platform suite about `save`. @param fresh a platform with nothing in its flash */
export function testSlots(fresh: () => Promise<Slots>): void {
    test("save: what was saved is there, octet for octet, and the other slots are not touched", async () => {
        const flash = await fresh();
        assert.equal(flash.save("session", '{"epoch":1}'), true);
        assert.equal(flash.save("credentials", ALL_OCTETS), true);
        assert.equal(flash.load("session"), '{"epoch":1}');
        assert.equal(flash.load("credentials"), ALL_OCTETS);
    });

    test("save: a write torn after any octet, or with any octet changed, leaves the state before", async () => {
        const flash = await fresh();
        flash.save("session", "before");
        const old = flash.slotFiles("session").map(readSlotFile);
        flash.save("session", "after the torn write");
        const files = flash.slotFiles("session");
        const at = readSlotFile(files[0]) === old[0] ? 1 : 0;
        const whole = readSlotFile(files[at]);
        for (let octets = 0; octets < whole.length; octets++) {
            writeFileSync(files[at], whole.slice(0, octets), "latin1");
            assert.equal(flash.load("session"), "before", `torn after ${octets}`);
            const changed = String.fromCharCode(whole.charCodeAt(octets) ^ 0x10);
            writeFileSync(files[at], whole.slice(0, octets) + changed + whole.slice(octets + 1), "latin1");
            assert.equal(flash.load("session"), "before", `octet ${octets} changed`);
        }
        assert.equal(flash.save("session", "next"), true);
        assert.equal(flash.load("session"), "next");
        assert.equal(readSlotFile(files[1 - at]!), old[1 - at], "the slot that was whole is still there");
    });

    test("save: 300 times in a row, and the last one counts", async () => {
        const flash = await fresh();
        for (let i = 0; i < 300; i++) flash.save("session", `state ${i}`);
        assert.equal(flash.load("session"), "state 299");
    });

    test("save: what is there already is not written again", async () => {
        const flash = await fresh();
        flash.save("session", "same");
        const files = flash.slotFiles("session").map(readSlotFile);
        assert.equal(flash.save("session", "same"), true);
        assert.deepEqual(flash.slotFiles("session").map(readSlotFile), files);
    });
}
