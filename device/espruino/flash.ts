import type { Bytes } from "../../shared/bytes.ts";
import { choose, frame } from "../slots.ts";
import type { Chosen } from "../slots.ts";

/**
 * The slots as files of Espruino's Storage: `toque-config0` and `toque-config1`, and so on. Storage itself loses a file
 * when the power fails while it is rewritten.
 */
function fileName(name: string, slot: number): string {
    return "toque-" + name + slot;
}

function find(name: string): Chosen | undefined {
    const storage = require("Storage");
    return choose(storage.read(fileName(name, 0)), storage.read(fileName(name, 1)));
}

/** What was last written whole. */
export function load(name: string): Bytes | undefined {
    const found = find(name);
    return found === undefined ? undefined : found.text;
}

/** Writes to the slot not in use; nothing when it is there already, because flash wears out. False: no room. */
export function save(name: string, text: Bytes): boolean {
    const found = find(name);
    if (found === undefined) return require("Storage").write(fileName(name, 0), frame(1, text));
    return (
        found.text === text || require("Storage").write(fileName(name, 1 - found.slot), frame(found.sequence + 1, text))
    );
}
