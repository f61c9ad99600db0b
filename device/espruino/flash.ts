import type { Bytes } from "../../shared/bytes.ts";
import { choose, frame } from "../slots.ts";
import type { Chosen } from "../slots.ts";

/**
 * What was last written whole. The slots are files of Espruino's Storage: `toque-config0` and `toque-config1`, and so on.
 * Storage itself loses a file when the power fails while it is rewritten. (And everything, when it fails while a full flash is being
 * compacted: that is the firmware's, and the reason to write seldom.)
 */
export function find(name: string): Chosen | undefined {
    const storage = require("Storage");
    return choose(storage.read("toque-" + name + 0), storage.read("toque-" + name + 1));
}

/** Writes to the slot not in use; nothing when it is there already, because flash wears out. False: no room. */
export function save(name: string, text: Bytes): boolean {
    const found = find(name);
    if (found !== undefined && found.text === text) return true;
    const slot = found === undefined ? 0 : 1 - found.slot;
    return require("Storage").write("toque-" + name + slot, frame(found === undefined ? 1 : found.sequence + 1, text));
}
