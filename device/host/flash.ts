import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../../shared/bytes.ts";
import { choose, frame } from "../slots.ts";

/** A device's slots by name: "config", "credentials", "session". */
export interface Flash {
    /** What was last written whole. */
    load(name: string): Bytes | undefined;
    /** False: it could not be written. */
    save(name: string, text: Bytes): boolean;
}

/** Flash that is gone with the process: for devices by the thousand. */
export function memoryFlash(): Flash {
    const slots: Record<string, Bytes> = {};
    return {
        load: (name) => slots[name],
        save: (name, text) => {
            slots[name] = text;
            return true;
        },
    };
}

/** Two files a name: `toque-config0` and `toque-config1`, framed as on the boards. */
export function folderFlash(folder: string): Flash {
    mkdirSync(folder, { recursive: true });
    const path = (name: string, slot: number): string => join(folder, `toque-${name}${slot}`);
    const read = (name: string, slot: number): Bytes | undefined =>
        existsSync(path(name, slot)) ? readFileSync(path(name, slot), "latin1") : undefined;
    const find = (name: string) => choose(read(name, 0), read(name, 1));
    return {
        load: (name) => {
            const { text } = find(name);
            return text === "" ? undefined : text;
        },
        save: (name, text) => {
            const found = find(name);
            if (found.text === text) return true;
            try {
                const file = openSync(path(name, 1 - found.slot), "w");
                writeSync(file, frame(found.sequence + 1, text), null, "latin1");
                fsyncSync(file);
                closeSync(file);
                return true;
            } catch {
                return false;
            }
        },
    };
}
