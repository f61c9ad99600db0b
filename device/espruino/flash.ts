import type { Bytes } from "../../shared/bytes.ts";
import { choose, frame } from "../slots.ts";
import type { Chosen } from "../slots.ts";

/**
 * What was last written whole. The slots are files of Espruino's Storage: `toque-config0` and `toque-config1`, and so on.
 * Storage itself loses a file when the power fails while it is rewritten. (And everything, when it fails while a full flash is being
 * compacted: that is the firmware's, and the reason to write seldom.)
 */
export function find(name: string): Chosen {
    const storage = require("Storage");
    return choose(storage.read("toque-" + name + 0), storage.read("toque-" + name + 1));
}

/** What Storage needs for a slot beside its octets: a header, and filling. */
const ROOM_OCTETS = 64;

/**
 * Puts Storage's files together, writes, and starts the board anew, unless there is no room even then. A text and no function of
 * ours, so that it runs from memory: compacting moves this program itself, and on the chips it would go on where it no longer is.
 */
const COMPACT = "s.compact();if(s.write(f,d)){E.reboot();for(;;);}";

/** Writes to the slot not in use; nothing when it is there already, because flash wears out. False: no room. */
export function save(name: string, text: Bytes): boolean {
    const found = find(name);
    if (found.text === text) return true;
    const storage = require("Storage");
    const file = "toque-" + name + (1 - found.slot);
    const data = frame(found.sequence + 1, text);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- a text, and why: see COMPACT
    if (storage.getFree() < data.length + ROOM_OCTETS) Function("s", "f", "d", COMPACT)(storage, file, data);
    return storage.write(file, data);
}
