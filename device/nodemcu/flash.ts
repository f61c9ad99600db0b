import type { Bytes } from "../../shared/bytes.ts";
import { choose, frame } from "../slots.ts";
import type { Chosen } from "../slots.ts";

/** More than any slot holds: a file is read whole. */
const MOST_OCTETS = 4096;

/** A slot is a file: `toque-config0` and `toque-config1` are the two of "config". */
function open(name: string, slot: number, mode: string): OpenFile | undefined {
    return (file.open ?? io.open)("toque-" + name + slot, mode);
}

function read(name: string, slot: number): Bytes | undefined {
    const from = open(name, slot, "r");
    if (from === undefined) return undefined;
    const data = from.read(MOST_OCTETS);
    from.close();
    return data;
}

function find(name: string): Chosen {
    return choose(read(name, 0), read(name, 1));
}

/** What was last written whole; "": nothing. */
export function load(name: string): Bytes {
    return find(name).text;
}

/** Writes to the slot not in use, and reads it back, because not every way to fail is reported; nothing when it is there already. */
export function save(name: string, text: Bytes): boolean {
    const found = find(name);
    if (found.text === text) return true;
    const slot = 1 - found.slot;
    const data = frame(found.sequence + 1, text);
    const to = open(name, slot, "w");
    if (to === undefined) return false;
    to.write(data);
    to.close();
    return read(name, slot) === data;
}
